"""While another process writes for long on SQLite, which has one writer at a time: nobody loses work by it.

(PostgreSQL locks rows, not the database: hence `web`, on SQLite alone.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.entities import engine
from app.entities.base import db
from app.entities.students import Student
from tests.factories import make_user, refresh
from tests.pages.access.test_sessions import age
from tests.support.visitor import Visitor

pytestmark = pytest.mark.web

FLEUR = {
    "number": "0020311",
    "first_name": "Fleur",
    "infix": "van der",
    "last_name": "Berg",
    "birth_date": "24-11-2008",
    "gender": "female",
    "email": "fleur@example.nl",
}


@contextmanager
def busy_writer() -> Iterator[None]:
    """Another process in the middle of a long write."""
    assert db.engine.dialect.name == "sqlite"  # or it would make a file of its own beside us
    path = db.engine.url.database
    assert path is not None
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def test_a_page_does_not_wait_for_another_writer_nor_fail(
    app: Flask, visitor_of: Callable[..., Visitor]
) -> None:
    visitor = visitor_of(make_user("student"))
    age(last_seen_at=timedelta(minutes=5))
    with busy_writer():  # who waits for it waits in vain, and fails
        assert visitor.get("/mijn-profiel/").status_code == 200


def test_a_form_that_cannot_be_written_now_keeps_what_was_typed_and_can_be_sent_again(
    visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_patience", ContextVar("patience", default=50))
    visitor = visit("administrator")
    visitor.token()
    with busy_writer():
        answer = visitor.do("/studenten/do/add_student", FLEUR)
    assert answer.status_code == 503
    assert "Er is niets gewijzigd. Wacht een halve minuut en probeer het opnieuw." in answer.text
    assert 'value="Berg"' in answer.text
    assert visitor.do("/studenten/do/add_student", FLEUR).status_code == 302
    refresh()
    assert db.session.scalars(select(Student.last_name)).all() == ["Berg"]
