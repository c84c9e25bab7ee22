"""Sees what an action writes, and whether its entry in the trail tells it.

It looks at the statements that go to the database: before the first write to a table it reads the table's
rows, and when the action is done it reads them again. So no way of writing gets past it, and cascades and
bulk statements count too. Each column that changed must stand in the entry: its row is one that the entry is
about, or belongs to one; and the old and the new value stand in the details.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import models
from app.actions.base import runner
from app.actions.base.runner import Action, Outcome
from app.actions.base.trail import RECORDED
from app.entities.base import db, metadata

WRITE = re.compile(r'\s*(?:WITH .*?\)\s*)?(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?', re.S | re.I)
MOST_ROWS = 4000  # of a table; a larger one is not looked at
JUST_NOW = dt.timedelta(seconds=30)  # a moment so close to the entry's own is told by the entry
SHORTEST = 3  # characters; a shorter value must stand by itself

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


@dataclass
class Watched:
    """What one run of an action wrote."""

    action: Action
    before: dict[str, Rows] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    entries: list[models.AuditEntry] = field(default_factory=list)


_running: ContextVar[Watched | None] = ContextVar("watched", default=None)


@contextmanager
def watching() -> Iterator[list[Watched]]:
    """Every action that runs inside, with what it wrote and its entries; in the order in which they end."""
    seen: list[Watched] = []
    perform, remember = runner._perform, runner._remember

    def noting(act: Action, *args: Any) -> Outcome:
        watched = Watched(act)
        token = _running.set(watched)
        try:
            outcome = perform(act, *args)
            watched.changes = _changes(watched)
        finally:
            _running.reset(token)
        seen.append(watched)
        return outcome

    def ending(act: Action, *args: Any) -> None:
        ids = [link.id for link in db.session.info.get(RECORDED, ())]
        with db.session.no_autoflush:
            seen[-1].entries = [db.session.get_one(models.AuditEntry, one) for one in ids]
        seen[-1].told = told_by(seen[-1].entries)  # type: ignore[attr-defined]
        remember(act, *args)

    event.listen(Engine, "before_cursor_execute", _look)
    runner._perform, runner._remember = noting, ending
    try:
        yield seen
    finally:
        runner._perform, runner._remember = perform, remember
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
                key.column.table.name == above and key.ondelete for c in table.columns for key in c.foreign_keys
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
            f"SELECT {', '.join(preparer.quote(c.name) for c in columns)} "  # noqa: S608 - our own names
            f"FROM {preparer.quote(table.name)} LIMIT {MOST_ROWS + 1}"
        )
        found = cursor.fetchall()
    finally:
        cursor.close()
    if len(found) > MOST_ROWS:
        return {}
    read = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
    rows: Rows = {}
    for raw in found:
        row = {
            c.name: process(value) if process and value is not None else value
            for c, process, value in zip(columns, read, raw, strict=True)
        }
        rows[tuple(row[c.name] for c in table.primary_key.columns)] = row
    return rows


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


@dataclass(frozen=True)
class Told:
    """All that the entries of one run say."""

    objects: frozenset[tuple[str, int]]  # ("Student", 12)
    keys: frozenset[str]
    texts: tuple[str, ...]
    at: tuple[dt.datetime, ...]


def told_by(entries: list[models.AuditEntry]) -> Told:
    keys: set[str] = set()
    texts: list[str] = []
    for entry in entries:
        _gather(entry.details, keys, texts)
        texts.append(entry.actor_name)
    about = sa.select(models.AuditObject.object_type, models.AuditObject.object_id).where(
        models.AuditObject.entry_id.in_([entry.id for entry in entries])
    )
    objects = frozenset((row.object_type, row.object_id) for row in db.session.execute(about))
    people = frozenset(("User", one.actor_id) for one in entries if one.actor_id is not None)
    return Told(objects | people, frozenset(keys), tuple(texts), tuple(entry.at for entry in entries))


def _gather(value: Any, keys: set[str], texts: list[str]) -> None:
    if isinstance(value, Mapping):
        for key, one in value.items():
            keys.add(str(key))
            texts.append(str(key))
            _gather(one, keys, texts)
    elif isinstance(value, list):
        for one in value:
            _gather(one, keys, texts)
    elif value is not None:
        texts.append(str(value))


NAMES = {table.name: model.__name__ for model in vars(models).values() if hasattr(model, "__table__") for table in [model.__table__]} | {"ab_user": "User", "ab_role": "Role"}
CALLED = ("full_name", "name", "title", "number", "code", "username", "label", "last_name", "text", "file_name", "crebo")


def untold(watched: Watched, left_out: Mapping[str, str]) -> list[Change]:
    """The changes that no entry of this run tells; `left_out`: tables and columns that need not be told."""
    told: Told = watched.told  # type: ignore[attr-defined]
    return [
        one
        for one in watched.changes
        if one.table not in left_out
        and f"{one.table}.{one.column}" not in left_out
        and f"*.{one.column}" not in left_out
        and not _is_told(one, told)
    ]


def _is_told(change: Change, told: Told) -> bool:
    table = metadata.tables[change.table]
    column = table.columns[change.column]
    if column.name == "id" or _of_now(change, told):
        return True
    if not _row_known(change.table, change.row, told, depth=3):
        return False
    return all(_value_told(column, value, told) for value in (change.old, change.new))


def _of_now(change: Change, told: Told) -> bool:
    new = change.new
    if change.old is not None or not isinstance(new, dt.datetime):
        return False
    new = new if new.tzinfo else new.replace(tzinfo=dt.UTC)
    return any(abs(new - at) < JUST_NOW for at in told.at)


def _row_known(name: str, row: Row, told: Told, depth: int) -> bool:
    """Whether an entry is about this row, names it, or is about a row that this one belongs to."""
    if (NAMES.get(name, name), row.get("id")) in told.objects or _named(row, told):
        return True
    return depth > 0 and any(
        (owner := _row(key.column.table, row[column.name])) is not None
        and _row_known(key.column.table.name, owner, told, depth - 1)
        for column in metadata.tables[name].columns
        for key in column.foreign_keys
        if row.get(column.name) is not None
    )


def _row(table: sa.Table, number: int) -> Row | None:
    """The row, as it was before the action when it is gone by now."""
    watched = _running_last.get()
    if watched is not None and (number,) in watched.before.get(table.name, {}):
        return watched.before[table.name][(number,)]
    found = db.session.execute(sa.select(table).where(next(iter(table.primary_key.columns)) == number)).mappings()
    row = found.first()
    return dict(row) if row is not None else None


_running_last: ContextVar[Watched | None] = ContextVar("last", default=None)


def _named(row: Row, told: Told) -> bool:
    names = [str(row[key]) for key in CALLED if row.get(key)]
    return any(_stands(name, told) for name in names)


def _value_told(column: sa.Column[Any], value: Any, told: Told) -> bool:
    if value is None or value in ("", [], {}):
        return True
    for key in column.foreign_keys:
        target = key.column.table
        if (NAMES.get(target.name, target.name), value) in told.objects:
            return True
        row = _row(target, value)
        return row is not None and (_named(row, told) or _row_known(target.name, row, told, depth=2))
    return any(_stands(text, told) for text in _texts_of(value, column)) or _all_stand(value, told)


def _all_stand(value: Any, told: Told) -> bool:
    """For JSON: each of its values stands there."""
    if not isinstance(value, dict | list):
        return False
    texts: list[str] = []
    _gather(value, set(), texts)
    return all(_stands(text, told) for text in texts)


def _texts_of(value: Any, column: sa.Column[Any]) -> list[str]:
    """The ways in which an entry may write a value."""
    if isinstance(value, enum.Enum):
        return [str(value.value), value.name]
    if isinstance(value, bool):
        return [str(value)] if value else [str(value), "None"]
    if isinstance(value, dt.datetime):
        from app.school import current_school

        local = current_school().local(value if value.tzinfo else value.replace(tzinfo=dt.UTC))
        return [value.isoformat(), f"{local:%d-%m-%Y %H:%M}", f"{local:%d-%m-%Y}", f"{local:%H:%M}", str(value)]
    if isinstance(value, dt.date):
        return [value.isoformat(), f"{value:%d-%m-%Y}"]
    if isinstance(value, Decimal):
        return [str(value), str(value).replace(".", ",")]
    return [str(value)]


def _stands(text: str, told: Told) -> bool:
    if len(text) < SHORTEST:
        return any(text == one or text in re.split(r"[\s,;:+()]+", one) for one in told.texts)
    return any(text.casefold() in one.casefold() for one in told.texts)
