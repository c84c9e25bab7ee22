"""The block in the overview: derived from facts, never dependent on colour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.blocks import LEGEND, Block, BlockState, PartFacts, ResultFacts, block_of, decided_block

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = (NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))
BUSY = (NOW - timedelta(hours=1), NOW + timedelta(hours=1))
PAST = (NOW - timedelta(hours=3), NOW)

EMPTY = PartFacts()
PLANNED = PartFacts(planned=LATER)
TAKEN = PartFacts(planned=PAST)
SCORED = PartFacts(planned=PAST, has_scores=True)
DEFINITIVE = PartFacts(planned=PAST, has_scores=True, definitive=True)
DECIDED = (BlockState.PASSED, BlockState.FAILED, BlockState.ADOPTED_PASSED, BlockState.ADOPTED_FAILED)
PASS = ResultFacts(passed=True, grade="V")
FAIL = ResultFacts(passed=False, grade="O")


def block(*parts: PartFacts, available=True, result=None, adopted=False, attempt=1, stopped=False) -> Block:
    return block_of(
        parts,
        available=available,
        result=result,
        adopted=adopted,
        now=NOW,
        attempt=attempt,
        stopped=stopped,
    )


@pytest.mark.parametrize(
    ("parts", "facts", "key", "shown"),
    [
        ((EMPTY, EMPTY), {}, "open", "0/2"),
        ((EMPTY,), {"available": False}, "not-available", ""),
        ((), {}, "open", ""),
        ((PLANNED, EMPTY), {}, "planned", "1/2"),
        ((PartFacts(planned=BUSY),), {}, "planned", ""),
        ((TAKEN, PLANNED), {}, "to-assess", "0/2"),
        ((SCORED, TAKEN), {}, "to-assess", "0/2"),
        ((SCORED, PLANNED), {}, "saved", "0/2"),
        ((DEFINITIVE, SCORED, EMPTY), {}, "saved", "1/3"),
        ((DEFINITIVE, DEFINITIVE), {}, "saved", "2/2"),
        ((DEFINITIVE, DEFINITIVE), {"result": PASS}, "passed", "2/2"),
        ((DEFINITIVE,), {"result": FAIL}, "failed", ""),
        ((DEFINITIVE,), {"result": PASS, "adopted": True}, "adopted-passed", ""),
        ((DEFINITIVE,), {"result": FAIL, "adopted": True}, "adopted-failed", ""),
    ],
)
def test_the_state_follows_from_the_facts(parts, facts, key, shown):
    found = block(*parts, **facts)
    assert (found.state.key, found.parts) == (key, shown)


def test_what_was_planned_stays_visible_after_the_exam_is_made_not_available():
    assert block(PLANNED, available=False).state is BlockState.PLANNED
    assert block(DEFINITIVE, available=False, result=FAIL).state is BlockState.FAILED


@pytest.mark.parametrize("parts", [(), (EMPTY,), (PLANNED, EMPTY), (TAKEN, SCORED), (DEFINITIVE, TAKEN)])
def test_what_was_stopped_says_so_whatever_was_planned_or_scored(parts):
    assert block(*parts, stopped=True).state is BlockState.STOPPED
    assert block(*parts, stopped=True, available=False).state is BlockState.STOPPED
    assert block(*parts, stopped=True, result=FAIL).state is BlockState.FAILED


def test_an_adopted_block_still_says_passed_or_failed():
    passed = block(DEFINITIVE, result=PASS, adopted=True)
    failed = block(DEFINITIVE, result=FAIL, adopted=True)
    assert passed.state.label == "Vastgesteld: geslaagd"
    assert failed.state.label == "Vastgesteld: niet geslaagd"
    assert (passed.state.tone, failed.state.tone) == ("good", "bad")
    assert passed.state.icon != failed.state.icon  # nor is it told by colour alone
    assert block(EMPTY, adopted=True).state is BlockState.OPEN


@pytest.mark.parametrize("result", [PASS, FAIL])
@pytest.mark.parametrize("adopted", [False, True])
def test_a_result_alone_gives_the_block_that_all_facts_give(result, adopted):
    whole, alone = block(DEFINITIVE, result=result, adopted=adopted), decided_block(result, adopted=adopted)
    assert (alone.state, alone.sign) == (whole.state, whole.sign)


def test_the_digit_is_the_attempt():
    assert block(PLANNED).attempt == 1
    assert block(PLANNED, attempt=2).attempt == 2


def test_a_block_with_a_result_shows_the_grade_or_the_mark_itself():
    assert block(DEFINITIVE, result=PASS).sign == "V"
    assert block(DEFINITIVE, result=FAIL, adopted=True).sign == "O"
    assert block(DEFINITIVE, result=ResultFacts(True, "V", Decimal("6.3"))).sign == "6,3"
    assert (block(PLANNED).sign, block(EMPTY).sign) == ("P", "")


def test_the_legend_has_every_state_once_with_its_own_icon_and_text_and_no_grade_as_a_sign():
    assert [state.key for state in LEGEND] == [
        "not-available",
        "open",
        "planned",
        "to-assess",
        "saved",
        "stopped",
        "passed",
        "failed",
        "adopted-passed",
        "adopted-failed",
    ]
    for seen in ("icon", "label"):
        assert len({getattr(state, seen) for state in LEGEND}) == len(LEGEND)
    letters = [state.letter for state in LEGEND if state.letter]
    assert len(set(letters)) == len(letters)
    assert not set(letters) & set("OVGM")
    assert BlockState.PLANNED.tone == "neutral"
    assert block(PLANNED).state.icon == BlockState.PLANNED.icon
    assert block(PLANNED).state.label == "Ingepland"


def test_a_moment_without_time_zone_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="aware"):
        block_of([], available=True, result=None, adopted=False, now=NOW.replace(tzinfo=None))


parts = st.lists(
    st.builds(
        PartFacts,
        planned=st.sampled_from([None, LATER, BUSY, PAST]),
        has_scores=st.booleans(),
        definitive=st.booleans(),
    ),
    max_size=5,
)


@given(parts, st.booleans(), st.sampled_from([None, PASS, FAIL]), st.booleans())
def test_every_combination_of_facts_has_a_state_and_a_sound_count(parts, available, result, adopted):
    found = block(*parts, available=available, result=result, adopted=adopted)
    assert found.state in LEGEND
    assert 0 <= found.done <= found.total == len(parts)
    finished = found.state in DECIDED
    assert finished == (result is not None)
    if found.state is BlockState.PASSED:
        assert result == PASS
    if found.state is BlockState.OPEN:
        assert not any(part.planned or part.has_scores or part.definitive for part in parts)
