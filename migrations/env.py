"""Alembic inside the application: one database, the tables of app/models.py."""

from __future__ import annotations

from alembic import context
from flask import current_app

from app.models import db, metadata

if not current_app:
    raise RuntimeError("migrations run inside the application: python run.py prepare")


def run_migrations() -> None:
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=False,
            user_module_prefix="app.entities.base.",
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
