"""Measures what the database alone needs for rows of the same shape: the floor beside a figure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import JSON, MetaData, Table, insert, select, update

from app.entities.base import db, metadata
from app.entities.engine import transaction


@contextmanager
def copies_of(*names: str) -> Iterator[dict[str, Table]]:
    """Empty tables with the columns, keys and indexes of these, without triggers; dropped afterwards."""
    made = {name: _copy(name) for name in names}
    with transaction():
        connection = db.session.connection()
        for table in made.values():
            table.create(connection)
    try:
        yield made
    finally:
        with transaction():
            for table in made.values():
                table.drop(db.session.connection())


@cache
def _copy(name: str) -> Table:
    """The copy of a table, made once.

    The engine remembers statements, and with each statement it would keep another set of all these tables.
    Names of constraints and indexes belong to the schema, so those of the copy get another name.
    """
    copy = metadata.tables[name].to_metadata(_aside(), name=f"bench_{name}")
    for one in (*copy.constraints, *copy.indexes):
        if one.name is not None:
            one.name = f"bench_{one.name}"
    return copy


@cache
def _aside() -> MetaData:
    """Copies of all tables, for the foreign keys of the copies to point at."""
    aside = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(aside)
    return aside


def entering(table: str, number: int) -> float:
    """Seconds to enter so many rows of a table in an empty copy, in one statement."""
    with copies_of(table) as copies:
        return _filling(copies[table], metadata.tables[table], number)


def raising(table: str, number: int) -> float:
    """Seconds to raise the versions of so many rows of a table, in one statement."""
    with copies_of(table) as copies:
        copy = copies[table]
        _filling(copy, metadata.tables[table], number)
        began = time.perf_counter()
        with transaction():
            db.session.execute(update(copy).values(version=copy.c.version + 1))
        return time.perf_counter() - began


def _filling(copy: Table, source: Table, number: int) -> float:
    columns = [column for column in source.columns if column.computed is None]
    rows = select(*columns).limit(number)
    began = time.perf_counter()
    with transaction():
        db.session.execute(insert(copy).from_select([column.name for column in columns], rows))
    return time.perf_counter() - began


def driven(rows: Mapping[str, str]) -> float:
    """Seconds for the bare driver to enter the rows of these tables (name -> condition) in empty copies.

    All in one transaction. The rows are read before the clock starts, and go in as the driver gave them.
    """
    with copies_of(*rows) as copies:
        raw: Any = db.engine.raw_connection()
        try:
            cursor = raw.cursor()
            work = [_again(cursor, metadata.tables[name], copies[name], rows[name]) for name in rows]
            raw.rollback()
            if db.engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            began = time.perf_counter()
            for statement, values in work:
                cursor.executemany(statement, values)
            raw.commit()
            return time.perf_counter() - began
        finally:
            raw.close()


def _again(cursor: Any, table: Table, copy: Table, condition: str) -> tuple[str, Sequence[Any]]:
    """The statement that enters these rows in the copy, and the rows."""
    columns = [column for column in table.columns if column.computed is None]
    read = (f"CAST({one.name} AS TEXT)" if isinstance(one.type, JSON) else one.name for one in columns)
    cursor.execute(f"SELECT {', '.join(read)} FROM {table.name} WHERE {condition}")
    names = ", ".join(one.name for one in columns)
    marks = ", ".join(["?" if db.engine.dialect.name == "sqlite" else "%s"] * len(columns))
    return f"INSERT INTO {copy.name} ({names}) VALUES ({marks})", cursor.fetchall()
