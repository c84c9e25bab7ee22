"""Many rows enter or go in one statement, however many: triggers that count per statement then run once."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import column

from app.entities.base import db


def insert_all(target: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Enter these rows in a table (or a model's); every row names the same columns. No rows: no statement."""
    if not rows:
        return
    table, names = _table(target), list(rows[0])
    db.session.execute(sa.insert(table).from_select(names, _sent(table, names, rows)))


def delete_these(
    target: Any,
    rows: Sequence[Mapping[str, Any]],
    which: sa.ColumnElement[bool] | None = None,
    *,
    also: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Delete these rows of a table (or a model's), each found by the columns that it names, all the same.

    `which`: a condition that they meet as well. Returns the rows that were there and went, with `also` these
    columns of them.
    """
    if not rows:
        return []
    table, names = _table(target), list(rows[0])
    columns = [table.c[name] for name in names]
    gone = sa.delete(table).where(
        sa.tuple_(*columns).in_(_sent(table, names, rows)), sa.true() if which is None else which
    )
    told = [*names, *also]
    deleted = db.session.execute(gone.returning(*(table.c[name] for name in told))).all()
    return [dict(zip(told, row, strict=True)) for row in deleted]


def add_missing(target: Any, names: Sequence[str], rows: sa.SelectBase, *returning: str) -> Sequence[Any]:
    """Enter the rows of this SELECT in a table (or a model's), and return these columns of what was entered.

    Who only looks first whether a row is there does not see one that another is just entering. Here that one
    is waited for, and the row is left to the other. The SELECT needs a WHERE, or SQLite reads it wrong.
    """
    table = _table(target)
    make = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    statement = make(table).from_select(names, rows).on_conflict_do_nothing()
    return db.session.execute(statement.returning(*(table.c[name] for name in returning))).all()


def _table(target: Any) -> sa.Table:
    table: sa.Table = target if isinstance(target, sa.Table) else sa.inspect(target).local_table
    return table


def _sent(table: sa.Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> sa.Select[Any]:
    """The values of these rows under these names, as a SELECT with one parameter or one per column."""
    send = _from_json if db.engine.dialect.name == "sqlite" else _from_arrays
    return send(table, names, rows)


def _from_arrays(table: sa.Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> sa.Select[Any]:
    """The rows as one array per column, which PostgreSQL lays side by side."""
    return sa.select(
        *(
            sa.func.unnest(sa.bindparam(None, [row[name] for row in rows], ARRAY(table.c[name].type)))
            for name in names
        )
    )


def _from_json(table: sa.Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> sa.Select[Any]:
    """The rows as one JSON text: a list per row, of the values that SQLite's driver would get."""
    dialect = db.engine.dialect
    ready = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    values = [
        [make(row[name]) if make else row[name] for name, make in zip(names, ready, strict=True)]
        for row in rows
    ]
    row = (
        sa.func.json_each(json.dumps(values, ensure_ascii=False))
        .table_valued(column("value", sa.Text))
        .c.value
    )
    return sa.select(*(_piece(row, place) for place in range(len(names))))


def _piece(row: sa.ColumnElement[str], place: int) -> sa.ColumnElement[Any]:
    return sa.type_coerce(sa.func.json_extract(row, f"$[{place}]"), sa.Text)
