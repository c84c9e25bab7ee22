"""Alembic inside the application: one database, the tables of app/models.py."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app

from app.entities.base import Moment
from app.models import db, metadata

if not current_app:
    raise RuntimeError("migrations run inside the application: python run.py prepare")


def written(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """How a migration writes our own type, since it imports nothing of app/; False: as Alembic writes it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


def run_migrations() -> None:
    with db.engine.connect() as connection:
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
