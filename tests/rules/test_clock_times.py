"""Hours that do not exist, and hours that come twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RuleBroken
from app.rules.clock_times import day_begins, moment_of, which

SCHOOL = ZoneInfo("Europe/Amsterdam")
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def test_an_ordinary_hour_is_a_moment() -> None:
    assert moment_of(date(2027, 1, 12), time(9, 0), SCHOOL) == datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
    assert moment_of(date(2027, 7, 12), time(9, 0), SCHOOL) == datetime(2027, 7, 12, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("clock", [time(2, 0), time(2, 30), time(2, 59)])
def test_an_hour_that_the_clock_skips_is_refused(clock: time) -> None:
    with pytest.raises(RuleBroken) as error:
        moment_of(SPRING, clock, SCHOOL)
    assert f"{clock:%H:%M} bestaat niet (zomertijd) op 28-03-2027" in str(error.value)


@pytest.mark.parametrize("clock", [time(2, 0), time(2, 30), time(2, 59)])
def test_an_hour_that_comes_twice_is_refused(clock: time) -> None:
    with pytest.raises(RuleBroken, match="komt twee keer voor") as error:
        moment_of(AUTUMN, clock, SCHOOL)
    assert f"{clock:%H:%M}" in str(error.value)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("clock", [time(1, 59), time(3, 0), time(3, 30)])
def test_the_hours_beside_it_can_be_typed(day: date, clock: time) -> None:
    local = moment_of(day, clock, SCHOOL).astimezone(SCHOOL)
    assert (local.date(), local.time()) == (day, clock)


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.times(),
    st.sampled_from(["Europe/Amsterdam", "America/Curacao", "Australia/Lord_Howe", "Africa/Cairo"]),
)
def test_what_is_accepted_stands_on_the_clock_exactly_once(day: date, clock: time, name: str) -> None:
    zone = ZoneInfo(name)
    around = datetime.combine(day, time(12), UTC)
    shows = {
        at
        for hour in range(-40 * 4, 40 * 4)
        if (at := _minute_of(around + timedelta(minutes=15 * hour), clock, zone, day)) is not None
    }
    try:
        assert shows == {moment_of(day, clock, zone)}
    except RuleBroken:
        assert len(shows) != 1


def _minute_of(near: datetime, clock: time, zone: ZoneInfo, day: date) -> datetime | None:
    """The moment with the offset that holds around `near`, if the clock shows this day and hour then."""
    offset = near.astimezone(zone).utcoffset() or timedelta()
    moment = (datetime.combine(day, clock) - offset).replace(tzinfo=UTC)
    local = moment.astimezone(zone)
    return moment if (local.date(), local.time().replace(fold=0)) == (day, clock) else None


def test_a_day_begins_at_its_first_moment() -> None:
    assert day_begins(date(2027, 1, 12), SCHOOL) == datetime(2027, 1, 11, 23, 0, tzinfo=UTC)
    skipped = day_begins(date(2024, 4, 26), ZoneInfo("Africa/Cairo"))  # there is no midnight
    assert skipped.astimezone(UTC) == datetime(2024, 4, 25, 22, 0, tzinfo=UTC)


def test_of_the_hour_that_comes_twice_it_is_said_which() -> None:
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert [which(first + timedelta(hours=n), SCHOOL) for n in (-1, 0, 1, 2)] == [
        "",
        "zomertijd",
        "wintertijd",
        "",
    ]
