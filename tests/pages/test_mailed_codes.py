"""Codes that are mailed to who is signing in."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from app.actions.codes import shown_code
from app.entities.base import db
from app.entities.mail import OutboxMail
from app.entities.users import LoginCode
from tests.factories import make_user, refresh
from tests.pages.test_sign_in import browser, is_in, submit

ASK, ENTER = "/aanmelden/stuur-code", "/aanmelden/gemailde-code"


def the_code() -> str:
    refresh()
    return shown_code(db.session.scalars(select(LoginCode)).one())


def test_a_mailed_code_signs_in_once_and_only_where_it_was_asked_for(app: Flask) -> None:
    user, here, there = make_user("student"), browser(app), browser(app)
    assert submit(here, ASK, {"username": user.username}).headers["Location"] == ENTER
    submit(there, ASK, {"username": "niemand"})
    code = the_code()
    assert "Deze code klopt niet" in submit(there, ENTER, {"code": code}).text
    assert submit(here, ENTER, {"code": code.lower()}).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert code not in str(db.session.execute(select(OutboxMail.body, OutboxMail.subject)).all())


def test_the_sixth_try_is_refused_even_when_right(app: Flask) -> None:
    user, client = make_user("student"), browser(app)
    submit(client, ASK, {"username": user.username})
    for _n in range(5):
        submit(client, ENTER, {"code": "0000-0000"})
    assert "Te vaak geprobeerd" in submit(client, ENTER, {"code": the_code()}).text
    assert not is_in(client)
