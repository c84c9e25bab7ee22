"""Guesses what a column is by the values in it, where its header says nothing that we know."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from app.imports import columns as import_columns
from app.imports import common_columns, table
from app.rules.mapping import ColumnMap
from app.rules.names import split_surname

SAMPLE = 200  # values of a column that are looked at
AT_LEAST = 3  # fewer say nothing
LAST_NAME, INFIX = "last_name", "infix"
ENOUGH = 0.8  # the part of them that must look like it


def guess_by_content(
    rows: Iterable[Sequence[table.Value]],
    columns: Sequence[import_columns.Column],
    world: import_columns.World,
    found: ColumnMap,
    width: int,
) -> dict[str, list[int]]:
    """Column key -> its place, for the columns and places that `found` leaves over; the surest guess wins."""
    taken = {place for places in found.values() for place in places}
    samples = _samples(rows, [place for place in range(width) if place not in taken])
    given = {key for column in columns if column.key in found for key in column.gives}
    open_columns = [one for one in columns if one.key not in found and one.key not in given]
    scores = [
        (column.looks(values, world), -at, -place, column)
        for at, column in enumerate(open_columns)
        for place, values in samples.items()
        if len(values) >= AT_LEAST
    ]
    guessed: dict[str, list[int]] = {}
    used: set[int] = set()
    for score, _at, place, column in sorted(scores, key=lambda one: one[:3], reverse=True):
        if score >= ENOUGH and column.key not in guessed and -place not in used:
            guessed[column.key] = [-place]
            used.add(-place)
    return guessed


def _samples(rows: Iterable[Sequence[table.Value]], places: Collection[int]) -> dict[int, list[table.Value]]:
    """Place -> the first SAMPLE values that are not empty."""
    found: dict[int, list[table.Value]] = {place: [] for place in places}
    for values in rows:
        for place in places:
            if values[place] is not None and len(found[place]) < SAMPLE:
                found[place].append(values[place])
        if all(len(sample) == SAMPLE for sample in found.values()):
            break
    return found


def holds_infixes(rows: Iterable[table.Row], found: ColumnMap) -> bool:
    """Whether the column of surnames holds infixes too, while no other column is for these."""
    if LAST_NAME not in found or any(
        key in found for key in (INFIX, common_columns.FULL_NAME, common_columns.FAMILY_NAME)
    ):
        return False
    (place,) = found[LAST_NAME]
    texts = (import_columns.cell_text(row.values[place]) for row in islice(rows, SAMPLE))
    return any(_has_infix(text) for text in texts)


def _has_infix(surname: str) -> bool:
    """Whether a surname begins or ends with an infix; the De of a Belgian "De Smet" is a part of the name."""
    infix = split_surname(surname).infix
    return bool(infix) and (infix[0].islower() or not infix[0].isalpha() or surname.isupper())
