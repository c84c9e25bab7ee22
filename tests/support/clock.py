"""The tests' one clock, and a whole run at another moment.

`PROEVE_TEST_MOMENT=2028-02-29T12:00 pytest …` makes the run believe that it is then, where the school is;
time goes on from there. Processes that the tests start (servers, workers, commands) are as far ahead, by
tests/support/elsewhen/sitecustomize.py, which Python reads at each start.

Import this before everything else, so that no constant of a module is of another time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine

MOMENT, AHEAD = "PROEVE_TEST_MOMENT", "TESTS_ARE_AHEAD"  # the second in seconds, for the processes of a run
SCHOOL_ZONE = ZoneInfo("Europe/Amsterdam")
FRIDAY = 4

# Moments at which a product that plans exams is most likely to go wrong; at the school, unless UTC is said.
MOMENTS = {
    "2026-11-29T12:00": "a Sunday",
    "2026-12-05T12:00": "a Saturday",
    "2026-12-31T23:58": "the year ends while it runs",
    "2026-12-31T23:58+00:00": "a new year at the school, the old one in UTC",
    "2027-03-27T23:30": "the evening before summer time",
    "2027-03-28T01:55": "the hour after this one does not exist",
    "2027-04-27T12:00": "Koningsdag",
    "2027-10-31T02:30": "an hour that comes twice",
    "2028-02-29T12:00": "a day that next year has not",
}


def now() -> datetime:
    """This moment, in UTC as the product keeps it."""
    return datetime.now(UTC)


def seconds() -> float:
    """This moment as an authenticator app counts it: seconds since 1970."""
    return now().timestamp()


def today() -> date:
    """The date where the school is."""
    return now().astimezone(SCHOOL_ZONE).date()


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """That hour of that day where the school is."""
    return datetime.combine(day, time(hour, minute), SCHOOL_ZONE).astimezone(UTC)


def workdays(count: int, *, after: int) -> list[date]:
    """So many different workdays, the first at least `after` days from today."""
    found: list[date] = []
    day = today() + timedelta(days=after)
    while len(found) < count:
        if day.weekday() <= FRIDAY:
            found.append(day)
        day += timedelta(days=1)
    return found


def monday() -> date:
    """The Monday after nine weeks: every test may plan in that week, where nothing is planned yet."""
    day = today() + timedelta(weeks=9)
    return day + timedelta(days=(7 - day.weekday()) % 7)


def around_summer_time() -> tuple[date, date]:
    """The Friday before and the Monday after the next night in which the clock is changed."""
    day = today()
    while (at(day, 12) - at(day - timedelta(days=1), 12)) == timedelta(days=1):
        day += timedelta(days=1)
    return day - timedelta(days=2), day + timedelta(days=1)


@contextmanager
def later(**time: float) -> Iterator[None]:
    """So much later: `with later(minutes=2)`."""
    with time_machine.travel(now() + timedelta(**time), tick=True):
        yield


def travel() -> None:
    """Go to the moment that was asked for, together with every process that this one starts.

    A worker of the run is such a process: it is there already when it reads this module.
    """
    asked = os.environ.get(MOMENT)
    if not asked or AHEAD in os.environ:
        return
    wanted = datetime.fromisoformat(asked)
    ahead = (wanted if wanted.tzinfo else wanted.replace(tzinfo=SCHOOL_ZONE)) - now()
    os.environ[AHEAD] = str(ahead.total_seconds())
    start_up = str(Path(__file__).with_name("elsewhen"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (start_up, os.environ.get("PYTHONPATH"))))
    time_machine.travel(ahead, tick=True).start()


travel()

if __name__ == "__main__":
    print(*MOMENTS, sep="\n")
