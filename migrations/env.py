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


def look_at_sizes(connection: sa.Connection) -> None:
    """Let PostgreSQL count its rows, before the first step and after each.

    Without it a step over many rows, like 0015, is planned as if there were none, and takes hours.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")


def after_step(ctx: Any, **_step: Any) -> None:
    if has_students(ctx.connection):
        look_at_sizes(ctx.connection)


def has_students(connection: sa.Connection) -> bool:
    """Whether there is anything to count: a new database is made in one go."""
    there = sa.inspect(connection).has_table("student")
    return there and connection.exec_driver_sql("SELECT 1 FROM student LIMIT 1").first() is not None


def run_migrations() -> None:
    with db.engine.connect() as connection, apart_from_others(connection):
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=False,
            render_item=written,
            on_version_apply=after_step,
        )
        with context.begin_transaction():
            behind = context.get_context().get_current_revision() != context.get_head_revision()
            if behind and has_students(connection):
                look_at_sizes(connection)
            context.run_migrations()


run_migrations()
