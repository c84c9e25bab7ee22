"""Step 4, one row: reads its cells, says what is wrong with it, and compares it with the database."""

from __future__ import annotations

import collections
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.actions import base as actions
from app.errors import RuleBroken
from app.imports import columns
from app.imports import kept as import_kept
from app.imports import kind as import_kind
from app.imports.table import Value
from app.queries.imports import present
from app.rules.cells import is_formula_error
from app.rules.mapping import ColumnMap
from app.rules.text import N_, Reason


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


class Parsed(NamedTuple):
    """What is kept of a cell; or the sentence that refuses it; or a value and what is told with it."""

    value: Any
    refusal: str = ""
    told: str = ""


class RowChecker:
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
        # The same for columns that may hold several values.
        self.whole: dict[Any, tuple[Any, list[import_kind.Wrong], list[import_kind.Wrong]]] = {}

    def row(self, number: int, values: Sequence[Value]) -> import_kind.CheckedRow:
        """One row with its state, its changes and everything that is wrong with it."""
        kept: dict[str, Any] = {}
        wrong: list[import_kind.Wrong] = []
        notes: list[import_kind.Wrong] = []
        for column, places in self.columns:
            cells = columns.cells_of(column, places, values)
            if not cells:
                continue
            parsed, refusals, told = self.read(column, cells)
            wrong += refusals
            notes += told
            if not refusals and parsed is not None:
                column.put(parsed, kept)
        there = self.kind.find(kept, self.world.known)
        # One complaint about a column is enough: neither it nor what it fills is called missing too.
        bad = {key for one in wrong for key in (one.key, *self.by_key[one.key].gives)}
        wrong += self.missing(kept, bad, there)
        wrong += self.kind.wrong(kept, {one.key for one in wrong}, there, self.world)
        row = import_kind.CheckedRow(number, self.kind.label(kept, there), "refused", kept, there=there)
        row.notes = [self.problem(one) for one in notes]
        if not wrong:
            self.compare(row)
            forbidden = self.kind.forbidden(there, self.world) if there and row.changes else None
            wrong = [forbidden] if forbidden else []
        for one in wrong:
            self.refuse(row, one)
        return row

    def read(
        self, column: columns.Column, cells: Sequence[Value]
    ) -> tuple[Any, list[import_kind.Wrong], list[import_kind.Wrong]]:
        """What the cells of a column hold, everything that is wrong with it, and what is told with it."""
        if not column.many:
            parsed = self.parse(column, cells[0])
            return parsed.value, *self.said(column, cells[0], parsed)
        key = (column.key, *((type(cell), cell) for cell in cells))
        if key not in self.whole:
            self.whole[key] = self.read_many(column, cells)
        return self.whole[key]

    def read_many(
        self, column: columns.Column, cells: Sequence[Value]
    ) -> tuple[Any, list[import_kind.Wrong], list[import_kind.Wrong]]:
        """Every value in the cells of a column that may hold several."""
        kept, wrong, told = [], [], []
        for part in (part for cell in cells for part in column.parts(cell, self.world)):
            parsed = self.parse(column, part)
            refusals, notes = self.said(column, part, parsed)
            wrong += refusals
            told += notes
            if parsed.value is not None:
                kept.append(parsed.value)
        return tuple(dict.fromkeys(kept)) or None, wrong, told

    def said(
        self, column: columns.Column, value: Value, parsed: Parsed
    ) -> tuple[list[import_kind.Wrong], list[import_kind.Wrong]]:
        """What refuses this value, and what is told with it."""
        if not (parsed.refusal or parsed.told):
            return [], []
        text = import_kept.shown(value)
        return (
            [import_kind.Wrong(column.key, text, parsed.refusal)] if parsed.refusal else [],
            [import_kind.Wrong(column.key, text, parsed.told)] if parsed.told else [],
        )

    def parse(self, column: columns.Column, value: Value) -> Parsed:
        """Read one value: what is kept of it, or the sentence that refuses it."""
        seen = self.seen[column.key]
        key = (type(value), value)
        if key not in seen:
            try:
                found = column.parse(_sound(value), self.world)
            except RuleBroken as error:
                seen[key] = Parsed(None, sentence(error))
            else:
                told = isinstance(found, columns.Told)
                seen[key] = Parsed(found.value, told=actions.say(found.reason)) if told else Parsed(found)
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
        row.problems.append(self.problem(wrong))
        row.changes, row.along, row.state = [], False, "refused"

    def problem(self, wrong: import_kind.Wrong) -> import_kind.Problem:
        """The same, with the name of the column in the file."""
        return import_kind.Problem(self.names[wrong.key], wrong.value, wrong.sentence)


def sentence(error: RuleBroken) -> str:
    """The sentence in the reader's language; names of roles in it too."""
    params = {key: _(value) if key == "role" else value for key, value in error.params.items()}
    return actions.say(Reason(error.message, params))
