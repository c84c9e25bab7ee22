"""When a browser is known to an account, and when it is known no longer (decision 0029)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.actions.access.factor_reset import reset_second_factor
from app.actions.access.passkeys import register_passkey, remove_passkey
from app.actions.base.runner import run
from app.entities.base import db
from app.entities.factors import Passkey
from app.entities.profile import EmailChange
from app.entities.sessions import UserSession
from app.entities.users import KnownBrowser, LoginCode, SignInAttempt, User
from app.queries.access.codes import address_code, shown_code
from app.queries.access.factors import secret_behind
from app.rules.tokens import fingerprint
from app.rules.tries import Browser
from tests.factories import app_code, make_app, make_user, refresh, save
from tests.pages.access.test_second_factor import PAGE, STEP, shown_now, strict, trail
from tests.pages.access.test_sign_in import (
    NEW,
    OTHER,
    PASSWORD,
    browser,
    is_in,
    sign_in,
    submit,
    user_with_password,
)
from tests.pages.access.test_tries import WAIT, guess, known_in, leave, rows
from tests.support import clock
from tests.support.device import HERE, asked_to
from tests.support.forms import as_shown

__all__ = ["strict"]  # a fixture

PROFILE = "/mijn-profiel/do/"


def known_to(client: FlaskClient) -> list[int]:
    """To whom this browser is known, by the token in its cookie."""
    cookie = client.get_cookie("proeve-browser")
    refresh()
    whose = select(KnownBrowser.user_id).where(
        KnownBrowser.token_hash == fingerprint(cookie.value if cookie is not None else "")
    )
    return sorted(db.session.scalars(whose))


def set_up_app_in(client: FlaskClient) -> None:
    """Set up an authenticator app, as who is signed in here."""
    path = f"{PAGE}do/set_up_app"
    form = {name: values[0] for name, values in as_shown(client.get(path).text).items()}
    with client.session_transaction() as session:
        mine = select(UserSession.user_id).where(UserSession.token_hash == fingerprint(session["_user_id"]))
    refresh()
    secret = secret_behind(form["setup"], db.session.scalars(mine).one()) or ""
    answer = submit(client, path, {**form, "code": pyotp.TOTP(secret).at(clock.seconds())})
    assert (answer.status_code, trail("set_up_app")) == (200, 1), "the recovery codes are shown"


@pytest.mark.usefixtures("strict")
class TestAllThatIsOwedComesFirst:
    def half_in(self, user: User, app: Flask, **sent: str) -> FlaskClient:
        client = browser(app)
        submit(client, "/aanmelden", {"username": user.username, "password": PASSWORD, **sent})
        assert client.get("/").headers["Location"].startswith(PAGE), "owed before anything else"
        return client

    def test_a_browser_is_not_known_while_a_second_factor_must_still_be_set_up(self, app: Flask) -> None:
        user = user_with_password("exam_committee")
        client = self.half_in(user, app)
        assert known_to(client) == []
        set_up_app_in(client)
        assert known_to(client) == [user.id]

    def test_who_had_the_password_before_has_no_count_of_their_own_at_the_second_step(
        self, app: Flask
    ) -> None:
        user = user_with_password("exam_committee")
        theirs = [self.half_in(user, app) for _ in range(3)]
        set_up_app_in(self.half_in(user, app))
        texts = []
        for client in theirs:
            texts += [submit(client, STEP, {"proof_code": "000000"}).text for _ in range(5)]
        assert [WAIT in text for text in texts] == [False] * 5 + [True] * 10

    def test_a_shared_computer_is_not_known_by_setting_it_up(self, app: Flask) -> None:
        client = self.half_in(user_with_password("exam_committee"), app, shared="y")
        set_up_app_in(client)
        assert client.get_cookie("proeve-browser") is None
        refresh()
        assert db.session.scalar(select(func.count()).select_from(KnownBrowser)) == 0


class TestAChangedWayInForgetsTheOthers:
    """Who was known by the old one has no tries of their own at the new one; the browser at hand stays."""

    def known_in_three(self, app: Flask) -> tuple[User, FlaskClient, list[FlaskClient]]:
        user = user_with_password("student")
        others = [known_in(user) for _ in range(2)]
        mine = browser(app)
        sign_in(mine, user.username)
        assert [known_to(one) for one in (mine, *others)] == [[user.id]] * 3
        return user, mine, others

    def test_another_password(self, app: Flask) -> None:
        user, mine, others = self.known_in_three(app)
        sent = {"present": PASSWORD, "password": OTHER, "again": OTHER}
        assert submit(mine, f"{PROFILE}change_password", sent).status_code == 302
        assert [known_to(one) for one in (mine, *others)] == [[user.id], [], []]

    def test_a_password_by_a_mailed_code(self, app: Flask) -> None:
        user, mine, others = self.known_in_three(app)
        leave(mine)
        submit(mine, "/aanmelden/wachtwoord-vergeten", {"username": user.username})
        refresh()
        code = shown_code(db.session.scalars(select(LoginCode)).one())
        submit(mine, "/aanmelden/gemailde-code", {"code": code})
        assert submit(mine, NEW, {"password": OTHER, "again": OTHER}).status_code == 302
        assert [known_to(one) for one in (mine, *others)] == [[user.id], [], []]

    def test_another_address(self, app: Flask) -> None:
        user, mine, others = self.known_in_three(app)
        submit(mine, f"{PROFILE}change_email", {"present": PASSWORD, "email": "nieuw@example.nl"})
        refresh()
        code = address_code(db.session.scalars(select(EmailChange.nonce)).one())
        assert submit(mine, f"{PROFILE}confirm_email", {"code": code}).status_code == 302
        assert [known_to(one) for one in (mine, *others)] == [[user.id], [], []]

    def test_an_app_that_is_set_up_or_removed(self, app: Flask) -> None:
        user, mine, others = self.known_in_three(app)
        set_up_app_in(mine)
        assert [known_to(one) for one in (mine, *others)] == [[user.id], [], []]
        save(KnownBrowser(user_id=user.id, token_hash="0" * 64))
        asked = as_shown(mine.get(f"{PAGE}do/remove_app").text)
        sent = {name: values[0] for name, values in asked.items() if values}
        assert submit(mine, f"{PAGE}do/remove_app", {**sent, "confirmed": "1"}).status_code == 302
        refresh()
        kept = select(func.count()).select_from(KnownBrowser)
        assert (trail("remove_app"), known_to(mine), db.session.scalar(kept)) == (1, [user.id], 1)

    @pytest.mark.parametrize("change", ["register_passkey", "remove_passkey"])
    def test_a_passkey_that_is_added_or_removed(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch, change: str
    ) -> None:
        user = user_with_password("student")
        made = SimpleNamespace(credential_id=b"id", credential_public_key=b"key", sign_count=0)
        monkeypatch.setattr("app.actions.access.passkeys.verify_registration_response", lambda **_given: made)
        given: dict[str, Any] = {"credential": "{}", "challenge": asked_to("register", user.id), "site": HERE}
        person, here = shown_now(user), Browser("1" * 64)
        if change == "remove_passkey":
            run(register_passkey, person, name="telefoon", **given)
        save(*(KnownBrowser(user_id=user.id, token_hash=one * 64) for one in "012"))
        if change == "remove_passkey":
            run(remove_passkey, person, [db.session.scalars(select(Passkey.id)).one()], browser=here)
        else:
            run(register_passkey, person, name="telefoon", browser=here, **given)
        refresh()
        assert db.session.scalars(select(KnownBrowser.token_hash)).all() == ["1" * 64]

    def test_a_second_factor_that_is_reset_by_the_office_or_by_command(self, app: Flask) -> None:
        admin = shown_now(make_user("administrator"))
        for reset in (
            lambda user: run(reset_second_factor, admin, [user.id]),
            lambda user: app.test_cli_runner().invoke(args=["reset-second-factor", user.username]),
        ):
            user, *_browsers = self.known_in_three(app)
            make_app(user)
            before = trail("reset_second_factor")
            reset(user)
            left = select(func.count()).where(KnownBrowser.user_id == user.id)
            assert (trail("reset_second_factor") - before, db.session.scalar(left)) == (1, 0)


class TestItsToken:
    def test_a_token_that_somebody_planted_is_replaced_at_signing_in(self, app: Flask) -> None:
        """One that nobody is known by, and one by which only the attacker is."""
        user, attacker = user_with_password(), user_with_password()
        known = known_in(attacker).get_cookie("proeve-browser")
        assert known is not None
        for planted in ("B" * 43, known.value):
            mine, theirs = browser(app), browser(app)
            for client in (mine, theirs):
                client.set_cookie("proeve-browser", planted)
            sign_in(mine, user.username)
            assert user.id in known_to(mine)
            assert user.id not in known_to(theirs)

    def test_two_colleagues_in_one_browser_stay_known_in_it(self, app: Flask) -> None:
        user, colleague = user_with_password(), user_with_password("administrator")
        make_app(colleague)
        mine = known_in(user)
        sign_in(mine, colleague.username)
        assert known_to(mine) == [user.id], "half-way is not known"
        submit(mine, STEP, {"proof_code": app_code()})
        assert known_to(mine) == [user.id, colleague.id]

    def test_ticking_shared_in_a_known_browser_takes_its_own_tries_away(self, app: Flask) -> None:
        user = user_with_password()
        mine = known_in(user)
        guess(user.username)
        guess(user.username, mine)
        submit(mine, "/aanmelden", {"username": user.username, "password": PASSWORD, "shared": "y"})
        assert is_in(mine)
        assert (rows(SignInAttempt.own.is_(True)), rows(SignInAttempt.own.is_(False))) == (0, 1)
