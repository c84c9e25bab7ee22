"""Which comes first in a column of dates, the day or the month: what its values prove together."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import NamedTuple

_NUMBERS = re.compile(r"'?(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*['’]?(\d{4}|\d{2})\b(.*)", re.DOTALL)
_UNKNOWN = re.compile(
    r"00?([-/. ])\d{1,2}\1\d{4}|\d{1,2}([-/. ])00?\2\d{4}|\d{4}-(?:00-\d\d|\d\d-00)|0000\d{4}|00000000"
)
MONTHS = 12


class MonthFirst(NamedTuple):
    """A column that writes the month first. `proof`: the first text that shows it.

    `mixed`: another text has the day first. `turned`: dates of the sheet itself were read day first by
    whoever made the file, as far as that gave a date: 3/4/2008 became 3 April, and 3/25/2008 stayed a text.
    """

    proof: str
    mixed: bool = False
    turned: bool = False


def month_first_in(values: Iterable[object]) -> MonthFirst | None:
    """What the values of a column prove; None when none of them has the month first."""
    proof, mixed, dates, late = "", False, 0, 0
    for value in values:
        if isinstance(value, dt.date):
            dates += 1
            late += value.day > MONTHS
            continue
        found = _NUMBERS.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            continue
        first, second = int(found[1]), int(found[2])
        if 1 <= first <= MONTHS < second <= 31:
            proof = proof or str(value)
        elif 1 <= second <= MONTHS < first <= 31:
            mixed = True
    return MonthFirst(proof, mixed, turned=bool(dates and not late)) if proof else None


def in_numbers(text: str) -> bool:
    """Whether this text is a date of which day and month could be each other."""
    return _NUMBERS.fullmatch(text) is not None


def day_before_month(text: str) -> str:
    """A text with the month first ("3/25/2008"), with its day first."""
    return _NUMBERS.sub(r"\2-\1-\3\4", text)


def turned(day: dt.date) -> dt.date:
    """The date with its day and month in each other's place, where that is a date."""
    return day.replace(month=day.day, day=day.month) if day.day <= MONTHS else day


def without_day(text: str) -> bool:
    """Whether a date has no day or month (00-00-2005), as the population register writes what is unknown."""
    return _UNKNOWN.fullmatch(text.strip()) is not None
