"""Locks students, so that whoever decides by what a student has takes turns with whoever takes it away."""

from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db


def lock_students(which: sa.Select[Any]) -> None:
    """Lock these students by id until the transaction ends. Read what they have only after it."""
    db.session.execute(
        sa.select(models.Student.id)
        .where(models.Student.id.in_(which))
        .order_by(models.Student.id)
        .with_for_update(key_share=True)
    ).all()
