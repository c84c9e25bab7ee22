"""Step 4, the check: what would happen to every row of a file, with all its errors at once.

The same check serves the page and, once more, the import itself. Everything is compared in memory against
one reading of the database (queries/imports/imports.py): ten rows cost as many statements as ten thousand.
"""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flask_babel import gettext as _

from app import models
from app.errors import RuleBroken
from app.imports import columns, kinds, oddities
from app.imports import kept as import_kept
from app.imports import kind as import_kind
from app.imports.row_check import RowChecker, shown_value
from app.imports.sentences import sentence
from app.imports.table import Value
from app.permissions import Actor
from app.queries.imports import present
from app.queries.imports.runs import is_large
from app.rules.imports import ANSWERS
from app.rules.mapping import ColumnMap
from app.school import current_school

SHOWN_ROWS = 5  # a column with one value in 20,000 rows is no reason to name them all in each
BATCH = 10_000  # rows that are checked side by side
Doubles = Mapping[int, Sequence[import_kind.Wrong]]  # row number -> what is wrong because of another row
STATES: Sequence[import_kind.State] = ("new", "changed", "unchanged", "refused", "left")


@dataclass(frozen=True)
class Checked:
    """The rows that were checked, in the order of the file."""

    kind: import_kind.Kind
    rows: Sequence[import_kind.CheckedRow]
    world: columns.World
    new_groups: Sequence[str]
    twice: Doubles = field(default_factory=dict)  # of all rows of the file

    @property
    def counts(self) -> dict[str, int]:
        """Rows per state; they add up to the rows of the file."""
        found: collections.Counter[str] = collections.Counter(row.state for row in self.rows)
        return tally_of({"rows": len(self.rows), **dict(found)})

    def show(self, column: columns.Column, value: Any) -> str:
        return shown_value(column, value, self.world)


# -- step 4: the check


def tally_of(counts: Mapping[str, int]) -> dict[str, int]:
    """Rows per state, which add up to `rows`. Most files leave no rows out: "left" is there when one does."""
    told = ("rows", *(state for state in STATES if state != "left" or counts.get(state)))
    return {key: counts.get(key, 0) for key in told}


def check_run(actor: Actor, run: models.ImportRun) -> Checked:
    """Check every row of a run's table against the database as it is now."""
    return check(actor, list(import_kept.rows_of(run)), run)


def in_batches(actor: Actor, run: models.ImportRun) -> Iterator[Checked]:
    """Check a run in batches of BATCH rows where its kind allows that, else all rows at once.

    Batches keep memory flat; each batch costs the same number of statements.
    """
    if not kinds.kind_of(run).batched or import_kept.count_of(run) <= BATCH:
        yield check_run(actor, run)
        return
    twice = doubles_of(actor, run)
    rows = import_kept.rows_of(run)
    while some := list(islice(rows, BATCH)):
        yield check(actor, some, run, twice)


def check(
    actor: Actor, rows: Sequence[import_kept.Row], run: models.ImportRun, twice: Doubles | None = None
) -> Checked:
    """Check these rows. `twice`: what is wrong with rows because of other rows; None: find it here."""
    kind = kinds.kind_of(run)
    mapping = kinds.mapping_of(run)
    world = columns.World(
        kind.known(actor, _Cells(kind, rows, mapping)),
        run.values,
        run.login_codes,
        kinds.month_first_in(run, mapping),
        run.values.get(ANSWERS, {}),
    )
    checker = RowChecker(kind, world, run.table["header"], mapping)
    read = [checker.read_row(number, values) for number, values in rows]
    unknown = [row for row, _wrong in read if row.there is None and row.state != "left"]
    alike = kind.alike(actor, unknown, world) if unknown else {}
    checked = [checker.finish(row, wrong, alike.get(row.number)) for row, wrong in read]
    oddities.tell(run, mapping, zip(checked, rows, strict=True))
    if twice is None and not is_large(run):  # the rows of a large file are checked apart from each other
        _join(checked, kind, checker)
    found = _doubles_among(checked, kind, world) if twice is None else twice
    for row in checked:
        for wrong in found.get(row.joins or row.number, ()):
            checker.refuse(row, wrong)
    kind.settle(checked, checker.refuse)
    return Checked(kind, checked, world, kind.new_groups(checked, world.known), found)


def _join(rows: Sequence[import_kind.CheckedRow], kind: import_kind.Kind, checker: RowChecker) -> None:
    """Put the rows of one person together in the first of them, where they do not contradict each other.

    A file may have a row for each programme or role of a person.
    """
    same: dict[str, list[import_kind.CheckedRow]] = collections.defaultdict(list)
    for row in rows if kind.doubles else ():
        if row.state != "left" and (identity := row.values.get(kind.identity)):
            same[str(identity).lower()].append(row)
    for first, *others in same.values():
        if not others or any(row.state == "refused" for row in (first, *others)):
            continue
        if (values := _together([row.values for row in (first, *others)], kind)) is None:
            continue
        first.values = values
        checker.compare(first)
        for row in others:
            row.state, row.changes, row.along, row.joins = "unchanged", [], False, first.number


def _together(rows: Sequence[import_kind.Kept], kind: import_kind.Kind) -> dict[str, Any] | None:
    """The values of these rows together; None where one row contradicts another."""
    found: dict[str, Any] = {}
    for values in rows:
        for key, value in values.items():
            if kind.by_key[key].many:
                found[key] = tuple(dict.fromkeys((*found.get(key, ()), *value)))
            elif found.setdefault(key, value) != value and key != kind.identity:
                return None
    return found


def doubles_of(actor: Actor, run: models.ImportRun) -> Doubles:
    """What is wrong with the rows of a large file because of each other.

    Memory does not hold all its rows side by side, so this looks only at rows that share a value.
    """
    suspects = _returning(run)
    rows = [row for row in import_kept.rows_of(run) if row[0] in suspects] if suspects else []
    checked = check(actor, rows, run, {})
    return _doubles_among(checked.rows, checked.kind, checked.world)


def _returning(run: models.ImportRun) -> Collection[int]:
    """The numbers of the rows that share a value which each row must have for itself."""
    kind = kinds.kind_of(run)
    mapping = kinds.mapping_of(run)
    checker = RowChecker(
        kind, columns.World(present.Known(current_school().today())), run.table["header"], mapping
    )
    keys = [double.key for double in kind.doubles if double.key in mapping]
    first: dict[tuple[str, str], int] = {}
    found: set[int] = set()
    for number, values in import_kept.rows_of(run):
        for key in keys:
            column = kind.by_key[key]
            cells = columns.cells_of(column, mapping[key], values)
            parsed = checker.read(column, cells)[0] if cells else None
            if parsed is None:
                continue
            other = first.setdefault((key, column.same(parsed)), number)
            if other != number:
                found |= {other, number}
    return found


def _doubles_among(
    rows: Sequence[import_kind.CheckedRow], kind: import_kind.Kind, world: columns.World
) -> dict[int, list[import_kind.Wrong]]:
    """Row number -> what is wrong with it because others of these rows have the same value."""
    found: dict[int, list[import_kind.Wrong]] = collections.defaultdict(list)
    for double in kind.doubles:
        by_value: dict[str, list[import_kind.CheckedRow]] = collections.defaultdict(list)
        for row in rows:
            if not row.joins and row.state != "left" and (value := double.value_of(row, world)):
                by_value[value].append(row)
        for value, same in by_value.items():
            for row in same if len(same) > 1 else ():
                told = sentence(RuleBroken(double.message, rows=other_rows(row, same)))
                found[row.number].append(import_kind.Wrong(double.key, value, told))
    return found


class _Cells(Mapping[str, Collection[Value]]):
    """Column key -> its values in the file, each once. Gathered when asked for: nobody asks for names."""

    def __init__(self, kind: import_kind.Kind, rows: Sequence[import_kept.Row], mapping: ColumnMap) -> None:
        self.columns, self.rows, self.mapping = kind.by_key, rows, mapping

    def __getitem__(self, key: str) -> Collection[Value]:
        column, places = self.columns[key], self.mapping[key]
        return {cell for _number, values in self.rows for cell in columns.cells_of(column, places, values)}

    def __iter__(self) -> Iterator[str]:
        return iter(self.mapping)

    def __len__(self) -> int:
        return len(self.mapping)


def other_rows(row: import_kind.CheckedRow, same: Sequence[import_kind.CheckedRow]) -> str:
    """The numbers of the other rows, to put in a sentence: SHOWN_ROWS of them, then "and more"."""
    others = (str(other.number) for other in same if other is not row)
    told = ", ".join(islice(others, SHOWN_ROWS))
    return told if len(same) - 1 <= SHOWN_ROWS else _("%(rows)s en meer", rows=told)
