"""Columns of citizen numbers (BSN): refused by their name or by what is in them, and never kept."""

import re
from collections.abc import Sequence

from app.imports import columns, table
from app.rules import people

NAMES = frozenset(
    columns.plain(name)
    for name in (
        "bsn",
        "bsn nummer",
        "bsnnr",
        "burgerservicenummer",
        "burgerservicenr",
        "burger service nr",
        "sofinummer",
        "sofinr",
        "sofi",
        "bsn sofinummer",
        "onderwijsnummer",
        "onderwijsnr",
        "bsn onderwijsnummer",
        "pgn",
        "pgn nummer",
        "persoonsgebonden nummer",
        "citizen service number",
        "social security number",
    )
)
LEAST = 3  # fewer numbers that pass the test are chance
SAMPLE = 20  # values that say whether to look at all of them
_SIGNS = re.compile(r"[ .\-]")


def refused_places(found: table.Table) -> list[int]:
    """The places of columns that hold citizen numbers."""
    return [
        place
        for place, name in enumerate(found.header)
        if _is_named_so(name) or _holds_them([row.values[place] for row in found.rows])
    ]


def _is_named_so(name: str) -> bool:
    parts = (name, *re.split(r"[/|\\(]", name))
    return any(columns.plain(part) in NAMES for part in parts)


def _holds_them(values: Sequence[table.Value]) -> bool:
    """Whether most values of a column are numbers that pass the eleven test."""
    filled = [value for value in dict.fromkeys(values) if value is not None]
    first = filled[:SAMPLE]
    if len(filled) < LEAST or sum(map(_may_be, first)) * 3 < len(first):
        return False  # no look at every value of a large file
    passed = sum(map(_may_be, filled))
    return passed >= LEAST and passed * 2 > len(filled)


def _may_be(value: table.Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    digits = _SIGNS.sub("", columns.cell_text(value))
    if len(digits) == 8 and digits[:1] != "0":
        digits = f"0{digits}"  # a sheet drops the zero
    return people.is_citizen_number(digits) and bool(digits.strip("0"))


def wipe(found: table.Table, places: Sequence[int]) -> None:
    """Take these columns out of the rows of a table that was just read; nothing keeps them."""
    for row in (*found.rows, *found.top):
        for place in places:
            if place < len(row.values) and row.number != found.reading.header:
                row.values[place] = None
