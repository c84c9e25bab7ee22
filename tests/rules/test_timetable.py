"""Laying moments out over time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RuleBroken
from app.rules.timetable import one_after_another, shares

FRIDAY = datetime(2026, 11, 27, 9, 0)  # noqa: DTZ001 - wall-clock times


def test_tasks_keep_their_own_duration_when_the_total_is_theirs() -> None:
    assert shares([60, 90, 105, 45], 300) == [60, 90, 105, 45]


def test_a_shorter_total_is_shared_in_proportion() -> None:
    assert shares([60, 120], 90) == [30, 60]


def test_fewer_minutes_than_tasks_is_refused() -> None:
    with pytest.raises(RuleBroken, match="3 examenopdrachten"):
        shares([10, 10, 10], 2)


@given(st.lists(st.integers(1, 600), min_size=1, max_size=8), st.integers(8, 5000))
def test_shares_add_up_and_nobody_gets_nothing(minutes: list[int], total: int) -> None:
    parts = shares(minutes, total)
    assert sum(parts) == total
    assert min(parts) >= 1


def test_students_follow_each_other_with_a_pause() -> None:
    starts = one_after_another(FRIDAY, [60, 60, 30], pause=15)
    assert [f"{start:%H:%M}" for start in starts] == ["09:00", "10:15", "11:30"]


def test_past_the_last_end_it_goes_on_next_working_day_at_the_same_hour() -> None:
    starts = one_after_another(FRIDAY, [240, 240, 240], pause=15, last_end=time(17, 15))
    assert [f"{start:%a %d %H:%M}" for start in starts] == ["Fri 27 09:00", "Fri 27 13:15", "Mon 30 09:00"]


def test_the_first_of_a_day_always_fits() -> None:
    starts = one_after_another(FRIDAY, [600, 600], last_end=time(17, 0))
    assert [f"{start:%a %H:%M}" for start in starts] == ["Fri 09:00", "Mon 09:00"]


@given(
    st.lists(st.integers(1, 1500), min_size=1, max_size=12),
    st.integers(0, 120),
    st.none() | st.times(),
)
def test_nobody_starts_before_the_one_before_is_done(
    minutes: list[int], pause: int, last: time | None
) -> None:
    starts = one_after_another(FRIDAY, minutes, pause=pause, last_end=last)
    for index in range(1, len(starts)):
        assert starts[index] >= starts[index - 1] + timedelta(minutes=minutes[index - 1])
