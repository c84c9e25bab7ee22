"""Looks at the header of a file: which columns it names, and whether it is one at all."""

import re
from collections.abc import Sequence
from itertools import islice

from app.imports import columns, table
from app.imports.kind import Kind
from app.rules import people

SAMPLE = 50  # rows below the header that are compared with it
ALIKE = 0.8  # the part of them that must look like the header's cell
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}")
_NUMBER = re.compile(r"\d{3,}")


def named_in(kind: Kind) -> table.Named:
    """A function that tells how many cells of a row are the name of a column of this kind."""
    known = {name for column in kind.columns for name in column.names}

    def named(values: Sequence[table.Value]) -> int:
        return sum(1 for value in values if isinstance(value, str) and known & set(_forms(value)))

    return named


def _forms(name: str) -> Sequence[str]:
    """A name as it may be known: whole, without what stands in brackets, or one side of a slash."""
    if len(name) > columns.SHOWN:
        return ()
    bare = columns.plain(columns.without_brackets(name))
    return [columns.plain(name), bare, *(columns.plain(part) for part in name.split("/"))]


def likelier_header(found: table.Table, named: table.Named) -> int:
    """The number of an early row that names more columns than the header that was found; 0: none does.

    A title may have two cells, and a table two rows of names.
    """
    names = {row.number: named(row.values) for row in found.top}
    best = max(names, key=names.__getitem__)
    return best if names[best] > max(1, names.get(found.reading.header, 0)) else 0


def looks_like_data(found: table.Table, named: table.Named) -> bool:
    """Whether the header is likely a row of data: it names no column that we know, and has a number, a date
    or an address where the rows below have one too.
    """
    if found.reading.header == table.NO_HEADER or named(found.header):
        return False
    for place, name in enumerate(found.header):
        shape = _shape(name)
        below = [row.values[place] for row in islice(found.rows, SAMPLE)]
        shapes = [_shape(columns.cell_text(value)) for value in below if value is not None]
        if shape and shapes and shapes.count(shape) >= ALIKE * len(shapes):
            return True
    return False


def holds_data(values: Sequence[table.Value]) -> bool:
    """Whether a row has a number, a date or an address, and something beside it."""
    cells = [columns.cell_text(value) for value in values if value is not None]
    return len(cells) > 1 and any(map(_shape, cells))


def _shape(text: str) -> str:
    """What a text is, for texts that name no column: a number (by its length), a date or an address."""
    if _NUMBER.fullmatch(text):
        return f"number of {len(text)}"
    if _DATE.match(text):
        return "date"
    return "address" if people.email_plausible(text) else ""


__all__ = ["holds_data", "likelier_header", "looks_like_data", "named_in"]
