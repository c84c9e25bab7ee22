"""Sees what an action writes, and whether its entry in the trail tells it.

It looks at the statements that go to the database: before the first write to a table it reads the table's
rows, and when the action is done it reads them again. So no way of writing gets past it, and cascades and
bulk statements count too. Each column that changed must stand in the entry: its row is one that the entry is
about, or belongs to one; and the old and the new value stand in the details (`untold`). And the other way
round, an entry tells of nothing that was not written (`overtold`).
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import permutations
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import models
from app.actions.base import earlier, runner
from app.actions.base.action import Action
from app.actions.base.outcome import Outcome
from app.actions.base.trail import RECORDED
from app.actions.imports.imports import KINDS
from app.entities.base import db, metadata
from app.permissions import Role
from app.rules import groups, progress
from app.rules.imports import LOGIN_CODES
from app.rules.student_fields import GENDER_LABELS
from app.school import current_school

WRITE = re.compile(r'\s*(?:WITH .*?\)\s*)?(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?', re.S | re.I)
MOST_OBJECTS = 50  # of an entry, to look at one by one
MOST_ROWS = 4000  # of a table; a larger one is not looked at
JUST_NOW = dt.timedelta(seconds=30)  # a moment so close to the entry's own is told by the entry
SHORTEST = 3  # characters; a shorter value must stand by itself
BETWEEN_WORDS = re.compile(r"[\s,;:+()/]+")

# The actions that give an account that was there another address (test_another_address.py tries each).
MOVES = (
    "change_student",
    "confirm_email",
    "edit_user",
    "import_students",
    "print_student_codes",
    "send_student_codes",
    "undo_student_import",
)

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]


@dataclass(frozen=True)
class Change:
    """One column of one row. A new row has no old value, a row that is gone no new one."""

    table: str
    row: Row  # as it is now, or as it was when it is gone
    column: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.table}.{self.column}: {self.old!r} -> {self.new!r}"


@dataclass(frozen=True)
class Said:
    """What one entry says: of which rows of which kind, in its details, and all of their texts."""

    kind: str
    objects: frozenset[tuple[str, int]]
    details: Mapping[str, Any]
    texts: tuple[str, ...]

    def about(self, names: Sequence[str]) -> Said:
        """What it says of the row of these names, where it has details apart for it."""
        texts: list[str] = []
        for one in _under_names(self.details, names):
            _gather(one, texts)
        return replace(self, texts=tuple(texts)) if texts else self

    def tells(self, text: str) -> bool:
        if len(text) < SHORTEST:  # a word of its own
            return any(text in BETWEEN_WORDS.split(one) for one in self.texts)
        return any(text.casefold() in one.casefold() for one in self.texts)


@dataclass(frozen=True)
class Told:
    """All that the entries of one run say."""

    entries: tuple[Said, ...] = ()
    objects: frozenset[tuple[str, int]] = frozenset()  # ("Student", 12)
    heads: frozenset[str] = frozenset()  # the details by their keys
    texts: tuple[str, ...] = ()
    at: tuple[dt.datetime, ...] = ()


@dataclass
class Watched:
    """What one run of an action wrote, and what its entries tell."""

    action: Action
    before: dict[str, Rows] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    told: Told = Told()


_running: ContextVar[Watched | None] = ContextVar("watched", default=None)


@contextmanager
def watching() -> Iterator[list[Watched]]:
    """Every action that runs inside, with what it wrote and what its entries tell, in their order."""
    seen: list[Watched] = []
    perform, remember = runner._perform, earlier.keep

    def noting(act: Action, *args: Any, **named: Any) -> Outcome:
        watched = Watched(act)
        token = _running.set(watched)
        try:
            outcome = perform(act, *args, **named)
            watched.changes = _changes(watched)
        finally:
            _running.reset(token)
        seen.append(watched)
        return outcome

    def ending(*args: Any) -> None:
        seen[-1].told = _told_by([link.id for link in db.session.info.get(RECORDED, ())])
        remember(*args)

    event.listen(Engine, "before_cursor_execute", _look)
    setattr(runner, "_perform", noting)  # noqa: B010 - functions of that module
    setattr(earlier, "keep", ending)  # noqa: B010
    try:
        yield seen
    finally:
        setattr(runner, "_perform", perform)  # noqa: B010
        setattr(earlier, "keep", remember)  # noqa: B010
        event.remove(Engine, "before_cursor_execute", _look)


def _look(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    watched, found = _running.get(), WRITE.match(statement)
    if watched is None or found is None or found[2] not in metadata.tables:
        return
    names = {found[2]}
    if found[1].upper().startswith("DELETE"):
        names |= _below(found[2])
    for name in names - set(watched.before):
        watched.before[name] = _rows(connection, metadata.tables[name])


def _below(name: str) -> set[str]:
    """The tables whose rows go, or lose their reference, with a row of this one."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        above = waiting.pop()
        for table in metadata.sorted_tables:
            points = any(
                key.column.table.name == above and key.ondelete
                for c in table.columns
                for key in c.foreign_keys
            )
            if points and table.name not in found:
                found.add(table.name)
                waiting.append(table.name)
    return found


def _rows(connection: Any, table: sa.Table) -> Rows:
    """All rows of a table, read past SQLAlchemy's events: tests count the statements that they see."""
    dialect = connection.dialect
    columns = list(table.columns)
    preparer = dialect.identifier_preparer
    cursor = connection.connection.cursor()
    try:
        cursor.execute(
            f"SELECT {', '.join(preparer.quote(c.name) for c in columns)} "
            f"FROM {preparer.quote(table.name)} LIMIT {MOST_ROWS + 1}"
        )
        found = cursor.fetchall()
    finally:
        cursor.close()
    if len(found) > MOST_ROWS:
        return {}
    read = [_reader(c.type, dialect) for c in columns]
    rows: Rows = {}
    for raw in found:
        row = {
            c.name: process(value) if process and value is not None else value
            for c, process, value in zip(columns, read, raw, strict=True)
        }
        rows[tuple(row[c.name] for c in table.primary_key.columns)] = row
    return rows


def _reader(kind: Any, dialect: Any) -> Callable[[Any], Any] | None:
    """What makes a Python value of what the driver gives; numbers come as numbers on PostgreSQL."""
    if isinstance(kind, sa.Numeric) and dialect.name == "postgresql":
        return None
    found: Callable[[Any], Any] | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return found


def _changes(watched: Watched) -> list[Change]:
    found = []
    for name, before in watched.before.items():
        table = metadata.tables[name]
        after = _rows(db.session.connection(), table)
        for key in before.keys() | after.keys():
            old, new = before.get(key), after.get(key)
            if old == new:
                continue
            row = new or old or {}
            for column in table.columns:
                was, now = (old or {}).get(column.name), (new or {}).get(column.name)
                if was != now:
                    found.append(Change(name, row, column.name, was, now))
    return found


# -- what the entries tell

NAMES = {
    model.__table__.name: model.__name__
    for model in vars(models).values()
    if isinstance(getattr(model, "__table__", None), sa.Table)
} | {"ab_user": "User", "ab_role": "Role"}
# The columns by which a person knows a row.
CALLED = (
    "name",
    "title",
    "number",
    "code",
    "username",
    "label",
    "last_name",
    "text",
    "file_name",
    "crebo",
)
# How an entry writes a value that the database keeps as a number or a word.
WORDS: Mapping[str, Callable[[Any], Any]] = {
    "student.gender": lambda one: GENDER_LABELS[one],
    "progress_measure.kind": lambda one: progress.KINDS[one],
    "progress_measure.rating": lambda one: progress.RATINGS[one],
    "student_group.colour": lambda one: groups.GROUP_COLOURS[one],
    "import_run.mapping": lambda one: {key: [n + 1 for n in places] for key, places in one.items()},
    "import_run.login_codes": lambda one: LOGIN_CODES[one],
    "import_run.kind": lambda one: KINDS[one],
}


def _told_by(entry_ids: Sequence[int]) -> Told:
    entry, about = models.AuditEntry, models.AuditObject
    objects: dict[int, set[tuple[str, int]]] = {one: set() for one in entry_ids}
    for row in db.session.execute(
        sa.select(about.entry_id, about.object_type, about.object_id).where(about.entry_id.in_(entry_ids))
    ):
        objects[row.entry_id].add((row.object_type, row.object_id))
    said, at = [], []
    people: set[tuple[str, int]] = set()
    columns = (entry.id, entry.at, entry.actor_id, entry.actor_name, entry.object_type, entry.details)
    for one in db.session.execute(sa.select(*columns).where(entry.id.in_(entry_ids)).order_by(entry.id)):
        texts: list[str] = []
        _gather(one.details, texts)
        said.append(Said(one.object_type, frozenset(objects[one.id]), one.details, (*texts, one.actor_name)))
        at.append(one.at)
        people |= {("User", one.actor_id)} if one.actor_id is not None else set()
    return Told(
        tuple(said),
        frozenset().union(people, *objects.values()),
        frozenset(key for one in said for key in one.details),
        tuple(text for one in said for text in one.texts),
        tuple(at),
    )


def _gather(value: Any, texts: list[str]) -> None:
    if isinstance(value, Mapping):
        for key, one in value.items():
            texts.append(str(key))
            _gather(one, texts)
    elif isinstance(value, list | tuple):
        for one in value:
            _gather(one, texts)
    elif value is not None:
        texts.append(str(value))


def _under_names(value: Any, names: Sequence[str]) -> Iterator[Any]:
    """The parts of details that stand under one of these names."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if any(str(key).startswith(name) for name in names):
                yield {key: one}
            else:
                yield from _under_names(one, names)


def untold(watched: Watched, left_out: Collection[str]) -> list[Change]:
    """The changes that no entry of this run tells.

    `left_out`: what need not be told, as "table", "table.column", "*.column", or, of a row that was made or
    went, "whole table.column"; each also as "action:…".
    """
    return [
        one
        for one in watched.changes
        if not _left_out(watched, one, left_out) and not _Look(watched).tells(one)
    ]


def moved_beside(watched: Watched) -> list[str]:
    """Accounts that this run gave another address in a way of its own: not one of MOVES, or no mail of it."""
    moved = [one for one in watched.changes if (one.table, one.column) == ("ab_user", "email")]
    mailed = {one.new for one in watched.changes if (one.table, one.column) == ("outbox_mail", "to_address")}
    return [
        str(one)
        for one in moved
        if one.old and one.new and (watched.action.name not in MOVES or one.old not in mailed)
    ]


def overtold(watched: Watched, left_out: Collection[str]) -> list[str]:
    """What the entries of this run tell that was not written."""
    same = (one for said in watched.told.entries for one in _same_twice(said.details))
    return sorted({*same, *_never_changed(watched), *_never_coupled(watched, left_out)})


def _same_twice(details: Mapping[str, Any]) -> Iterator[str]:
    """An old value that is the new one. Of a text that must not be told: [True, True]."""
    for key, value in details.items():
        if isinstance(value, Mapping):
            yield from _same_twice(value)
        elif isinstance(value, list) and len(value) == len(("old", "new")) and value[0] is not True:
            old, new = value
            if old == new:
                yield f"{key}: {old!r} -> {new!r}"


def _never_changed(watched: Watched) -> Iterator[str]:
    """An old and a new value of a column of a row that the entry is about, while that column stayed.

    A row with `removed_at` goes without any of its columns changing.
    """
    tables = {kind: metadata.tables[name] for name, kind in NAMES.items()}
    for said in watched.told.entries:
        for key, value in said.details.items():
            names = {tables[kind].name for kind, _id in said.objects if key in tables[kind].columns}
            pair = isinstance(value, list) and len(value) == len(("old", "new"))
            columns = {one.column for one in watched.changes if one.table in names}
            if names and pair and not columns & {key, "removed_at"}:
                yield f"{key}: {value[0]!r} -> {value[1]!r}"


def _never_coupled(watched: Watched, left_out: Collection[str]) -> Iterator[str]:
    """A row that the entry is about, with another that it names, while no row that couples them came or went.

    As of members of a group, or programmes of a user. A row is known by its names: two may share them.
    """
    look = _Look(watched)
    for this, other, written in _couplings(watched, left_out):
        for said in watched.told.entries:
            mine = {row_id for kind, row_id in said.objects if kind == said.kind}
            if said.kind != NAMES.get(this.name):
                continue
            for one in [one for one in mine if look.names(this, one)]:
                own = {
                    name for row_id, found in written if row_id == one for name in look.names(other, found)
                }
                told = said.about(look.names(this, one))
                yield from (
                    f"{this.name} {one}: {name}"
                    for _row_id, found in written
                    for name in look.names(other, found)
                    if name not in own and told.tells(name)
                )


def _couplings(
    watched: Watched, left_out: Collection[str]
) -> Iterator[tuple[sa.Table, sa.Table, set[tuple[int, int]]]]:
    """(table, other table, pairs of ids): what the rows that came or went in this run couple."""
    for name in sorted({one.table for one in watched.changes} - set(left_out)):
        table = metadata.tables[name]
        keys = sorted(table.foreign_keys, key=lambda one: one.parent.name)
        whole = {column.name for column in table.primary_key.columns}
        rows = [one.row for one in watched.changes if one.table == name and one.column in whole]
        for this, other in permutations(keys, 2):
            pairs = {(row[this.parent.name], row[other.parent.name]) for row in rows}
            yield this.column.table, other.column.table, {pair for pair in pairs if None not in pair}


def _left_out(watched: Watched, one: Change, left_out: Collection[str]) -> bool:
    names = [one.table, f"{one.table}.{one.column}", f"*.{one.column}"]
    if one.old is None or one.new is None:
        names.append(f"whole {one.table}.{one.column}")
    return any(name in left_out or f"{watched.action.name}:{name}" in left_out for name in names)


@dataclass(frozen=True)
class _Look:
    """Looks whether a change stands in the entries of its run."""

    watched: Watched

    @property
    def told(self) -> Told:
        return self.watched.told

    def tells(self, change: Change) -> bool:
        column = metadata.tables[change.table].columns[change.column]
        if column.name == "id" or self._of_now(change) or _is_default(change, column):
            return True
        if not self._knows(change.table, change.row, depth=3):
            return False
        return all(self._holds(column, value) for value in _differing(change.old, change.new))

    def _of_now(self, change: Change) -> bool:
        """A moment that is that of the entry itself."""
        new = change.new
        if not isinstance(new, dt.datetime):
            return False
        new = new if new.tzinfo else new.replace(tzinfo=dt.UTC)
        return any(abs(new - at) < JUST_NOW for at in self.told.at)

    def _knows(self, name: str, row: Row, depth: int) -> bool:
        """Whether an entry is about this row or names it, or about a row that this one belongs to."""
        if (NAMES.get(name, name), row.get("id")) in self.told.objects or self._names(name, row):
            return True
        return depth > 0 and any(
            (owner := self._row(key.column.table, row[column.name])) is not None
            and self._knows(key.column.table.name, owner, depth - 1)
            for column in metadata.tables[name].columns
            for key in column.foreign_keys
            if row.get(column.name) is not None
        )

    def _row(self, table: sa.Table, number: int) -> Row | None:
        """A row by its number; one that is gone by now as it was before."""
        before = self.watched.before.get(table.name, {}).get((number,))
        if before is not None:
            return before
        key = next(iter(table.primary_key.columns))
        found = db.session.execute(sa.select(table).where(key == number)).mappings().first()
        return dict(found) if found is not None else None

    def names(self, table: sa.Table, number: int) -> list[str]:
        """What a row is called."""
        row = self._row(table, number) or {}
        return [str(row[key]) for key in CALLED if row.get(key)]

    def _names(self, table: str, row: Row) -> bool:
        names = [str(row[key]) for key in CALLED if row.get(key)]
        if table == "ab_role":
            names = [Role(name).label for name in names if name in set(Role)] + names
        return any(self._stands(name) for name in names)

    def _holds(self, column: sa.Column[Any], value: Any) -> bool:
        if value is None or value in ("", [], {}) or _is_placeholder(value):
            return True
        for key in column.foreign_keys:
            target = key.column.table
            row = self._row(target, value)
            return row is not None and (self._knows(target.name, row, depth=2) or self._under(target, value))
        value = WORDS.get(f"{column.table.name}.{column.name}", lambda same: same)(value)
        return any(self._stands(text) for text in _written(value, column)) or self._all_stand(value)

    def _under(self, target: sa.Table, number: int) -> bool:
        """Whether a row that an entry is about belongs to this one."""
        tables = {kind: name for name, kind in NAMES.items()}
        for kind, object_id in sorted(self.told.objects)[:MOST_OBJECTS]:
            table = metadata.tables[tables[kind]]
            row = self._row(table, object_id) or {}
            for column in table.columns:
                points = any(key.column.table is target for key in column.foreign_keys)
                if points and row.get(column.name) == number:
                    return True
        return False

    def _all_stand(self, value: Any) -> bool:
        """For JSON: each of its values stands there."""
        texts: list[str] = []
        _gather(value, texts)
        return isinstance(value, dict | list) and all(self._stands(text) for text in texts)

    def _stands(self, text: str) -> bool:
        return any(one.tells(text) for one in self.told.entries)


def _is_default(change: Change, column: sa.Column[Any]) -> bool:
    """What every new row has until somebody chooses otherwise."""
    if change.old is not None:
        return False
    default: Any = column.default
    usual = default.arg if default is not None and default.is_scalar else None
    return change.new in ("", 0, usual)


def _differing(old: Any, new: Any) -> tuple[Any, Any]:
    """Old and new; of two dicts only the keys that differ."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return old, new
    keys = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    return {k: v for k, v in old.items() if k in keys}, {k: v for k, v in new.items() if k in keys}


def _is_placeholder(value: Any) -> bool:
    """An address for an account that has none: the database needs something there."""
    return isinstance(value, str) and value.endswith(".invalid") and "@" in value


def _written(value: Any, column: sa.Column[Any]) -> list[str]:
    """The ways in which an entry may write a value."""
    if column.name == "role" and value in set(Role):
        return [str(value), Role(value).label]
    if isinstance(value, enum.Enum):
        return [str(value.value)]
    if isinstance(value, dt.datetime):
        local = current_school().local(value if value.tzinfo else value.replace(tzinfo=dt.UTC))
        return [value.isoformat(), f"{local:%d-%m-%Y %H:%M}", f"{local:%d-%m-%Y}", f"{local:%H:%M}"]
    if isinstance(value, dt.date):
        return [value.isoformat(), f"{value:%d-%m-%Y}"]
    if isinstance(value, Decimal):
        return [str(value), str(value).replace(".", ",")]
    return [str(value)]
