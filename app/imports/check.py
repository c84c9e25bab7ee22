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
from app.actions import base as actions
from app.errors import RuleBroken
from app.imports import columns, kinds, oddities
from app.imports import kept as import_kept
from app.imports import kind as import_kind
from app.imports.table import Value
from app.permissions import Actor
from app.queries.imports import present
from app.queries.imports.runs import is_large
from app.rules.cells import is_formula_error
from app.rules.mapping import ColumnMap
from app.rules.text import N_, Reason
from app.school import current_school

SHOWN_ROWS = 5  # a column with one value in 20,000 rows is no reason to name them all in each
BATCH = 10_000  # rows that are checked side by side
Doubles = Mapping[int, Sequence[import_kind.Wrong]]  # row number -> what is wrong because of another row
STATES: Sequence[import_kind.State] = ("new", "changed", "unchanged", "refused")


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
        found = collections.Counter(row.state for row in self.rows)
        return {"rows": len(self.rows), **{state: found[state] for state in STATES}}

    def show(self, column: columns.Column, value: Any) -> str:
        return shown_value(column, value, self.world)


# -- step 4: the check


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
    world = columns.World(kind.known(actor, _Cells(kind, rows, mapping)), run.values, run.login_codes)
    checker = _Checker(kind, world, run.table["header"], mapping)
    checked = [checker.row(number, values) for number, values in rows]
    oddities.tell(run, mapping, zip(checked, rows, strict=True))
    if twice is None and not is_large(run):  # the rows of a large file are checked apart from each other
        _join(checked, kind, checker)
    found = _doubles_among(checked, kind, world) if twice is None else twice
    for row in checked:
        for wrong in found.get(row.joins or row.number, ()):
            checker.refuse(row, wrong)
    kind.settle(checked, checker.refuse)
    return Checked(kind, checked, world, kind.new_groups(checked, world.known), found)


def _join(rows: Sequence[import_kind.CheckedRow], kind: import_kind.Kind, checker: _Checker) -> None:
    """Put the rows of one person together in the first of them, where they do not contradict each other.

    A file may have a row for each programme or role of a person.
    """
    same: dict[str, list[import_kind.CheckedRow]] = collections.defaultdict(list)
    for row in rows if kind.doubles else ():
        if identity := row.values.get(kind.identity):
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
    checker = _Checker(
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
            other = first.setdefault((key, str(parsed).lower()), number)
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
            if not row.joins and (value := double.value_of(row, world)):
                by_value[value].append(row)
        for value, same in by_value.items():
            for row in same if len(same) > 1 else ():
                sentence = _sentence(RuleBroken(double.message, rows=other_rows(row, same)))
                found[row.number].append(import_kind.Wrong(double.key, value, sentence))
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


def _sound(value: Value) -> Value:
    """The value. Raises RuleBroken for what Excel shows where a formula went wrong, such as #N/A."""
    if isinstance(value, str) and is_formula_error(value):
        raise RuleBroken(
            N_("In deze cel ging een formule mis (%(error)s). Herstel de formule of typ de waarde zelf."),
            error=value,
        )
    return value


def shown_value(column: columns.Column, value: Any, world: columns.World) -> str:
    """A kept value as people read it."""
    if value is None:
        return ""
    return ", ".join(column.show(one, world) for one in value) if column.many else column.show(value, world)


Parsed = tuple[Any, str]  # the value, or the sentence that refuses it


class _Checker:
    """Checks row after row; a value that returns is read only once."""

    def __init__(
        self, kind: import_kind.Kind, world: columns.World, header: Sequence[str], mapping: ColumnMap
    ) -> None:
        self.kind = kind
        self.by_key = kind.by_key
        self.world = world
        self.columns = [(column, mapping[column.key]) for column in kind.columns if column.key in mapping]
        self.names = {column.key: _(column.label) for column in kind.columns}
        for column, places in self.columns:
            named = " + ".join(import_kept.column_name(header, place) for place in places)
            self.names |= {key: named for key in column.gives if key not in mapping}
            self.names[column.key] = named
        filled = {key for column, _places in self.columns for key in (column.key, *column.gives)}
        self.filled = [column for column in kind.columns if column.key in filled]
        self.wanted = [one for one in kind.columns if one.key == kind.identity]  # of a row we know already
        self.wanted_new = [one for one in kind.columns if one.key == kind.identity or one.needed]
        self.seen: dict[str, dict[Any, Parsed]] = collections.defaultdict(dict)
        self.whole: dict[
            Any, tuple[Any, list[import_kind.Wrong]]
        ] = {}  # for columns that may hold several values

    def row(self, number: int, values: Sequence[Value]) -> import_kind.CheckedRow:
        """One row with its state, its changes and everything that is wrong with it."""
        kept: dict[str, Any] = {}
        wrong: list[import_kind.Wrong] = []
        for column, places in self.columns:
            cells = columns.cells_of(column, places, values)
            if not cells:
                continue
            parsed, refusals = self.read(column, cells)
            wrong += refusals
            if not refusals and parsed is not None:
                column.put(parsed, kept)
        there = self.kind.find(kept, self.world.known)
        # One complaint about a column is enough: neither it nor what it fills is called missing too.
        bad = {key for one in wrong for key in (one.key, *self.by_key[one.key].gives)}
        wrong += self.missing(kept, bad, there)
        wrong += self.kind.wrong(kept, {one.key for one in wrong}, there, self.world)
        row = import_kind.CheckedRow(number, self.kind.label(kept, there), "refused", kept, there=there)
        if not wrong:
            self.compare(row)
            forbidden = self.kind.forbidden(there, self.world) if there and row.changes else None
            wrong = [forbidden] if forbidden else []
        for one in wrong:
            self.refuse(row, one)
        return row

    def read(self, column: columns.Column, cells: Sequence[Value]) -> tuple[Any, list[import_kind.Wrong]]:
        """What the cells of a column hold, and everything that is wrong with it."""
        if not column.many:
            parsed, sentence = self.parse(column, cells[0])
            return parsed, [
                import_kind.Wrong(column.key, import_kept.shown(cells[0]), sentence)
            ] if sentence else []
        key = (column.key, *((type(cell), cell) for cell in cells))
        if key not in self.whole:
            self.whole[key] = self.read_many(column, cells)
        return self.whole[key]

    def read_many(
        self, column: columns.Column, cells: Sequence[Value]
    ) -> tuple[Any, list[import_kind.Wrong]]:
        """Every value in the cells of a column that may hold several."""
        kept, wrong = [], []
        for part in (part for cell in cells for part in column.parts(cell, self.world)):
            parsed, sentence = self.parse(column, part)
            if sentence:
                wrong.append(import_kind.Wrong(column.key, import_kept.shown(part), sentence))
            elif parsed is not None:
                kept.append(parsed)
        return tuple(dict.fromkeys(kept)) or None, wrong

    def parse(self, column: columns.Column, value: Value) -> Parsed:
        """Read one value: what is kept of it, or the sentence that refuses it."""
        seen = self.seen[column.key]
        key = (type(value), value)
        if key not in seen:
            try:
                seen[key] = (column.parse(_sound(value), self.world), "")
            except RuleBroken as error:
                seen[key] = (None, _sentence(error))
        return seen[key]

    def missing(
        self, kept: import_kind.Kept, bad: Collection[str], there: present.Fact | None
    ) -> list[import_kind.Wrong]:
        """Required cells that are empty. Only a new row needs more than the column by which it is known."""
        wanted = self.wanted_new if there is None else self.wanted
        return [self._missing(one, kept) for one in wanted if one.key not in kept and one.key not in bad]

    def _missing(self, column: columns.Column, kept: import_kind.Kept) -> import_kind.Wrong:
        """Say what is missing: the cell is empty, or a whole name lacks this part."""
        label = _(column.label)
        whole = next((one.gives for one, _places in self.columns if column.key in one.gives), ())
        there = " ".join(kept[key] for key in whole if kept.get(key))
        if not there:
            return import_kind.Wrong(column.key, "", _("Deze cel is leeg. Vul %(column)s in.", column=label))
        sentence = _(
            "“%(value)s” is geen volledige naam: %(column)s ontbreekt. Vul de hele naam in.",
            value=columns.short(there),
            column=label,
        )
        return import_kind.Wrong(column.key, there, sentence)

    def compare(self, row: import_kind.CheckedRow) -> None:
        """Set the state and the changes of a row with nothing wrong; an empty cell changes nothing."""
        before = row.there or self.kind.blank
        row.changes = list(self.changes(row.values, before)) if before else []
        along = list(self.kind.along(row.values, row.there)) if row.changes and row.there else []
        row.changes, row.along = [*row.changes, *along], bool(along)
        row.state = "new" if row.there is None else "changed" if row.changes else "unchanged"

    def changes(self, kept: import_kind.Kept, there: present.Fact) -> list[import_kind.Change]:
        """What this row changes; never the column by which it is known."""
        found = []
        for column in self.filled:
            new = kept.get(column.key)
            if new is None or column.key == self.kind.identity:
                continue
            if column.stored:
                old = there.values[column.key]
                if old != new:
                    found.append(
                        import_kind.Change(_(column.label), self.show(column, old), self.show(column, new))
                    )
                continue
            held = there.coupled.get(column.key, ())
            found += [
                import_kind.Change(_(column.label), "", column.show(one, self.world))
                for one in (new if column.many else (new,))
                if one not in held
            ]
        return found

    def show(self, column: columns.Column, value: Any) -> str:
        return shown_value(column, value, self.world)

    def refuse(self, row: import_kind.CheckedRow, wrong: import_kind.Wrong) -> None:
        """Refuse a row for this reason; it then changes nothing."""
        row.problems.append(import_kind.Problem(self.names[wrong.key], wrong.value, wrong.sentence))
        row.changes, row.along, row.state = [], False, "refused"


def other_rows(row: import_kind.CheckedRow, same: Sequence[import_kind.CheckedRow]) -> str:
    """The numbers of the other rows, to put in a sentence: SHOWN_ROWS of them, then "and more"."""
    others = (str(other.number) for other in same if other is not row)
    told = ", ".join(islice(others, SHOWN_ROWS))
    return told if len(same) - 1 <= SHOWN_ROWS else _("%(rows)s en meer", rows=told)


def _sentence(error: RuleBroken) -> str:
    """The sentence in the reader's language; names of roles in it too."""
    params = {key: _(value) if key == "role" else value for key, value in error.params.items()}
    return actions.say(Reason(error.message, params))
