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
from tests.factories import make_programme, make_user, refresh
from tests.pages.access.test_sessions import age
from tests.pages.imports.test_import_pages import HEADER, ROWS, choose, lines, proposed
from tests.support.forms import forms_on
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_bad_input import filled, fresh
from tests.test_typed import to_give_back, trials

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


def shown_on(page: str) -> dict[str, list[str]]:
    """Every field of every form of a page, with what it would send."""
    return {name: one.values for fields in forms_on(page).values() for name, one in fields.items()}


BUSY = "Wacht een halve minuut en probeer het opnieuw."


def test_every_form_keeps_what_was_typed_while_another_writes(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was typed, or in the page's button that sends it again; a form with a file names the file."""
    monkeypatch.setattr(engine, "_patience", ContextVar("patience", default=20))
    lost, busy = [], 0
    for trial in trials(app, world, visitor_of):
        form = trial.form()
        if form is None:
            continue
        action, fields = form
        sent = fresh(filled(fields))
        trial.page._token = fields["csrf_token"].values[0]
        with busy_writer():
            answer = trial.page.post(action, sent)
        if answer.status_code != 503:
            continue
        busy += 1
        there = shown_on(answer.text)
        typed = to_give_back({n: v if isinstance(v, list) else [v] for n, v in sent.items()})
        lost += [
            f"{trial.path}: {name}"
            for name, one in typed.items()
            if isinstance(one[0], str) and one != [""] and there.get(name) != one
        ]
        lost += [] if BUSY in answer.text else [f"{trial.path}: does not say why"]
        lost += (
            [f"{trial.path}: says that it was filled in wrongly"]
            if "niet goed ingevuld" in answer.text
            else []
        )
    assert lost == []
    assert busy > 20


def test_every_step_of_an_import_keeps_what_was_typed_while_another_writes(
    app: Flask, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_programme(crebo="25656", name="Verzorgende-IG", cohort=2025)
    page = visit("administrator")
    page.token()

    def tried(path: str, typed: dict[str, str]) -> None:
        with monkeypatch.context() as short, busy_writer():
            short.setattr(engine, "_patience", ContextVar("patience", default=50))
            answer = page.post(path, typed)
        there = shown_on(answer.text)
        assert answer.status_code in {422, 503}
        assert BUSY in answer.text
        assert "niet goed ingevuld" not in answer.text
        assert {name: there[name] for name in typed} == {name: [text] for name, text in typed.items()}

    pasted = "\n".join(";".join(row) for row in (HEADER, *ROWS))
    tried("/studenten/importeren/", {"pasted": pasted, "login_codes": "none"})
    columns = choose(page, lines(*ROWS, header=HEADER)).headers["Location"]
    mapping = proposed(page.get(columns).text)
    tried(columns, mapping)
    marks = {name: mapping[name] for name in ("version", "shown")}
    tried(columns.replace("kolommen", "opnieuw-lezen"), {**marks, "header": "2", "delimiter": ";"})
    values = page.post(columns, mapping).headers["Location"]
    chosen = proposed(page.get(values).text)
    tried(values, chosen)
    row = page.post(values, chosen).headers["Location"].replace("controle", "rij/2")
    tried(row, {**proposed(page.get(row).text), "cell_1": "Femke & “zo”"})
