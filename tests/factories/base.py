"""Writes the rows that factories make, and lets a test forget what it has read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from app.entities.base import db
from app.entities.engine import transaction

T = TypeVar("T")
numbers = itertools.count(1)
_open: list[bool] = []


@contextmanager
def at_once() -> Iterator[None]:
    """Everything made inside is written in one transaction; as `@at_once()` too.

    Each commit forgets what was read: ten rows that are made in ten transactions are read back ten times.
    """
    if _open:
        yield
        return
    with transaction():
        _open.append(True)
        try:
            yield
        finally:
            _open.clear()


def save(*rows: Any) -> None:
    """Write these rows, in one transaction."""
    with at_once():
        db.session.add_all(rows)
        db.session.flush()


def saved(row: T) -> T:
    save(row)
    return row


def refresh() -> None:
    """Forget what this test has read: the next look is at the database as it is now."""
    db.session.rollback()
    db.session.expire_all()
