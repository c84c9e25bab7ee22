"""Writing many rows: ids handed out beforehand, rows in a few large statements."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from app.entities.base import db
from app.entities.bulk import insert_all

BATCH = 20_000
Rows = Iterable[Mapping[str, Any]]


def table_of(model: type[Any]) -> sa.Table:
    table: sa.Table = model.__table__
    return table


def new_ids(model: type[Any], count: int) -> Sequence[int]:
    """Ids that nobody else gets: SQLite has one writer at a time, PostgreSQL a sequence."""
    table = table_of(model)
    if count == 0:
        return []
    if db.engine.dialect.name == "sqlite":
        last = db.session.scalar(sa.select(sa.func.max(table.c.id))) or 0
        return range(last + 1, last + 1 + count)
    next_id = sa.func.nextval(f"{table.name}_id_seq")
    return db.session.scalars(sa.select(next_id).select_from(sa.func.generate_series(1, count))).all()


def write(target: type[Any] | sa.Table, rows: Rows) -> int:
    """Insert the rows, in batches; the number written. All rows must name the same columns."""
    remaining, written = iter(rows), 0
    while batch := list(islice(remaining, BATCH)):
        insert_all(target, batch)
        written += len(batch)
    return written
