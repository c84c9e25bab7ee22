"""Many new rows in one statement, however many: triggers that count per statement then run once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    func,
    insert,
    inspect,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import column

from app.entities.base import db


def insert_all(target: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Enter these rows in a table (or a model's); every row names the same columns. No rows: no statement."""
    if not rows:
        return
    table: Table = target if isinstance(target, Table) else inspect(target).local_table
    names = list(rows[0])
    sent = _from_json if db.engine.dialect.name == "sqlite" else _from_arrays
    db.session.execute(insert(table).from_select(names, sent(table, names, rows)))


def _from_arrays(table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Select[Any]:
    """A column is one parameter, and PostgreSQL takes them side by side."""
    return select(
        *(
            func.unnest(bindparam(None, [row[name] for row in rows], ARRAY(table.c[name].type)))
            for name in names
        )
    )


def _from_json(table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Select[Any]:
    """All rows are one parameter: each a list of what SQLite's driver would have been given."""
    dialect = db.engine.dialect
    ready = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    values = [
        [make(row[name]) if make else row[name] for name, make in zip(names, ready, strict=True)]
        for row in rows
    ]
    row = func.json_each(json.dumps(values, ensure_ascii=False)).table_valued(column("value", Text)).c.value
    return select(*(_piece(row, place) for place in range(len(names))))


def _piece(row: ColumnElement[str], place: int) -> ColumnElement[Any]:
    return type_coerce(func.json_extract(row, f"$[{place}]"), Text)
