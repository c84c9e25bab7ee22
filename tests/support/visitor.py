"""A person at the keyboard, without a browser: signs in, follows links, fills in forms with their token."""

from __future__ import annotations

import contextvars
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from app.entities.base import db
from app.entities.sessions import UserSession
from app.entities.users import User
from app.rules.tokens import fingerprint, new_token
from tests.support import clock
from tests.support.forms import as_shown, forms_on

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
# Pages with a form that everybody has. The first costs half as much as the second, but is not always there.
LIGHT_PAGES = ("/mijn-profiel/do/change_password", "/mijn-profiel/")


class Visitor:
    """`get` and `post` as a user of the application; `post` adds the token that the pages carry."""

    def __init__(self, app: Flask, user: User | None = None) -> None:
        self.app = app
        self.user_id = user.id if user is not None else None
        self.client: FlaskClient = app.test_client()
        self._token = ""
        if user is not None:
            token = signed_in(user)
            with self.client.session_transaction() as session:
                session["_user_id"] = token

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return _apart(self.client.get, path, **kwargs)

    def post(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        return _apart(self.client.post, path, data={"csrf_token": self.token(), **(data or {})}, **kwargs)

    def ask(self, verb: str, path: str, **kwargs: Any) -> TestResponse:
        """Make a request with any verb, without a token."""
        return _apart(self.client.open, path, method=verb, **kwargs)

    def do(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Fill in an action's form, and confirm what the page after it announces."""
        asked = self.post(path, dict(data or {}), **kwargs)
        hidden = announced(asked)
        return self.post(path, {**hidden, **(data or {})}, **kwargs) if hidden else asked

    def fill(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Open an action's form, change these fields of it, and send it as a browser does."""
        return self.do(path, {**as_shown(self.get(path).text), **(data or {})}, **kwargs)

    def renewed(self, user: User) -> None:
        """This visitor has just signed in as a user: the pages carry another token."""
        self.user_id, self._token = user.id, ""

    def token(self) -> str:
        """The token of this visitor's forms, read off a page once."""
        if not self._token:
            places = LIGHT_PAGES if self.user_id else ("/aanmelden",)
            found = next(filter(None, (TOKEN.search(self.get(place).text) for place in places)), None)
            assert found, "no csrf token on the page"
            self._token = found[1]
        return self._token


def announced(answer: TestResponse) -> dict[str, str]:
    """What a page that announces a change sends along when its button is pressed; {} for another page."""
    if answer.mimetype != "text/html" or answer.status_code != 200:
        return {}
    for fields in forms_on(answer.text).values():
        if "said" in fields and json.loads(fields["said"].values[0])["lines"]:
            return {"confirmed": "1", **{name: fields[name].values[0] for name in ("token", "shown", "said")}}
    return {}


def signed_in(user: User, **values: Any) -> str:
    """Open a session for this user, as after password and second factor; gives the token of its cookie.

    It is written outside the test's own transaction.
    """
    token = new_token()
    row = {
        "token_hash": fingerprint(token),
        "user_id": user.id,
        "shared": False,
        "strong_at": clock.now(),
        **values,
    }
    with db.engine.begin() as connection:
        connection.execute(insert(UserSession), row)
    return token


def _apart(ask: Callable[..., TestResponse], *args: Any, **kwargs: Any) -> TestResponse:
    """Make a request in a context of its own: it must know nothing of the user and the rows of the test."""
    return contextvars.Context().run(ask, *args, buffered=True, **kwargs)


def cookie_header(app: Flask, user: User) -> str:
    """What the browser of this user would send, once signed in, to a server that is really served."""
    token = signed_in(user)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = token
    found = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert found is not None
    db.session.remove()
    return f"{found.key}={found.value}"


def lose_token(page: Visitor) -> None:
    """The browser's session gets another token, as after signing out and in again in another tab."""
    with page.client.session_transaction() as session:
        session.pop("csrf_token", None)
