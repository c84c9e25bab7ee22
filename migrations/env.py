"""Alembic inside the application: one database, the tables of app/models.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from flask import current_app

from app.entities.base import Moment
from app.models import db, metadata

if not current_app:
    raise RuntimeError("migrations run inside the application: python run.py prepare")


def written(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """How a migration writes our own type, since it imports nothing of app/; False: as Alembic writes it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


@contextmanager
def apart_from_others(connection: sa.Connection) -> Iterator[None]:
    """SQLite makes a table anew by dropping it, and must not take along the rows that point at it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection  # the setting is ignored inside a transaction
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if lost:
            raise RuntimeError(f"a migration left rows that point at nothing: {lost[:5]}")
        connection.commit()
    finally:
        connection.rollback()
        raw.execute("PRAGMA foreign_keys=ON")


def run_migrations() -> None:
    with db.engine.connect() as connection, apart_from_others(connection):
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=False,
            render_item=written,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
