"""Codes that are mailed to who is signing in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.actions.access.mailed_codes import use_mailed_code
from app.actions.base.runner import run
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, SignInAttempt
from app.errors import RuleBroken
from app.mailer import send_all
from app.permissions import SYSTEM
from app.queries.access.codes import shown_code
from app.rules.sessions import Opening
from tests.factories import app_code, make_app, make_user, refresh
from tests.pages.access.test_sign_in import (
    NEW,
    OTHER,
    browser,
    cookie_of,
    is_in,
    sign_in,
    submit,
    user_with_password,
    with_cookie,
)
from tests.support import clock
from tests.support.queries import counted
from tests.support.racer import race
from tests.support.smtp import mail_server

ASK, FORGOTTEN = "/aanmelden/stuur-code", "/aanmelden/wachtwoord-vergeten"
ENTER = "/aanmelden/gemailde-code"


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


@pytest.mark.parametrize("path", [ASK, FORGOTTEN])
def test_guessing_in_four_processes_stops_at_five(app: Flask, path: str) -> None:
    """Twenty guesses out of one browser's cookie, at the same time: five are looked at."""
    user, client = make_user("student"), browser(app)
    submit(client, path, {"username": user.username})
    code, cookie = the_code(), cookie_of(client)

    def guess() -> None:
        mine = with_cookie(app, cookie)
        for _n in range(5):
            assert submit(mine, ENTER, {"code": "0000-0000"}).status_code == 422

    assert race(guess) == [""] * 4
    refresh()
    assert db.session.scalars(select(LoginCode.tries)).one() == 5
    failed = select(func.count()).where(AuditEntry.action == "record_failed_sign_in")
    assert db.session.scalar(failed) == 5
    assert "Te vaak geprobeerd" in submit(client, ENTER, {"code": code}).text
    assert not is_in(client)


def test_after_its_time_a_code_opens_nothing(app: Flask) -> None:
    """Eight characters are few; they live ten minutes."""
    user, client = make_user("student"), browser(app)
    submit(client, ASK, {"username": user.username})
    code = the_code()
    row = db.session.scalars(select(LoginCode)).one()
    assert (len(code.replace("-", "")), row.expires_at - row.created_at) == (8, timedelta(minutes=10))
    with transaction():
        db.session.execute(update(LoginCode).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert "Deze code klopt niet" in submit(client, ENTER, {"code": code}).text
    assert not is_in(client)


def test_a_new_code_ends_the_one_before(app: Flask) -> None:
    user, first, second = make_user("student"), browser(app), browser(app)
    submit(first, ASK, {"username": user.username})
    old = the_code()
    submit(second, ASK, {"username": user.username})
    submit(first, ENTER, {"code": old})
    assert not is_in(first)


def test_of_two_at_the_same_moment_one_gets_in(app: Flask) -> None:
    user, client = make_user("student"), browser(app)
    submit(client, ASK, {"username": user.username})
    refresh()
    code_id = db.session.scalars(select(LoginCode.id)).one()
    db.session.rollback()

    def use(number: int) -> bool:
        with app.app_context():
            try:
                run(use_mailed_code, SYSTEM, code_id=code_id, opening=Opening(token_hash=f"{number:064d}"))
            except RuleBroken:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]


def test_a_forgotten_password_is_replaced_and_every_other_session_ends(app: Flask) -> None:
    user, here, elsewhere = user_with_password("student"), browser(app), browser(app)
    sign_in(elsewhere, user.username)
    submit(here, FORGOTTEN, {"username": user.username})
    assert submit(here, ENTER, {"code": the_code()}).headers["Location"] == NEW
    submit(here, NEW, {"password": OTHER, "again": OTHER})
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    again = browser(app)
    sign_in(again, user.username, OTHER)
    assert is_in(again)


def test_a_forgotten_password_leaves_the_second_step_to_be_shown(app: Flask) -> None:
    user, client = user_with_password("student"), browser(app)
    make_app(user)
    submit(client, FORGOTTEN, {"username": user.username})
    submit(client, ENTER, {"code": the_code()})
    for path in (NEW, "/mijn-profiel/"):
        assert client.get(path).headers["Location"].startswith("/aanmelden/tweede-stap"), path
    submit(client, "/aanmelden/tweede-stap", {"proof_code": app_code()})
    submit(client, NEW, {"password": OTHER, "again": OTHER})
    assert is_in(client)


def test_without_a_code_no_password_is_chosen(app: Flask) -> None:
    user, client = user_with_password("student"), browser(app)
    sign_in(client, user.username)
    assert client.get(NEW).headers["Location"] == "/mijn-profiel/"


def test_for_a_name_of_nobody_the_same_is_done_and_the_same_is_said(app: Flask) -> None:
    known = make_user("student").username
    seen = []
    for name in (known, "niemand"):
        client = browser(app)
        client.get(ASK)
        with counted() as statements:
            answer = submit(client, ASK, {"username": name})
        seen.append((len(statements), answer.status_code, answer.headers["Location"]))
    assert seen[0] == seen[1]
    refresh()
    assert len(db.session.scalars(select(OutboxMail)).all()) == 1


def test_the_mail_that_is_sent_holds_the_code(app: Flask) -> None:
    user, client = make_user("student"), browser(app)
    submit(client, ASK, {"username": user.username})
    code = the_code()
    with mail_server(app) as server:
        assert send_all() == 1
    text = server.received[0].get_body(("plain",))
    assert text is not None
    assert code in text.get_content()


def test_an_account_gets_three_mails_in_a_quarter_and_no_more(app: Flask) -> None:
    """And ten in a day."""
    user, mails = make_user("student"), []
    for _quarter in range(5):
        for _n in range(4):
            submit(browser(app), ASK, {"username": user.username})
        refresh()
        mails.append(db.session.scalar(select(func.count()).select_from(OutboxMail)))
        with transaction():
            for model, moment in ((LoginCode, "created_at"), (SignInAttempt, "at")):
                for row in db.session.scalars(select(model)):
                    setattr(row, moment, getattr(row, moment) - timedelta(minutes=16))
    assert mails == [3, 6, 9, 10, 10]
