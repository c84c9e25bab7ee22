"""A form that its user may send no more: a viewing ended, a role went. It says so and shows what was typed.

Every form is tried, found as in tests/test_typed.py.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.actions.base.forms import secret_fields
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.sessions import UserSession
from app.entities.users import User
from app.permissions import Role
from app.rules.viewing import JUST_OVER, OFFICE
from tests import test_typed
from tests.factories import make_group, make_programme, make_user
from tests.pages.base.test_gone_rows import edit
from tests.support import clock
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_bad_input import rows
from tests.test_typed import Trial, trials

VisitorOf = Callable[[User | None], Visitor]
OVER_TITLE = "Het bekijken was al gestopt"
NO_MORE = "U mag dit niet meer"
ROLE_WENT = "Uw rol of uw rechten zijn gewijzigd nadat u deze pagina opende."


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="app")


def view(page: Visitor, user_id: int) -> None:
    page.do(f"/gebruikers/do/view_as?id={user_id}")
    page._token = ""


def stopped(page: Visitor) -> None:
    with transaction():
        db.session.execute(
            update(UserSession)
            .where(UserSession.viewing_id.is_not(None))
            .values(viewing_id=None, viewing_since=None)
        )
    with page.client.session_transaction() as session:
        session.pop("csrf_token", None)


def half_an_hour_on(_page: Visitor) -> None:
    with transaction():
        db.session.execute(
            update(UserSession)
            .where(UserSession.viewing_id.is_not(None))
            .values(viewing_since=clock.now() - timedelta(minutes=31))
        )


def take_roles(*users: int) -> None:
    with transaction():
        for user_id in users:
            db.session.get_one(User, user_id).roles = []


def lost(trial: Trial, sent: dict[str, list[str]], answer: Any, code: int, sentence: str) -> list[str]:
    """What is wrong with the page that answers."""
    page = html.unescape(answer.text)
    if answer.status_code != code or sentence not in page:
        return [f"{trial.path}: {answer.status_code} without a word"]
    texts = {one for values in sent.values() for one in values if one.startswith("Getypt in ")}
    texts = {one for one in texts if not any(f"in {name}:" in one for name in secret_fields())}
    wrong = [f"{trial.path}: lost {one}" for one in texts if one not in page]
    return wrong + [f"{trial.path}: no label" for one in texts if f"<dt>{one[10:].split(':')[0]}" in page]


@pytest.mark.everywhere
@pytest.mark.parametrize("over", [stopped, half_an_hour_on])
def test_every_form_of_a_viewing_that_ended_says_so_and_shows_what_was_typed(
    app: Flask,
    world: World,
    visitor_of: VisitorOf,
    over: Callable[[Visitor], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewed: list[Visitor] = []

    def as_viewer(user: User | None) -> Visitor:
        assert user is not None
        if OFFICE & {role.name for role in user.roles}:
            return visitor_of(user)
        page = visitor_of(world.user(Role.ADMINISTRATOR))
        view(page, user.id)
        viewed.append(page)
        return page

    def one_who_can_be_viewed(_world: World, access: Any) -> Role:
        return next((role for role in access if role not in OFFICE), next(iter(access)))

    monkeypatch.setattr(test_typed, "somebody_for", one_who_can_be_viewed)
    wrong, tried = [], 0
    for trial in trials(app, world, as_viewer):
        form = trial.form() if trial.page in viewed else None
        if form is None:
            continue
        over(trial.page)
        before = rows()
        sent, answer = trial.send(*form)
        wrong += lost(trial, sent, answer, 409, html.escape(JUST_OVER, quote=False))
        wrong += [] if OVER_TITLE in answer.text else [f"{trial.path}: no title"]
        after = {name: count for name, count in rows().items() if name not in {"audit_entry", "audit_object"}}
        wrong += [f"{trial.path}: {name}" for name, count in after.items() if before[name] != count]
        tried += 1
    assert wrong == [], "\n".join(wrong)
    assert tried > 5


@pytest.mark.everywhere
def test_every_form_whose_right_went_says_so_and_shows_what_was_typed(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    shown = [(trial, form) for trial in trials(app, world, visitor_of) if (form := trial.form()) is not None]
    take_roles(*world.users.values())
    wrong, tried = [], 0
    before = rows()
    for trial, form in shown:
        sent, answer = trial.send(*form)
        if "/weggooien" in trial.path:
            continue  # a button of several pages, with nothing to fill in
        wrong += lost(trial, sent, answer, 403, ROLE_WENT)
        wrong += [] if NO_MORE in answer.text else [f"{trial.path}: no title"]
        tried += 1
    assert wrong == [], "\n".join(wrong)
    assert tried > 50
    assert rows() == before


def test_who_never_saw_the_form_is_plainly_refused(app: Flask, visit: Callable[..., Visitor]) -> None:
    group = make_group().id
    page = visit("student")
    answer = page.post(f"/studentgroepen/do/change_group?id={group}", {"name": "Een betere naam"})
    assert answer.status_code == 403
    assert ROLE_WENT not in answer.text
    assert "Een betere naam" not in answer.text


def test_the_form_of_another_account_shows_nothing(app: Flask, visit: Callable[..., Visitor]) -> None:
    """Its sealed part is of who was shown it: not of a viewing, and not of a page of another account."""
    office, other = visit("administrator"), make_user("administrator")
    seen = make_user("school_supervisor", programmes=[make_programme()])
    view(office, seen.id)
    stranger = Visitor(app, other)
    send = edit(office, "/studenten/do/add_student", last_name="Van het meekijken")
    stopped(office)
    stranger._token = stranger.token().partition("~")[0] + "x~" + office._token.partition("~")[2]
    answer = stranger.post("/studenten/do/add_student", {"last_name": "Van het meekijken"})
    assert answer.status_code == 400
    assert "Van het meekijken" not in answer.text
    assert "Van het meekijken" in send().text
