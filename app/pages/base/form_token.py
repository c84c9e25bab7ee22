"""The token of every form: it keeps forms of other sites out, and says for which account it was drawn.

The second part (decision 0032) outlives the session: a form that comes after its session ended is known as
one of ours, and whose it was.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import flask
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError

from app.clock import utc_now
from app.pages.base.request import once
from app.pages.base.sessions import present
from app.rules.typed import FORM_LASTS
from app.sealing import Unreadable, seal, unseal

BETWEEN = "~"  # stands in neither part
PURPOSE = "form"


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
        app.context_processor(lambda: {"csrf_token": form_token})

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
    handle = flask.g.typed_handle if flask.g.get("typed_shown") else ""
    return seal(f"{here.user_id}|{int(utc_now().timestamp())}|{handle}", PURPOSE)


def fresh_token() -> str:
    """Another token for a form whose token, in the header X-CSRFToken, works no longer; else ""."""
    try:
        validate_csrf(flask.request.headers.get("X-CSRFToken", "").partition(BETWEEN)[0])
    except ValidationError:
        return form_token()
    return ""


def drawn_for() -> Drawn | None:
    """For whom the form of this request was drawn; None: not by us, for nobody, or too long ago."""
    mark = flask.request.form.get("csrf_token", "").partition(BETWEEN)[2]
    try:
        user_id, at, handle = unseal(mark, PURPOSE).split("|")
        drawn_at = datetime.fromtimestamp(int(at), UTC)
        return Drawn(int(user_id), handle) if utc_now() - drawn_at < FORM_LASTS else None
    except (Unreadable, ValueError, OverflowError, OSError):
        return None
