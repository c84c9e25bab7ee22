"""Attempts: a resit after a definitive fail, up to the school's maximum."""

import pytest

from app.errors import RuleBroken
from app.rules.attempts import AttemptFacts, AttemptRules, next_attempt

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
        ([FAILED_ONCE], AttemptRules(maximum=1), 2, "Het maximum van 1 kansen voor dit examen is bereikt."),
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


def test_two_attempts_and_no_improving_unless_the_school_says_otherwise():
    assert next_attempt([FAILED_ONCE]).allowed
    assert not next_attempt([FAILED_ONCE, FAILED_TWICE]).allowed
    assert not next_attempt([PASSED_ONCE]).allowed


def test_a_school_cannot_have_less_than_one_attempt():
    with pytest.raises(RuleBroken):
        AttemptRules(maximum=0)
