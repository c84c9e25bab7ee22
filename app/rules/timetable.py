"""Lays out moments over time: when each student and each task begins.

Source: manual step 6a (tasks apart or all at once). Moments are aware, so that a duration is what a stopwatch
says, also in the night in which the clock is changed. What goes on the next day does so at the same hour of
the clock.
"""

import bisect
import datetime as dt
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from app.errors import RuleBroken
from app.rules import clock_times
from app.rules.text import N_

SATURDAY = 5
TOGETHER, APART = "together", "apart"  # the tasks of an exam
Span = tuple[dt.datetime, dt.datetime]


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


class _Taken:
    """Spans of time in which nothing else can be, in order and apart from each other."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans: list[Span] = []
        for start, end in sorted(spans):
            if self.spans and start < self.spans[-1][1]:
                self.spans[-1] = self.spans[-1][0], max(end, self.spans[-1][1])
            else:
                self.spans.append((start, end))

    def over(self, start: dt.datetime, end: dt.datetime) -> Span | None:
        """A span that overlaps with this time."""
        at = bisect.bisect_right(self.spans, start, key=lambda span: span[0])
        for span in self.spans[max(at - 1, 0) : at + 1]:
            if span[0] < end and start < span[1]:
                return span
        return None

    def add(self, span: Span) -> None:
        bisect.insort(self.spans, span)


def one_after_another(
    wanted: Sequence[dt.datetime],
    durations: Sequence[int],
    *,
    zone: ZoneInfo,
    pause: int = 0,
    last_end: dt.time | None = None,
    taken: Iterable[Span] = (),
) -> list[dt.datetime]:
    """Where each begins: at the moment that is `wanted` for it, or when what is there before is done.

    Durations and pause are minutes. Past `last_end` it goes on at the wanted hour, next working day.
    The first of a day always fits, however long it takes; what runs past midnight just runs on.
    """
    busy, rest = _Taken(taken), dt.timedelta(minutes=pause)
    found = list(wanted)
    before: tuple[dt.datetime, dt.datetime, dt.datetime] | None = None  # wanted, first of that day, next
    for index in sorted(range(len(found)), key=lambda at: wanted[at]):
        want, lasts = wanted[index], dt.timedelta(minutes=durations[index])
        first, start = before[1:] if before is not None and before[0] == want else (want, want)
        while True:
            if last_end is not None and start != first and _too_late(first, start + lasts, last_end, zone):
                first = start = _next_working_day(max(first, start), want, zone)
            other = busy.over(start, start + lasts)
            if other is None:
                break
            start = other[1] + rest
        busy.add((start, start + lasts))
        found[index], before = start, (want, first, start + lasts + rest)
    return found


def _too_late(first: dt.datetime, end: dt.datetime, last_end: dt.time, zone: ZoneInfo) -> bool:
    """Whether this end is past that hour of the day of `first`, by the clock on the wall."""
    day = first.astimezone(zone).date()
    return end.astimezone(zone).replace(tzinfo=None) > dt.datetime.combine(day, last_end)


def _next_working_day(after: dt.datetime, wanted: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The hour of `wanted` on the first working day after this moment."""
    day = after.astimezone(zone).date() + dt.timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += dt.timedelta(days=1)
    return clock_times.moment_of(day, wanted.astimezone(zone).time(), zone)
