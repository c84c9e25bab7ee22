"""The token of every form: it keeps forms of other sites out, and says for which account it was drawn.

The second part (decision 0032) outlives the session: a form that comes after its session ended is known as
one of ours, and whose it was.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import flask
from cryptography.exceptions import InvalidTag
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf, validate_csrf
from webauthn.helpers import bytes_to_base64url
from wtforms import ValidationError

from app.clock import utc_now
from app.pages.base.request import once
from app.pages.base.sessions import present
from app.rules.typed import FORM_LASTS
from app.sealing import derived, drawn, seal, unseal

BETWEEN = "~"  # stands in neither part
PURPOSE = "form"
ANSWERED = "answered"  # in the cookie: see `answered`
MOST_ANSWERED = 4
END = 12  # characters of a token that tell forms apart


@dataclass(frozen=True)
class Drawn:
    """For whom a form was drawn. `handle`: of the earlier input that it gave back, if any."""

    user_id: int
    handle: str = ""


class FormGuard(CSRFProtect):
    """The library's check, of a token with two parts."""

    def init_app(self, app: flask.Flask) -> None:
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = form_token
        given = {"csrf_token": form_token, "answered": answered}
        app.context_processor(lambda: {**given, "draft_key": draft_key, "account_mark": account_mark})
        app.after_request(_note_answer)

    def _get_csrf_token(self) -> str | None:
        sent = super()._get_csrf_token()
        return sent.partition(BETWEEN)[0] if sent else sent


def form_token() -> str:
    """The token for the forms of this page."""
    mark: str = once("form mark", _mark)
    return f"{generate_csrf()}{BETWEEN}{mark}"


def _mark() -> str:
    """For whom this page is drawn, sealed; "" for nobody, and while an administrator views as another."""
    here = present()
    if here is None or here.viewing is not None:
        return ""
    handle = flask.g.typed_handle if flask.g.get("typed") is not None else ""
    return seal(f"{here.user_id}|{int(utc_now().timestamp())}|{handle}", PURPOSE)


def fresh_token() -> str:
    """Another token for a form whose token, in the header X-CSRFToken, works no longer; else ""."""
    try:
        validate_csrf(flask.request.headers.get("X-CSRFToken", "").partition(BETWEEN)[0])
    except ValidationError:
        return form_token()
    return ""


def answered() -> str:
    """The ends of the tokens of the forms that were answered last: a browser drops its drafts of these."""
    now = [_end()] if flask.request.method == "POST" else []
    return " ".join([*flask.session.get(ANSWERED, ()), *now])


def _note_answer(response: flask.Response) -> flask.Response:
    """Remember that a form was answered, until its browser asks for the next page."""
    if flask.request.method == "POST" and response.status_code < 400 and drawn_for() is not None:
        flask.session[ANSWERED] = [*flask.session.get(ANSWERED, ()), _end()][-MOST_ANSWERED:]
    return response


def _end() -> str:
    return flask.request.form.get("csrf_token", "")[-END:]


def account_mark() -> str:
    """The account of this page for a script: the same each time, and tells nothing; "" for nobody."""
    here = present()
    return drawn(f"account|{here.user_id}").hex()[:32] if here is not None and here.viewing is None else ""


def draft_key() -> str:
    """The key with which a browser keeps drafts for this account only; no page of another account has it."""
    here = present()
    if here is None or here.viewing is not None:
        return ""
    return bytes_to_base64url(derived(f"draft|{here.user_id}"))


def drawn_for() -> Drawn | None:
    """For whom the form of this request was drawn; None: not by us, for nobody, or too long ago."""
    mark = flask.request.form.get("csrf_token", "").partition(BETWEEN)[2]
    try:
        user_id, at, handle = unseal(mark, PURPOSE).split("|")
        drawn_at = datetime.fromtimestamp(int(at), UTC)
        return Drawn(int(user_id), handle) if utc_now() - drawn_at < FORM_LASTS else None
    except (InvalidTag, ValueError, OverflowError, OSError):
        return None
