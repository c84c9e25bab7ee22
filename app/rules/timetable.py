"""Lays out moments over time: when each student and each task begins.

Source: manual step 6a (tasks apart or all at once). Start times are wall-clock times (naive): what
is planned for nine o'clock is at nine o'clock, also in the week that the clock changes.
"""

import datetime as dt
from collections.abc import Sequence

from app.errors import RuleBroken
from app.rules.text import N_

SATURDAY = 5
TOGETHER, APART = "together", "apart"  # the tasks of an exam


def shares(minutes: Sequence[int], total: int) -> list[int]:
    """`total` minutes over tasks in proportion to their own duration; at least one minute each.

    The sum is `total` exactly. Raises RuleBroken when there are fewer minutes than tasks.
    """
    if total < len(minutes):
        raise RuleBroken(N_("De duur is te kort voor %(count)s examenopdrachten."), count=len(minutes))
    spare, weight = total - len(minutes), sum(minutes) - len(minutes)
    if weight <= 0:
        weight, extra = len(minutes), [1] * len(minutes)
    else:
        extra = [one - 1 for one in minutes]
    given, passed, result = 0, 0, []
    for one in extra:
        passed += one
        upto = round(spare * passed / weight)
        result.append(1 + upto - given)
        given = upto
    return result


def one_after_another(
    first: dt.datetime, durations: Sequence[int], *, pause: int = 0, last_end: dt.time | None = None
) -> list[dt.datetime]:
    """Start times in minutes after each other; past `last_end` it goes on at the same hour, next working day.

    The first of a day always fits, however long it takes; what runs past midnight just runs on.
    """
    starts = []
    day_start = start = first
    for minutes in durations:
        end = start + dt.timedelta(minutes=minutes)
        if (
            last_end is not None
            and start != day_start
            and end > dt.datetime.combine(day_start.date(), last_end)
        ):
            day_start = start = _next_working_day(max(day_start, start), first.time())
            end = start + dt.timedelta(minutes=minutes)
        starts.append(start)
        start = end + dt.timedelta(minutes=pause)
    return starts


def _next_working_day(after: dt.datetime, clock: dt.time) -> dt.datetime:
    day = after.date() + dt.timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += dt.timedelta(days=1)
    return dt.datetime.combine(day, clock)
