"""When people are free: books moments on workdays so that nobody is in two places at once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence

FIRST, LAST, STEP = 9 * 60, 17 * 60 + 30, 30  # minutes of the day

Clock = Callable[[dt.date, dt.time], dt.datetime]


def workday(today: dt.date, number: int) -> dt.date:
    """The number-th workday after (negative: before) today; 0 is today itself, even in a weekend."""
    day, step = today, 1 if number > 0 else -1
    for _ in range(abs(number)):
        day += dt.timedelta(days=step)
        while day.weekday() >= 5:
            day += dt.timedelta(days=step)
    return day


class Diary:
    """`clock` makes a moment of a day and a time at this school."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._busy: dict[tuple[object, dt.date], list[tuple[int, int]]] = defaultdict(list)

    def book(self, who: Sequence[object], day: dt.date, minutes: int) -> tuple[dt.datetime, dt.datetime]:
        """The first moment on or after this day at which all of them are free; it is theirs from now on."""
        while True:
            for start in range(FIRST, LAST - minutes + 1, STEP):
                if all(self._free(one, day, start, start + minutes) for one in who):
                    for one in who:
                        self._busy[one, day].append((start, start + minutes))
                    begin = self._clock(day, dt.time(start // 60, start % 60))
                    return begin, begin + dt.timedelta(minutes=minutes)
            day = workday(day, 1)

    def _free(self, who: object, day: dt.date, start: int, end: int) -> bool:
        return all(end <= first or last <= start for first, last in self._busy[who, day])
