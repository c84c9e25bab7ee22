from __future__ import annotations

import itertools
from typing import Any, TypeVar

from app.entities.base import db
from app.entities.engine import transaction

T = TypeVar("T")
numbers = itertools.count(1)


def save(*rows: Any) -> None:
    """Write these rows, in one transaction."""
    with transaction():
        db.session.add_all(rows)


def saved(row: T) -> T:
    save(row)
    return row


def refresh() -> None:
    """Forget what this test has read: the next look is at the database as it is now."""
    db.session.rollback()
    db.session.expire_all()
