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
from app.imports.sentences import sentence
from app.imports.table import Value
from app.queries.imports import present
from app.rules import imports as rules
from app.rules import people
from app.rules.cells import is_formula_error
from app.rules.mapping import ColumnMap
from app.rules.text import N_

NOTHING_FOUND = ("#N/B", "#N/A")  # what Excel shows where a look-up found nothing


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
    """What is kept of a cell; or the sentence that refuses it; or a value and what is told with it.

    `reason`: the sentence before values were put in it.
    """

    value: Any
    refusal: str = ""
    told: str = ""
    reason: str = ""


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
        self.constants, self.refusals = self.for_all_rows(mapping)
        filled = {key for column, _places in self.columns for key in (column.key, *column.gives)}
        filled |= self.constants.keys()
        self.filled = [column for column in kind.columns if column.key in filled]
        self.wanted = [one for one in kind.columns if one.key == kind.identity]  # of a row we know already
        self.wanted_new = [one for one in kind.columns if one.key == kind.identity or one.needed]
        self.without = {
            one.key
            for one, _places in self.columns
            if kind.dispensable(one) and world.answer(rules.WITHOUT, one.key)
        }
        self.seen: dict[str, dict[Any, Parsed]] = collections.defaultdict(dict)
        # The same for columns that may hold several values.
        self.whole: dict[Any, tuple[Any, list[import_kind.Wrong], list[import_kind.Wrong]]] = {}

    def for_all_rows(self, mapping: ColumnMap) -> tuple[dict[str, Any], list[import_kind.Wrong]]:
        """What step 2 chose for all rows: column key -> what is kept; and what is wrong with that by now."""
        kept: dict[str, Any] = {}
        wrong = []
        for column in self.kind.columns:
            choice = self.world.answers.get(f"{rules.ALL}:{column.key}", "")
            if not choice or column.key in mapping or not isinstance(column, columns.ClosedColumn):
                continue
            try:
                value = column.everywhere(choice, self.world)
                kept[column.key] = (value,) if column.many else value
            except RuleBroken as error:
                wrong.append(import_kind.Wrong(column.key, choice, sentence(error), error.message))
        return kept, wrong

    def read_row(
        self, number: int, values: Sequence[Value]
    ) -> tuple[import_kind.CheckedRow, list[import_kind.Wrong]]:
        """One row with what its cells hold and whom it is about, and what is wrong with those cells."""
        kept: dict[str, Any] = {**self.constants}
        wrong: list[import_kind.Wrong] = [*self.refusals]
        notes: list[import_kind.Wrong] = []
        for column, places in self.columns:
            cells = columns.cells_of(column, places, values)
            if not cells:
                continue
            parsed, refusals, told = self.read(column, cells)
            if told:
                notes += told
            if not refusals:
                if parsed is not None:
                    column.put(parsed, kept)
            elif column.key in self.without:
                notes += map(self.left_out, refusals)
            else:
                wrong += refusals
        row = import_kind.CheckedRow(
            number, "", "refused", kept, there=self.kind.find(kept, self.world.known)
        )
        if kept.pop(columns.SKIPPED, False):
            row.state, row.label = "left", self.kind.label(kept, row.there)
            return row, []
        not_sure, known_as = self.kind.recognise(row, self.world)
        wrong += not_sure
        notes += known_as
        if notes:
            row.notes = [self.problem(one) for one in notes]
        return row, wrong

    def finish(
        self, row: import_kind.CheckedRow, wrong: list[import_kind.Wrong], alike: import_kind.Alike | None
    ) -> import_kind.CheckedRow:
        """The row with its state, its changes and everything that is wrong with it."""
        if row.state == "left":
            return row
        if alike is not None:
            wrong += self.someone_else(row, alike)
        kept, there = row.values, row.there
        # One complaint about a column is enough: neither it nor what it fills is called missing too.
        bad = {key for one in wrong for key in (one.key, *self.by_key[one.key].gives)}
        wrong += self.missing(kept, bad, there)
        wrong += self.wrong_beside(row, {one.key for one in wrong})
        row.label = self.kind.label(kept, there)
        if not wrong:
            self.compare(row)
            forbidden = self.kind.forbidden(there, self.world) if there and row.changes else None
            wrong = [forbidden] if forbidden else []
        for one in wrong:
            self.refuse(row, one)
        return row

    def someone_else(
        self, row: import_kind.CheckedRow, alike: import_kind.Alike
    ) -> Sequence[import_kind.Wrong]:
        """Who a new row may be by another number; refused until somebody says whether it is that person."""
        key = self.kind.identity
        answer = self.world.answer(rules.SAME, row.number)
        row.asks = (rules.SAME,)
        if not answer:
            return [import_kind.Wrong(key, str(row.values.get(key, "")), alike.sentence, rules.SAME)]
        if answer == "known" and alike.fact:
            row.there = alike.fact
        row.notes.append(import_kind.Problem(self.names[key], "", alike.sentence, key))
        return []

    def wrong_beside(self, row: import_kind.CheckedRow, bad: Collection[str]) -> list[import_kind.Wrong]:
        """What is wrong with the row as a whole, after leaving out the cells that need not come along."""
        while True:
            found = list(self.kind.wrong(row.values, bad, row.there, self.world))
            out = next((one for one in found if one.key in self.without and one.key in row.values), None)
            if out is None:
                return found
            row.values.pop(out.key)
            row.notes.append(self.problem(self.left_out(out)))

    def left_out(self, wrong: import_kind.Wrong) -> import_kind.Wrong:
        """The note on a cell that does not come along, instead of what is wrong with it."""
        told = _("“%(value)s” gaat niet mee: %(why)s", value=columns.short(wrong.value), why=wrong.sentence)
        return wrong._replace(sentence=told)

    def read(
        self, column: columns.Column, cells: Sequence[Value]
    ) -> tuple[Any, list[import_kind.Wrong], list[import_kind.Wrong]]:
        """What the cells of a column hold, everything that is wrong with it, and what is told with it."""
        if not column.many:
            parsed = self.parse(column, cells[0])
            if parsed.refusal or parsed.told:
                return parsed.value, *self.said(column, cells[0], parsed)
            return parsed.value, [], []
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
            [import_kind.Wrong(column.key, text, parsed.refusal, parsed.reason)] if parsed.refusal else [],
            [import_kind.Wrong(column.key, text, parsed.told)] if parsed.told else [],
        )

    def parse(self, column: columns.Column, value: Value) -> Parsed:
        """Read one value: what is kept of it, or the sentence that refuses it."""
        seen = self.seen[column.key]
        key = (type(value), value)
        if key not in seen:
            try:
                found = None if self.is_nothing(column, value) else column.parse(_sound(value), self.world)
            except RuleBroken as error:
                seen[key] = Parsed(None, sentence(error), reason=error.message)
            else:
                seen[key] = (
                    Parsed(found.value, told=actions.say(found.reason))
                    if isinstance(found, columns.Told)
                    else Parsed(found)
                )
        return seen[key]

    def is_nothing(self, column: columns.Column, value: Value) -> bool:
        """Whether a cell is as good as empty. A look-up that found nothing is, where a row can do without."""
        if column.closed or not isinstance(value, str):
            return False
        return people.says_nothing(value) or (
            value.upper() in NOTHING_FOUND and self.kind.dispensable(column)
        )

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
        if row.there is not None:
            row.changes += self.kind.answered(row.values, row.there, self.world)
        along = list(self.kind.along(row.values, row.there, self.world)) if row.changes and row.there else []
        row.changes, row.along = [*row.changes, *along], bool(along)
        if row.there is not None:
            row.asks = tuple(dict.fromkeys((*row.asks, *self.kind.asks(row, self.world))))
        row.state = "new" if row.there is None else "changed" if row.changes else "unchanged"

    def changes(self, kept: import_kind.Kept, there: present.Fact) -> list[import_kind.Change]:
        """What this row changes: the column by which it is known only for who was known by another."""
        found = []
        for column in self.filled:
            new = kept.get(column.key)
            if new is None or (column.key == self.kind.identity and self.known_by(new, there)):
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

    def known_by(self, identity: Any, there: present.Fact) -> bool:
        """Whether the database knows the row by this, but for its capitals."""
        return str(there.values[self.kind.identity]).lower() in ("", str(identity).lower())

    def show(self, column: columns.Column, value: Any) -> str:
        return shown_value(column, value, self.world)

    def refuse(self, row: import_kind.CheckedRow, wrong: import_kind.Wrong) -> None:
        """Refuse a row for this reason; it then changes nothing."""
        row.problems.append(self.problem(wrong))
        row.changes, row.along, row.state = [], False, "refused"

    def problem(self, wrong: import_kind.Wrong) -> import_kind.Problem:
        """The same, with the name of the column in the file."""
        return import_kind.Problem(
            self.names[wrong.key], wrong.value, wrong.sentence, wrong.key, wrong.reason or wrong.sentence
        )
