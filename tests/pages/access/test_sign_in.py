"""Signing in and out: what must work, and what must never (docs/framework-traps.md, 13 to 19)."""

from __future__ import annotations

import contextvars
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.security import generate_password_hash

from app.actions.access.login_codes import send_login_codes
from app.actions.base.runner import run
from app.actions.users.users import deactivate_users
from app.entities.base import db
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, SignInAttempt, User
from app.permissions import SYSTEM
from app.queries.access.codes import shown_code
from app.rules.tries import LIMITS, Kind, Limit
from tests.factories import make_user, refresh
from tests.support.visitor import TOKEN, Visitor

PASSWORD = "zeven geiten op een dak"
OTHER = "acht schapen in de wei"
NEW = "/aanmelden/nieuw-wachtwoord"


def user_with_password(*roles: str, **values: Any) -> User:
    return make_user(
        *(roles or ("school_examiner",)),
        password=generate_password_hash(PASSWORD, "scrypt:1024:8:1"),
        **values,
    )


class Browser(FlaskClient):
    """Each request in a context of its own, as in a real process: who asks is not who asked before."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return contextvars.Context().run(super().open, *args, **{**kwargs, "buffered": True})


def browser(app: Flask) -> Browser:
    return Browser(app, app.response_class, use_cookies=True)


def submit(client: FlaskClient, path: str, data: dict[str, Any], **kwargs: Any) -> Any:
    token = TOKEN.search(client.get(path.split("?", maxsplit=1)[0]).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **data}, **kwargs)


def sign_in(
    client: FlaskClient, name: str, password: str = PASSWORD, path: str = "/aanmelden", **kwargs: Any
) -> Any:
    return submit(client, path, {"username": name, "password": password}, **kwargs)


def is_in(client: FlaskClient) -> bool:
    return client.get("/mijn-profiel/").status_code == 200


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("proeve")
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> FlaskClient:
    client = browser(app)
    client.set_cookie("proeve", value)
    return client


class TestGettingIn:
    @pytest.mark.parametrize("which", ["username", "email"])
    def test_by_user_name_or_address_in_any_case(self, app: Flask, which: str) -> None:
        user, client = user_with_password(), browser(app)
        assert sign_in(client, f" {getattr(user, which).upper()} ").status_code == 302
        assert is_in(client)

    def test_the_session_is_a_new_one(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        client.get("/aanmelden")
        with client.session_transaction() as session:
            session["planted"] = "by somebody else"
        sign_in(client, user.username)
        with client.session_transaction() as session:
            assert "planted" not in session
            assert "page_history" not in session

    def test_nobody_gets_in_without_a_password_of_his_own(self, app: Flask) -> None:
        user, client = make_user("school_examiner"), browser(app)
        for password in ("", "no one has this password"):
            sign_in(client, user.username, password)
            assert not is_in(client)

    def test_an_empty_form_says_what_is_missing(self, app: Flask) -> None:
        answer = sign_in(browser(app), "", "")
        assert answer.status_code == 422
        assert 'id="username-error"' in answer.text

    def test_a_post_without_token_is_refused(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        assert (
            client.post("/aanmelden", data={"username": user.username, "password": PASSWORD}).status_code
            == 400
        )

    @pytest.mark.parametrize("path", ["/aanmelden", "/aanmelden/code"])
    def test_the_query_string_signs_nobody_in(self, app: Flask, path: str) -> None:
        user, client = user_with_password(), browser(app)
        client.get(f"{path}?username={user.username}&password={PASSWORD}")
        assert not is_in(client)

    def test_there_is_no_api_to_sign_in_by(self, app: Flask) -> None:
        assert not [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api")]


class TestWhoExists:
    def test_the_answer_is_the_same_for_known_unknown_closed_and_passwordless(self, app: Flask) -> None:
        names = [
            user_with_password().username,
            "bestaat-niet",
            user_with_password(active=False).username,
            make_user("student").username,
        ]
        answers = {
            re.sub(r'value="[^"]*"|nonce="[^"]*"|nonce-[^\']*', "", sign_in(browser(app), name, "fout").text)
            for name in names
        }
        assert len(answers) == 1

    def test_the_password_of_nobody_takes_the_same_work(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checked: list[str] = []

        def counting(stored: str, password: str) -> bool:
            checked.append(stored.split("$", maxsplit=1)[0])
            return False

        monkeypatch.setattr("app.queries.access.recognising.check_password_hash", counting)
        user = make_user("student", password=generate_password_hash(PASSWORD))
        for name in (user.username, "bestaat-niet"):
            sign_in(browser(app), name, "fout")
        assert checked[0] == checked[1]

    def test_the_name_that_was_typed_is_kept_nowhere_in_the_clear(self, app: Flask) -> None:
        sign_in(browser(app), "wachtwoord-in-het-verkeerde-vak", "fout")
        kept = [str(row) for row in db.session.execute(select(AuditEntry.details, AuditEntry.actor_name))]
        kept += [str(row.__dict__) for row in db.session.scalars(select(SignInAttempt))]
        assert not [text for text in kept if "verkeerde-vak" in text]


class TestRateLimit:
    def test_the_sixth_try_on_an_account_is_refused_even_when_right(self, app: Flask) -> None:
        user = user_with_password()
        for _ in range(5):
            assert "horen niet bij elkaar" in sign_in(browser(app), user.username, "fout").text
        last = browser(app)
        assert "Te vaak geprobeerd" in sign_in(last, user.username).text
        assert not is_in(last)

    def test_an_account_that_is_not_there_is_limited_alike(self, app: Flask) -> None:
        texts = [sign_in(browser(app), "niemand", "fout").text for _ in range(6)]
        assert ["Te vaak" in text for text in texts] == [False] * 5 + [True]

    def test_codes_and_passwords_share_the_limit(self, app: Flask) -> None:
        user = user_with_password()
        for _ in range(5):
            sign_in(browser(app), user.username, "fout")
        answer = submit(browser(app), "/aanmelden/code", code_form(user, "0000-0000-0000-0000"))
        assert "Te vaak geprobeerd" in answer.text

    def test_an_address_is_slowed_down_over_many_accounts(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(LIMITS, Kind.PASSWORD, Limit(free=3))
        texts = [sign_in(browser(app), f"naam{n}", "fout").text for n in range(4)]
        assert ["Wacht 2 seconden" in text for text in texts] == [False, False, False, True]

    def test_getting_in_takes_the_count_away(self, app: Flask) -> None:
        user = user_with_password()
        for _ in range(4):
            sign_in(browser(app), user.username, "fout")
        assert sign_in(browser(app), user.username).status_code == 302
        refresh()
        assert db.session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


class TestAtOnce:
    """What several workers do at the same time."""

    def test_twenty_tries_at_once_are_five(self, app: Flask) -> None:
        name = user_with_password().username
        ready = [(client, token_of(client, "/aanmelden")) for client in (browser(app) for _ in range(20))]

        def guess(pair: tuple[FlaskClient, str]) -> str:
            client, token = pair
            data = {"csrf_token": token, "username": name, "password": "fout"}
            return client.post("/aanmelden", data=data).text

        with ThreadPoolExecutor(8) as pool:
            texts = list(pool.map(guess, ready))
        assert sum("horen niet bij elkaar" in text for text in texts) == 5
        assert sum("Te vaak geprobeerd" in text for text in texts) == 15

    def test_one_code_typed_twice_at_once_opens_one_session(self, app: Flask) -> None:
        user, code = with_code()
        clients = [browser(app) for _ in range(4)]
        ready = [(client, token_of(client, "/aanmelden/code")) for client in clients]
        typed = code_form(user, code)

        def enter(pair: tuple[FlaskClient, str]) -> int:
            client, token = pair
            answer = client.post("/aanmelden/code", data={"csrf_token": token, **typed})
            return int(answer.status_code)

        with ThreadPoolExecutor(4) as pool:
            statuses = sorted(pool.map(enter, ready))
        assert statuses == [302, 422, 422, 422]
        assert sum(is_in(client) for client in clients) == 1


def token_of(client: FlaskClient, path: str) -> str:
    token = TOKEN.search(client.get(path).text)
    assert token is not None
    return token[1]


class TestEnding:
    def test_a_copied_cookie_ends_with_signing_out(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        copy = cookie_of(client)
        assert is_in(with_cookie(app, copy))
        submit_token = TOKEN.search(client.get("/mijn-profiel/").text)
        assert submit_token is not None
        client.post("/afmelden", data={"csrf_token": submit_token[1]})
        assert not is_in(with_cookie(app, copy))
        assert not is_in(client)

    def test_signing_out_is_no_get(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        assert client.get("/afmelden").status_code == 405
        assert is_in(client)

    def test_a_closed_account_is_out_at_once(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        run(deactivate_users, SYSTEM, [user.id])
        assert not is_in(client)
        assert not [sign_in(browser(app), user.username).status_code for _ in range(1) if is_in(client)]

    def test_another_password_ends_other_sessions_and_keeps_this_one(self, app: Flask) -> None:
        user, here, there = user_with_password(), browser(app), browser(app)
        sign_in(here, user.username)
        sign_in(there, user.username)
        data = {"present": PASSWORD, "password": OTHER, "again": OTHER, "confirmed": "1"}
        answer = submit(here, "/mijn-profiel/do/change_password", data, follow_redirects=True)
        assert "Uw wachtwoord is gewijzigd." in answer.text
        assert (is_in(here), is_in(there)) == (True, False)
        assert sign_in(browser(app), user.username, OTHER).status_code == 302


class TestChangingThePassword:
    path = "/mijn-profiel/do/change_password"

    def change(self, app: Flask, **changes: str) -> Any:
        user, client = user_with_password(username="sanne.bakker"), browser(app)
        sign_in(client, user.username)
        data = {"present": PASSWORD, "password": OTHER, "again": OTHER, "confirmed": "1"} | changes
        return submit(client, self.path, data)

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"present": "fout"}, "Dit is niet uw huidige wachtwoord."),
            ({"present": ""}, "present-error"),
            ({"again": "iets anders"}, "niet gelijk"),
            ({"password": "kort", "again": "kort"}, "minstens 12 tekens"),
            ({"password": "wachtwoord123!", "again": "wachtwoord123!"}, "makkelijk te raden"),
            ({"password": "sanne.bakker1", "again": "sanne.bakker1"}, "lijkt te veel"),
            ({"password": "ROC Demostad 1", "again": "ROC Demostad 1"}, "lijkt te veel"),
            ({"password": PASSWORD, "again": PASSWORD}, "een ander wachtwoord dan het huidige"),
        ],
    )
    def test_what_is_wrong_is_said(self, app: Flask, changes: dict[str, str], sentence: str) -> None:
        answer = self.change(app, **changes)
        assert answer.status_code == 422
        assert sentence in answer.text

    def test_no_password_comes_back_in_the_page(self, app: Flask) -> None:
        answer = self.change(app, again="iets anders van mij")
        assert PASSWORD not in answer.text
        assert OTHER not in answer.text

    def test_guessing_the_present_one_is_limited(self, app: Flask) -> None:
        user, client = user_with_password(), browser(app)
        sign_in(client, user.username)
        data = {"present": "fout", "password": OTHER, "again": OTHER, "confirmed": "1"}
        texts = [submit(client, self.path, data).text for _ in range(6)]
        assert ["Te vaak" in text for text in texts] == [False] * 5 + [True]


class TestNext:
    @pytest.mark.parametrize(
        "target",
        [
            "//evil.example",
            "/\\evil.example",
            "http://evil.example",
            "http:evil.example",
            "javascript:alert(1)",
            "https:///evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/%09/evil.example",
            " //evil.example",
        ],
    )
    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_it_never_leads_outside(self, app: Flask, target: str, host: str) -> None:
        user, client = user_with_password(), browser(app)
        token = TOKEN.search(client.get("/aanmelden", headers={"Host": host}).text)
        assert token is not None
        answer = client.post(
            "/aanmelden",
            query_string={"next": target},
            headers={"Host": host},
            data={"csrf_token": token[1], "username": user.username, "password": PASSWORD},
        )
        leads_to = urlsplit(answer.headers["Location"])
        assert (answer.status_code, leads_to.netloc) == (302, "")
        assert leads_to.path.startswith("/")
        assert not leads_to.path.startswith("//")

    def test_it_leads_to_the_page_that_was_asked_for(self, app: Flask) -> None:
        user = user_with_password("administrator")
        answer = sign_in(browser(app), user.username, path="/aanmelden?next=/gebruikers/?q%3Dx")
        assert answer.headers["Location"] == "/gebruikers/?q=x"


def code_form(user: User, code: str) -> dict[str, str]:
    return {"username": user.username, "code": code}


def with_code(*roles: str) -> tuple[User, str]:
    user = make_user(*(roles or ("company_examiner",)))
    run(send_login_codes, SYSTEM, [user.id])
    refresh()
    return user, shown_code(db.session.scalars(select(LoginCode).filter_by(user_id=user.id)).one())


class TestCode:
    path = "/aanmelden/code"

    def test_the_sign_in_page_leads_to_it(self, app: Flask) -> None:
        page = browser(app).get("/aanmelden").text
        assert f'href="{self.path}">Ik heb een inlogcode' in page

    def test_a_code_opens_once_and_the_password_from_then_on(self, app: Flask) -> None:
        user, code = with_code()
        client = browser(app)
        answer = submit(client, self.path, code_form(user, code.lower().replace("-", " ")))
        assert answer.headers["Location"] == NEW
        assert submit(client, NEW, {"password": PASSWORD, "again": PASSWORD}).headers["Location"] == "/"
        assert is_in(client)
        again = submit(browser(app), self.path, code_form(user, code))
        assert "horen niet bij elkaar" in again.text
        assert sign_in(browser(app), user.username).status_code == 302

    def test_nobody_has_to_choose_a_password(self, app: Flask) -> None:
        user, code = with_code()
        client = browser(app)
        submit(client, self.path, code_form(user, code))
        assert 'href="/">Verder zonder wachtwoord' in client.get(NEW).text
        assert is_in(client)

    @pytest.mark.parametrize(
        ("password", "sentence"),
        [
            ("kort", "minstens 12 tekens"),
            ("<mail>", "lijkt te veel"),
            ("Welkom2026!!", "raden"),
        ],
    )
    def test_a_weak_password_is_said_at_the_field(self, app: Flask, password: str, sentence: str) -> None:
        user, code = with_code()
        client = browser(app)
        submit(client, self.path, code_form(user, code))
        typed = password.replace("<mail>", user.email)
        answer = submit(client, NEW, {"password": typed, "again": typed})
        assert answer.status_code == 422
        assert 'id="password-error"' in answer.text
        assert sentence in answer.text

    def test_a_password_is_chosen_once_per_code(self, app: Flask) -> None:
        user, code = with_code()
        client = browser(app)
        submit(client, self.path, code_form(user, code))
        submit(client, NEW, {"password": PASSWORD, "again": PASSWORD})
        assert client.get(NEW).headers["Location"] == "/mijn-profiel/"
        sign_in(other := browser(app), user.username)
        assert other.get(NEW).headers["Location"] == "/mijn-profiel/"

    def test_the_answer_is_the_same_for_a_wrong_code_and_an_unknown_user(self, app: Flask) -> None:
        user, _code = with_code()
        unknown = User(username="niemand")
        answers = {
            re.sub(
                r'value="[^"]*"|nonce="[^"]*"',
                "",
                submit(browser(app), self.path, code_form(who, "AAAA")).text,
            )
            for who in (user, unknown)
        }
        assert len(answers) == 1

    def test_a_code_is_in_no_log_trail_or_session(self, app: Flask, caplog: pytest.LogCaptureFixture) -> None:
        user, code = with_code()
        client = browser(app)
        with caplog.at_level("DEBUG"):
            submit(client, self.path, code_form(user, code))
        plain = code.replace("-", "")
        kept = caplog.text + "".join(str(d) for d in db.session.scalars(select(AuditEntry.details)))
        with client.session_transaction() as session:
            kept += str(dict(session))
        assert code not in kept
        assert plain not in kept

    def test_the_boxes_tell_the_browser_what_they_are_for(self, app: Flask) -> None:
        """A password is typed out of sight, and a password manager knows which one is asked for."""
        user, code = with_code()
        client = browser(app)
        asked = {
            "/aanmelden": {"username": "username", "password": "current-password"},
            self.path: {"username": "username", "code": "one-time-code"},
            NEW: {"password": "new-password", "again": "new-password"},
            TestChangingThePassword.path: {
                "present": "current-password",
                "password": "new-password",
                "again": "new-password",
            },
        }
        for path, boxes in asked.items():
            if path == NEW:
                submit(client, self.path, code_form(user, code))
            if path == TestChangingThePassword.path:
                submit(client, NEW, {"password": PASSWORD, "again": PASSWORD})
            page = client.get(path).text
            for name, purpose in boxes.items():
                (box,) = re.findall(rf'<input[^>]* name="{name}"[^>]*>', page)
                assert f'autocomplete="{purpose}"' in box, (path, name)
                assert ('type="password"' in box) is purpose.endswith("password"), (path, name)


class TestLanguage:
    def test_who_is_not_signed_in_chooses_by_post(self, app: Flask) -> None:
        client = browser(app)
        submit(client, "/aanmelden", {})
        token = TOKEN.search(client.get("/aanmelden").text)
        assert token is not None
        answer = client.post(
            "/taal", data={"csrf_token": token[1], "language": "en", "back": "/aanmelden/code"}
        )
        assert answer.headers["Location"] == "/aanmelden/code"
        assert '<html lang="en">' in client.get("/aanmelden").text
        assert client.get("/taal").status_code == 405

    @pytest.mark.parametrize(
        ("language", "back", "outcome"), [("xx", "/", 404), ("en", "//evil.example", 302)]
    )
    def test_nothing_else_is_taken(self, app: Flask, language: str, back: str, outcome: int) -> None:
        client = browser(app)
        token = TOKEN.search(client.get("/aanmelden").text)
        assert token is not None
        answer = client.post("/taal", data={"csrf_token": token[1], "language": language, "back": back})
        assert answer.status_code == outcome
        assert answer.headers.get("Location", "/aanmelden") == "/aanmelden"

    def test_the_profile_goes_before_the_choice(self, app: Flask, visitor_of: Callable[..., Visitor]) -> None:
        visitor = visitor_of(make_user("student", language="en"))
        assert '<html lang="en">' in visitor.get("/mijn-profiel/").text


def test_who_signs_out_is_told_so(visit: Callable[..., Visitor]) -> None:
    page = visit("administrator")
    assert page.post("/afmelden").status_code == 302
    assert "U bent afgemeld." in page.get("/aanmelden").text
    assert "U bent afgemeld." not in page.get("/aanmelden").text
