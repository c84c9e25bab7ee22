"""Sessions on the server: what a cookie is worth, until when, and who ends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.actions.access.sessions import end_sessions_of_users
from app.actions.base.runner import run
from app.actions.users.users import deactivate_users, edit_user
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry
from app.permissions import SYSTEM
from app.queries.users.users import roles_of
from app.rules.sessions import device_name
from app.rules.tokens import fingerprint
from tests.factories import make_user, refresh
from tests.pages.access.test_sign_in import (
    PASSWORD,
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
from tests.support.visitor import Visitor, signed_in

PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"


def the_session() -> UserSession:
    refresh()
    return db.session.scalars(select(UserSession)).one()


def age(**values: timedelta) -> None:
    """Make every session so much older."""
    with transaction():
        for name, span in values.items():
            column = getattr(UserSession, name)
            for row in db.session.scalars(select(UserSession)):
                setattr(row, column.key, getattr(row, column.key) - span)


class TestTheCookie:
    def test_it_carries_a_token_that_the_database_does_not_hold(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        with client.session_transaction() as session:
            token = session["_user_id"]
        row = the_session()
        assert row.token_hash == fingerprint(token)
        assert token not in str([getattr(row, c.key) for c in UserSession.__table__.columns])
        assert len(token) >= 43

    def test_signing_in_again_is_another_token(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        first = cookie_of(client)
        page = client.get("/mijn-profiel/").text
        client.post("/afmelden", data={"csrf_token": page.split('csrf_token" value="')[1].split('"')[0]})
        sign_in(client, user.username)
        assert not is_in(with_cookie(app, first))
        assert is_in(client)

    def test_a_session_planted_before_sign_in_is_not_the_one_after(self, app: Flask) -> None:
        """Session fixation: the victim signs in with the attacker's cookie in the browser."""
        user, attacker = user_with_password(), browser(app)
        attacker.get("/aanmelden")
        victim = with_cookie(app, cookie_of(attacker))
        assert sign_in(victim, user.username).status_code == 302
        assert is_in(victim)
        assert not is_in(attacker)

    def test_a_made_up_token_opens_nothing(self, app: Flask, visitor_of: Callable[..., Visitor]) -> None:
        number, visitor = make_user("student").id, visitor_of(None)
        for made_up in (f"{number}", f"{number}.abc", "", "x" * 43, fingerprint("x")):
            with visitor.client.session_transaction() as session:
                session["_user_id"] = made_up
            assert visitor.get("/mijn-profiel/").status_code == 302

    def test_the_print_in_the_table_is_no_token(self, app: Flask, visitor_of: Callable[..., Visitor]) -> None:
        signed_in(make_user("student"))
        visitor = visitor_of(None)
        with visitor.client.session_transaction() as session:
            session["_user_id"] = the_session().token_hash
        assert visitor.get("/mijn-profiel/").status_code == 302


class TestTime:
    @pytest.mark.parametrize(
        ("shared", "ages", "alive"),
        [
            (False, (119, 119), True),
            (False, (121, 121), False),
            (True, (14, 14), True),
            (True, (16, 16), False),
            (False, (1, 719), True),
            (False, (1, 721), False),
        ],
    )
    def test_it_ends_by_itself(
        self,
        app: Flask,
        visitor_of: Callable[..., Visitor],
        *,
        shared: bool,
        ages: tuple[int, int],
        alive: bool,
    ) -> None:
        visitor = visitor_of(make_user("student"))
        with transaction():
            db.session.execute(update(UserSession).values(shared=shared))
        seen, began = (timedelta(minutes=minutes) for minutes in ages)
        age(last_seen_at=seen, created_at=began)
        assert (visitor.get("/mijn-profiel/").status_code == 200) is alive

    def test_who_was_signed_out_is_told_so(self, app: Flask, visitor_of: Callable[..., Visitor]) -> None:
        visitor = visitor_of(make_user("student"))
        age(last_seen_at=timedelta(hours=3))
        assert "U bent afgemeld. Meld u opnieuw aan" in visitor.get("/", follow_redirects=True).text
        assert "U bent afgemeld" not in visitor.get("/aanmelden").text

    def test_a_shared_computer_is_ticked_at_sign_in(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        submit(
            client,
            "/aanmelden",
            {"username": user.username, "password": "zeven geiten op een dak", "shared": "y"},
        )
        assert the_session().shared

    def test_a_visit_is_written_once_a_minute_and_the_trail_is_not_told(
        self, app: Flask, visitor_of: Callable[..., Visitor]
    ) -> None:
        visitor = visitor_of(make_user("student"))
        age(last_seen_at=timedelta(seconds=50))
        before = the_session().last_seen_at
        visitor.get("/mijn-profiel/")
        assert the_session().last_seen_at == before
        age(last_seen_at=timedelta(seconds=20))
        entries = db.session.scalar(select(func.count()).select_from(AuditEntry))
        with counted() as statements:
            visitor.get("/mijn-profiel/")
        assert clock.now() - the_session().last_seen_at < timedelta(seconds=30)
        assert sum(text.startswith("UPDATE") for text in statements) == 1
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == entries


class TestEnding:
    def test_signing_out_ends_this_device_only(self, app: Flask) -> None:
        user, here, there = user_with_password(), browser(app), browser(app)
        sign_in(here, user.username)
        sign_in(there, user.username)
        copy = cookie_of(here)
        submit_from_page(here, "/mijn-profiel/", "/afmelden")
        assert [is_in(here), is_in(with_cookie(app, copy)), is_in(there)] == [False, False, True]

    def test_another_role_ends_a_copied_cookie_at_once(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        names = ("first_name", "infix", "last_name", "email", "username", "version")
        values = {name: getattr(user, name) for name in names} | {"roles": ["exam_committee"]}
        assert [role.value for role in roles_of(user)] == ["school_examiner"]
        run(edit_user, SYSTEM, [user.id], **values)
        assert not is_in(client)
        assert the_session().ended_because == "roles_changed"

    def test_opening_a_closed_account_again_does_not_open_its_sessions(self, app: Flask) -> None:
        from app.actions.users.users import reactivate_users

        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        run(deactivate_users, SYSTEM, [user.id])
        run(reactivate_users, SYSTEM, [user.id])
        assert not is_in(client)

    def test_another_password_gives_this_session_another_token(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        copy, other = cookie_of(client), "acht schapen in de wei"
        data = {"present": PASSWORD, "password": other, "again": other, "confirmed": "1"}
        assert submit(client, "/mijn-profiel/do/change_password", data).status_code == 302
        assert is_in(client)
        assert not is_in(with_cookie(app, copy))

    def test_the_office_ends_somebodys_sessions(
        self, app: Flask, visit: Callable[..., Visitor], visitor_of: Callable[..., Visitor]
    ) -> None:
        lost, office = make_user("school_examiner"), visit("administrator")
        phone, button = visitor_of(lost), f"/gebruikers/do/end_sessions_of_users?id={lost.id}"
        assert button in office.get(f"/gebruikers/{lost.id}").text
        answer = office.do(button, follow_redirects=True)
        assert "1 gebruiker is overal afgemeld." in answer.text
        assert phone.get("/").status_code == 302
        assert office.get("/gebruikers/").status_code == 200

    def test_again_says_that_there_was_nothing_to_end(self, app: Flask) -> None:
        user = make_user("student")
        signed_in(user)
        first, again = (run(end_sessions_of_users, SYSTEM, [user.id]) for _ in range(2))
        assert (first.done, again.done, again.unchanged) == (1, 0, 1)


def submit_from_page(client: Any, page: str, path: str) -> Any:
    token = client.get(page).text.split('csrf_token" value="')[1].split('"')[0]
    return client.post(path, data={"csrf_token": token})


class TestMyProfile:
    def test_it_lists_where_i_am_signed_in_and_nobody_else(self, app: Flask) -> None:
        user, other = user_with_password(), make_user("student")
        signed_in(other, device="Opera · Linux")
        signed_in(user, device="Firefox · Windows", address="10.1.2.3")
        client = browser(app)
        client.environ_base["HTTP_USER_AGENT"] = PHONE
        sign_in(client, user.username)
        page = client.get("/mijn-profiel/").text
        for text in ("Chrome · Android", "Dit apparaat", "Firefox · Windows", "10.1.2.3", "Overal afmelden"):
            assert text in page
        assert "Opera" not in page
        assert page.count("/mijn-profiel/do/end_own_session?") == 1

    def test_one_other_device_is_signed_out(self, app: Flask, visitor_of: Callable[..., Visitor]) -> None:
        user = make_user("student")
        here, there = visitor_of(user), visitor_of(user)
        refresh()
        ids = db.session.scalars(select(UserSession.id).order_by(UserSession.id)).all()
        here.do(f"/mijn-profiel/do/end_own_session?id={ids[1]}")
        assert [here.get("/").status_code, there.get("/").status_code] == [200, 302]

    def test_another_users_device_is_not_found(self, app: Flask, visitor_of: Callable[..., Visitor]) -> None:
        here, there = visitor_of(make_user("student")), visitor_of(make_user("student"))
        refresh()
        ids = db.session.scalars(select(UserSession.id).order_by(UserSession.id)).all()
        assert here.do(f"/mijn-profiel/do/end_own_session?id={ids[1]}").status_code == 404
        assert there.get("/").status_code == 200

    def test_everywhere_is_here_too(self, app: Flask, visitor_of: Callable[..., Visitor]) -> None:
        user = make_user("student")
        here, there = visitor_of(user), visitor_of(user)
        answer = here.do("/mijn-profiel/do/end_own_sessions")
        assert answer.headers["Location"] == "/aanmelden"
        assert "U bent afgemeld op 2 apparaten." in here.get("/aanmelden").text
        assert [page.get("/").status_code for page in (here, there)] == [302, 302]

    def test_ending_this_very_device_leads_to_the_sign_in_page(
        self, app: Flask, visitor_of: Callable[..., Visitor]
    ) -> None:
        here = visitor_of(make_user("student"))
        answer = here.do(f"/mijn-profiel/do/end_own_session?id={the_session().id}")
        assert answer.headers["Location"] == "/aanmelden"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (PHONE, "Chrome · Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/142 Safari/537.36 Edg/142", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("curl/8.5", ""),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_a_device_is_called_as_people_call_it(agent: str, name: str) -> None:
    assert device_name(agent) == name
