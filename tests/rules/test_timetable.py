"""Laying moments out over time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RuleBroken
from app.rules import timetable
from app.rules.timetable import shares

SCHOOL = ZoneInfo("Europe/Amsterdam")
FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=SCHOOL).astimezone(UTC)


def one_after_another(first: datetime, minutes: list[int], **given: object) -> list[datetime]:
    """All wanted at the same moment, on the school's clock."""
    starts = laid_out([first] * len(minutes), minutes, **given)
    return [start.astimezone(SCHOOL) for start in starts]


laid_out = partial(timetable.one_after_another, zone=SCHOOL)


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


def test_who_wants_another_hour_gets_it_unless_somebody_is_there() -> None:
    wanted = [FRIDAY, FRIDAY + timedelta(hours=4), FRIDAY + timedelta(hours=1)]
    starts = laid_out(wanted, [120, 60, 60], pause=15)
    assert [f"{start.astimezone(SCHOOL):%H:%M}" for start in starts] == ["09:00", "13:00", "11:15"]


def test_nobody_is_put_where_another_stays() -> None:
    stays = (FRIDAY + timedelta(hours=2), FRIDAY + timedelta(hours=3))
    starts = laid_out([FRIDAY] * 2, [120, 60], pause=15, taken=[stays])
    assert [f"{start.astimezone(SCHOOL):%H:%M}" for start in starts] == ["09:00", "12:15"]


def test_in_the_night_of_summer_time_a_duration_is_what_a_stopwatch_says() -> None:
    night = datetime(2027, 3, 28, 1, 30, tzinfo=SCHOOL).astimezone(UTC)
    starts = one_after_another(night, [60, 60], pause=15)
    assert [f"{start:%H:%M}" for start in starts] == ["01:30", "03:45"]


def test_a_next_day_on_which_the_hour_is_skipped_is_refused() -> None:
    # In Cairo the clock goes forward at midnight of a Friday.
    cairo = ZoneInfo("Africa/Cairo")
    night = datetime(2024, 4, 25, 0, 30, tzinfo=cairo).astimezone(UTC)
    with pytest.raises(RuleBroken, match="bestaat niet"):
        timetable.one_after_another([night] * 2, [600, 600], zone=cairo, last_end=time(11, 0))


MINUTES = st.integers(1, 900)
OFFSETS = st.integers(0, 4000)


@given(
    st.lists(st.tuples(OFFSETS, MINUTES), max_size=8),
    st.lists(st.tuples(OFFSETS, MINUTES), max_size=4),
    st.integers(0, 60),
    st.none() | st.times(),
)
def test_nobody_overlaps_and_nobody_begins_before_what_was_wanted(
    asked: list[tuple[int, int]], there: list[tuple[int, int]], pause: int, last: time | None
) -> None:
    wanted = [FRIDAY + timedelta(minutes=offset) for offset, _length in asked]
    minutes = [length for _offset, length in asked]
    taken = [
        (FRIDAY + timedelta(minutes=offset), FRIDAY + timedelta(minutes=offset + length))
        for offset, length in there
    ]
    starts = laid_out(wanted, minutes, pause=pause, last_end=last, taken=taken)
    spans = [(s, s + timedelta(minutes=m)) for s, m in zip(starts, minutes, strict=True)]
    assert all(start >= want for start, want in zip(starts, wanted, strict=True))
    for index, (start, end) in enumerate(spans):
        others = [*spans[:index], *spans[index + 1 :], *taken]
        assert all(end <= other or until <= start for other, until in others)
