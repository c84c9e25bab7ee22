"""Attempts: a resit after a definitive fail, up to the school's maximum."""

from datetime import UTC, datetime

import pytest

from app.errors import RuleBroken
from app.rules.attempts import AttemptFacts, AttemptRules, next_attempt, why_not_then, why_wait

FAILED_ONCE = AttemptFacts(1, definitive=True, passed=False)
FAILED_TWICE = AttemptFacts(2, definitive=True, passed=False)
PASSED_ONCE = AttemptFacts(1, definitive=True, passed=True)
PENDING = AttemptFacts(1, definitive=False)


@pytest.mark.parametrize(
    ("earlier", "rules", "number", "refused"),
    [
        ([], AttemptRules(), 1, None),
        ([FAILED_ONCE], AttemptRules(), 2, None),
        ([PENDING], AttemptRules(), 2, "Kans 1 is nog niet definitief beoordeeld."),
        ([PASSED_ONCE], AttemptRules(), 2, "Dit examen is al gehaald bij kans 1."),
        ([PASSED_ONCE], AttemptRules(improving=True), 2, None),
        (
            [FAILED_TWICE, FAILED_ONCE],
            AttemptRules(),
            3,
            "Het maximum van 2 kansen voor dit examen is bereikt.",
        ),
        ([FAILED_ONCE, FAILED_TWICE], AttemptRules(maximum=3), 3, None),
        ([FAILED_ONCE], AttemptRules(maximum=1), 2, "Het maximum van 1 kans voor dit examen is bereikt."),
        (
            [PASSED_ONCE, FAILED_TWICE],
            AttemptRules(maximum=3),
            3,
            "Dit examen is al gehaald bij kans 1.",
        ),
        (
            [PASSED_ONCE, FAILED_TWICE],
            AttemptRules(improving=True),
            3,
            "Het maximum van 2 kansen voor dit examen is bereikt.",
        ),
    ],
)
def test_the_next_attempt_follows_from_the_earlier_ones(earlier, rules, number, refused):
    found = next_attempt(earlier, rules)
    assert found.number == number
    assert found.allowed == (refused is None)
    assert (None if found.refused is None else str(found.refused)) == refused


STOPPED = AttemptFacts(1, definitive=False, stopped=True)


def test_after_a_stopped_attempt_that_one_goes_on():
    assert "Weer oppakken" in str(next_attempt([STOPPED]).refused)


@pytest.mark.parametrize(
    ("others", "rules", "told"),
    [
        ([FAILED_ONCE], AttemptRules(), None),
        ([STOPPED], AttemptRules(), None),
        ([PENDING], AttemptRules(), "heropend"),
        ([PASSED_ONCE], AttemptRules(), "intussen gehaald"),
        ([PASSED_ONCE], AttemptRules(improving=True), None),
        ([PENDING, AttemptFacts(3, definitive=False)], AttemptRules(improving=True), "Kans 1"),
        ([FAILED_ONCE, AttemptFacts(3, definitive=True, passed=True)], AttemptRules(), None),
    ],
)
def test_a_later_attempt_waits_for_an_earlier_one_that_is_open_or_passed(others, rules, told):
    why = why_wait(2, others, rules)
    assert (why is None) if told is None else (told in str(why) and "Kans 1" in str(why))


@pytest.mark.parametrize(
    ("start", "after", "before", "told"),
    [
        (10, None, None, None),
        (10, 10, 11, None),
        (10, 11, None, "kan pas beginnen als de vorige kans voorbij is (11)"),
        (10, None, 10, "moet voorbij zijn als de volgende kans begint (10)"),
    ],
)
def test_an_attempt_begins_after_the_one_that_it_repeats(start, after, before, told):
    def at(hour):
        return None if hour is None else datetime(2026, 11, 24, hour, tzinfo=UTC)

    why = why_not_then("Fleur", 2, (at(start), at(start + 1)), (at(after), at(before)), lambda m: f"{m:%H}")
    assert (why is None) if told is None else (told in str(why) and "Fleur: kans 2" in str(why))


def test_two_attempts_and_no_improving_unless_the_school_says_otherwise():
    assert next_attempt([FAILED_ONCE]).allowed
    assert not next_attempt([FAILED_ONCE, FAILED_TWICE]).allowed
    assert not next_attempt([PASSED_ONCE]).allowed


def test_a_school_cannot_have_less_than_one_attempt():
    with pytest.raises(RuleBroken):
        AttemptRules(maximum=0)
