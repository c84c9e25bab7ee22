"""Codes that are mailed to who is signing in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.actions.access.login_codes import send_student_codes
from app.actions.access.mailed_codes import use_mailed_code
from app.actions.base.runner import run
from app.actions.school.retention import forget_outdated
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.profile import EmailChange
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, SignInAttempt
from app.errors import RuleBroken
from app.mailer import send_all
from app.permissions import SYSTEM
from app.queries.access.codes import address_code, shown_code
from app.rules.sessions import Opening
from tests.factories import app_code, make_app, make_student, make_user, refresh
from tests.pages.access.test_sign_in import (
    NEW,
    OTHER,
    PASSWORD,
    TOKEN,
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


def token_of(client: FlaskClient) -> str:
    token = TOKEN.search(client.get("/mijn-profiel/").text)
    assert token is not None
    return token[1]


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


def codes() -> list[str]:
    """The codes that still work, the oldest first."""
    refresh()
    kept = db.session.scalars(select(LoginCode).order_by(LoginCode.id))
    return [code for code in map(shown_code, kept) if code]


def mails() -> int:
    refresh()
    return db.session.scalar(select(func.count()).select_from(OutboxMail)) or 0


def sixteen_minutes_pass() -> None:
    with transaction():
        for model, moments in ((LoginCode, ("created_at", "expires_at")), (SignInAttempt, ("at",))):
            for row in db.session.scalars(select(model)):
                for moment in moments:
                    setattr(row, moment, getattr(row, moment) - timedelta(minutes=16))


def test_a_new_code_ends_the_one_before_in_the_same_browser(app: Flask) -> None:
    user, client = make_user("student"), browser(app)
    for path in (ASK, FORGOTTEN):
        submit(client, path, {"username": user.username})
        old, *more = codes()
        assert not more
    submit(client, ASK, {"username": user.username})
    submit(client, ENTER, {"code": old})
    assert not is_in(client)
    submit(client, ENTER, {"code": codes()[0]})
    assert is_in(client)


def test_somebody_who_asks_elsewhere_leaves_a_code_alone(app: Flask) -> None:
    user, mine = make_user("student"), browser(app)
    submit(mine, ASK, {"username": user.username})
    code = the_code()
    for path in (ASK, FORGOTTEN):
        submit(browser(app), path, {"username": user.username})
    refresh()
    assert db.session.scalars(select(OutboxMail.state)).all() == ["waiting"] * 3, "and its mail"
    submit(mine, ENTER, {"code": code})
    assert is_in(mine)


def test_asking_again_in_vain_leaves_a_code_as_it_is(app: Flask) -> None:
    """Whether strangers had the mails of this quarter by the same name or by another one."""
    for theirs in ("username", "email"):
        user, mine = make_user("student"), browser(app)
        submit(mine, ASK, {"username": user.username})
        code = codes()[-1]
        for _n in range(2):
            submit(browser(app), ASK, {"username": getattr(user, theirs)})
        before = mails()
        submit(mine, ASK, {"username": user.username})
        assert mails() == before
        submit(mine, ENTER, {"code": code})
        assert is_in(mine), theirs


def test_asking_again_in_vain_gives_a_code_no_further_tries(app: Flask) -> None:
    """The question is counted anew, the code is not."""
    user, mine = make_user("student"), browser(app)
    submit(mine, ASK, {"username": user.username})
    code = codes()[-1]
    for _n in range(2):
        submit(browser(app), ASK, {"username": user.email})
    before = mails()
    for tries in (3, 2):
        for _n in range(tries):
            assert submit(mine, ENTER, {"code": "0000-0000"}).status_code == 422
        assert submit(mine, ASK, {"username": user.username}).headers["Location"] == ENTER
    assert mails() == before
    assert submit(mine, ENTER, {"code": code}).status_code == 422
    assert not is_in(mine)


def test_another_name_in_the_same_browser_tells_nothing_about_it(app: Flask) -> None:
    """The code of before works no longer on the page, whether or not somebody has that name."""
    told = []
    for other in (make_user("student").username, "niemand"):
        user, client = make_user("student"), browser(app)
        submit(client, ASK, {"username": user.username})
        code = codes()[-1]
        submit(client, ASK, {"username": other})
        told.append(submit(client, ENTER, {"code": code}).status_code)
        assert not is_in(client)
    assert told == [422, 422]


def test_after_five_wrong_tries_a_new_code_has_five_of_its_own(app: Flask) -> None:
    user, client = make_user("student"), browser(app)
    submit(client, ASK, {"username": user.username})
    for _n in range(6):
        text = submit(client, ENTER, {"code": "0000-0000"}).text
    assert "Vraag een nieuwe code" in text
    submit(client, ASK, {"username": user.username})
    submit(client, ENTER, {"code": codes()[0]})
    assert is_in(client)


def test_a_changed_password_or_address_ends_the_codes_that_wait(app: Flask) -> None:
    user, client = user_with_password("student"), browser(app)
    sign_in(client, user.username)
    profile = "/mijn-profiel/do/"
    submit(browser(app), ASK, {"username": user.username})
    submit(client, f"{profile}change_email", {"present": PASSWORD, "email": "nieuw@example.nl"})
    refresh()
    code = address_code(db.session.scalars(select(EmailChange.nonce)).one())
    assert len(codes()) == 1
    submit(client, f"{profile}confirm_email", {"code": code})
    assert codes() == []
    submit(browser(app), ASK, {"username": user.username})
    assert len(codes()) == 1
    submit(client, f"{profile}change_password", {"present": PASSWORD, "password": OTHER, "again": OTHER})
    assert codes() == []


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


def test_an_account_gets_three_mails_in_a_quarter_whoever_asks(app: Flask) -> None:
    user, names = make_user("student"), ("username", "email")
    for n in range(8):
        submit(seat(app, n), ASK, {"username": getattr(user, names[n % 2])})
    assert mails() == 3
    sixteen_minutes_pass()
    submit(browser(app), ASK, {"username": user.username})
    assert mails() == 4


def seat(app: Flask, number: int) -> FlaskClient:
    """Another browser, at another network address."""
    client = browser(app)
    client.environ_base["REMOTE_ADDR"] = f"127.0.1.{number}"
    return client


def test_one_address_has_ten_mails_a_day_sent_to_an_account_and_takes_nobody_elses(app: Flask) -> None:
    user, sent = make_user("student"), []
    for _quarter in range(5):
        for _n in range(4):
            answer = submit(seat(app, 1), ASK, {"username": user.username})
        sent.append(mails())
        sixteen_minutes_pass()
    assert sent == [3, 6, 9, 10, 10]
    assert "in één dag al 10 keer" in answer.text
    submit(seat(app, 1), ASK, {"username": user.email})
    assert mails() == 10, "nor by another name"
    submit(seat(app, 1), ASK, {"username": make_user("student").username})
    submit(seat(app, 2), ASK, {"username": user.username})
    assert mails() == 12
    for _quarter in range(97 - 6):
        sixteen_minutes_pass()
    submit(seat(app, 1), ASK, {"username": user.username})
    assert mails() == 13


def test_a_name_of_nobody_has_the_same_limits(app: Flask) -> None:
    told = []
    for name in (make_user("student").username, "niemand"):
        texts = []
        for _quarter in range(4):
            for _n in range(4):
                texts.append(submit(seat(app, 1), ASK, {"username": name}))
            sixteen_minutes_pass()
        told.append([(one.status_code, "in één dag al" in one.text) for one in texts])
    assert told[0] == told[1]
    assert told[0][-3:] == [(422, True)] * 3


def test_a_known_browser_has_a_count_of_its_own(app: Flask) -> None:
    user, mine = user_with_password("student"), browser(app)
    sign_in(mine, user.username)
    mine.post("/afmelden", data={"csrf_token": token_of(mine)})
    sent = []
    for _quarter in range(5):
        for _n in range(4):
            submit(seat(app, 1), ASK, {"username": user.username})
        theirs = mails()
        for _n in range(4):
            submit(mine, ASK, {"username": user.username})
        sent.append(mails() - theirs)
        sixteen_minutes_pass()
    assert sent == [3, 3, 3, 1, 0]


def test_what_was_asked_is_kept_for_a_day_and_what_was_tried_for_an_hour(app: Flask) -> None:
    def kept() -> list[str]:
        refresh()
        return sorted(db.session.scalars(select(SignInAttempt.kind)))

    submit(browser(app), ASK, {"username": "niemand"})
    sign_in(browser(app), "niemand", "fout")
    for _n in range(4):
        sixteen_minutes_pass()
    run(forget_outdated, SYSTEM)
    assert kept() == ["mail_request"]
    sign_in(browser(app), "niemand", "fout")
    assert kept() == ["mail_request", "password"]
    for _n in range(90):
        sixteen_minutes_pass()
    sign_in(browser(app), "niemand", "fout")
    assert kept() == ["password"]


def test_a_code_in_the_mailbox_of_a_wrong_address_opens_nothing_once_the_address_is_right(app: Flask) -> None:
    """Nor does the session of whoever came in by it go on."""
    student = make_student(email="fout@example.nl").id
    run(send_student_codes, SYSTEM, [student])
    readers = [browser(app), browser(app)]
    codes = []
    for reader in readers:
        submit(reader, ASK, {"username": "fout@example.nl"})
        refresh()
        newest = select(LoginCode).where(LoginCode.purpose != "invitation").order_by(LoginCode.id.desc())
        codes.append(shown_code(db.session.scalars(newest.limit(1)).one()))
    assert submit(readers[1], ENTER, {"code": codes[1]}).status_code == 302
    assert is_in(readers[1])
    with transaction():
        db.session.execute(update(Student).values(email="goed@example.nl"))
    run(send_student_codes, SYSTEM, [student])
    submit(readers[0], ENTER, {"code": codes[0]})
    assert [is_in(reader) for reader in readers] == [False, False]
