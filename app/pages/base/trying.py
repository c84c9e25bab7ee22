"""Counts a try before a page looks at it, and knows the browser that it comes from (decision 0029).

The cookie of a known browser holds a random token and opens nothing. The database keeps its fingerprint with
the users who signed in there.
"""

import re

import flask

from app.actions import base as actions
from app.actions.access.sign_in import record_failed_sign_in
from app.actions.access.tries import Counted, count_try
from app.pages.base.request import address
from app.permissions import SYSTEM
from app.queries.access.browsers import KEPT
from app.rules import tokens, tries

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
COOKIE = "browser"  # the end of its name: "proeve-browser", and with TLS "__Host-proeve-browser"


def counted(kind: tries.Kind, typed: str = "", *, right: bool = False) -> Counted:
    """Count the try of somebody who is not signed in. RuleBroken when it must not be made now.

    `right`: what they show is right, and nobody could guess it; then a flood from their address stops nobody.
    """
    outcome = actions.run(count_try, SYSTEM, kind=kind, place=place(), typed=typed, right=right)
    assert isinstance(outcome, Counted)  # noqa: S101 - for mypy: that is what the action gives
    return outcome


def failed() -> None:
    """Write down that somebody did not get in."""
    actions.run(record_failed_sign_in, SYSTEM, address=address())


def place() -> tries.Place:
    """Where a try of somebody who is not signed in (yet) comes from."""
    return tries.Place(address(), _fingerprint(_given()))


def browser(*, shared: bool) -> tries.Browser:
    """This browser; its fresh token is drawn once in a request, and `keep_cookie` gives it to the browser."""
    fingerprints = tries.Browser(_fingerprint(_given()), tokens.fingerprint(_fresh()))
    return fingerprints.unless(shared)


def keep_cookie() -> None:
    """Let this browser keep its fresh token, now that somebody has signed in."""
    fresh = _fresh()

    @flask.after_this_request
    def _set(response: flask.Response) -> flask.Response:
        config = flask.current_app.config
        response.set_cookie(
            _name(),
            fresh,
            max_age=KEPT,
            secure=config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite=config["SESSION_COOKIE_SAMESITE"],
        )
        return response


def _name() -> str:
    return f"{flask.current_app.config['SESSION_COOKIE_NAME']}-{COOKIE}"


def _fresh() -> str:
    if "fresh_browser_token" not in flask.g:
        flask.g.fresh_browser_token = tokens.new_token()
    token: str = flask.g.fresh_browser_token
    return token


def _given() -> str:
    token = flask.request.cookies.get(_name(), "")
    return token if TOKEN.fullmatch(token) else ""


def _fingerprint(token: str) -> str:
    return tokens.fingerprint(token) if token else ""
