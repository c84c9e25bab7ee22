"""Finds what points at a row, by every foreign key of the schema: no new table can be forgotten."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from app.entities.base import db, metadata
from app.entities.engine import id_set


def pointing_at(
    model: type[Any], ids: Sequence[int], own: Mapping[str, sa.ColumnElement[bool]]
) -> dict[int, set[str]]:
    """Row id -> the tables in which something points at it; one query.

    `own`: table -> condition for its rows that are deleted together with the row they point at. Rows that the
    database itself deletes along with it (ON DELETE CASCADE) do not count.
    """
    found: dict[int, set[str]] = {}
    for row_id, table in db.session.execute(
        sa.union_all(*_questions(cast(sa.Table, model.__table__), ids, own))
    ):
        found.setdefault(row_id, set()).add(table)
    return found


def _questions(
    target: sa.Table, ids: Sequence[int], own: Mapping[str, sa.ColumnElement[bool]]
) -> list[sa.Select[Any]]:
    return [
        sa.select(column, sa.literal(table.name, sa.Text)).where(
            column.in_(id_set(ids)), *([sa.not_(own[table.name])] if table.name in own else [])
        )
        for table in metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column is target.c.id and key.ondelete != "CASCADE"
    ]
