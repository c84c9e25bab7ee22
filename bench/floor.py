"""What the database needs for rows of the same shape and nothing else: the floor beside a figure."""

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
    """Empty tables with the columns, keys and indexes of these, without their triggers; gone afterwards."""
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
    """Made once: the engine remembers statements, and with each all tables of its copy's kin.

    Names of constraints and indexes are a schema's, not a table's: the copy's get another.
    """
    copy = metadata.tables[name].to_metadata(_aside(), name=f"bench_{name}")
    for one in (*copy.constraints, *copy.indexes):
        if one.name is not None:
            one.name = f"bench_{one.name}"
    return copy


@cache
def _aside() -> MetaData:
    """What the foreign keys of the copies point at."""
    aside = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(aside)
    return aside


def entering(table: str, number: int) -> float:
    """Seconds for as many rows of a table as were just entered in it, in one statement."""
    with copies_of(table) as copies:
        return _filling(copies[table], metadata.tables[table], number)


def raising(table: str, number: int) -> float:
    """Seconds for the versions of as many rows of a table, raised in one statement."""
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
    """Seconds for the rows that stand in these tables (name -> condition), entered anew by the bare driver:
    in one transaction, read before, and as the driver gave them."""
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
