"""The token of every form: it keeps forms of other sites out, and says for which account it was drawn.

The second part (decision 0032) outlives the session: a form that comes after its session ended is known as
one of ours, and whose it was. It also says on which page it stood and about which row: who was shown a row
may be told that it went (gone.py), who was not learns nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import flask
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf, validate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import ValidationError

from app.clock import utc_now
from app.pages.base.request import once
from app.pages.base.sessions import owed_now, present
from app.rules.second_factor import Owed
from app.rules.tokens import fingerprint
from app.rules.typed import FORM_LASTS
from app.sealing import Unreadable, seal, unseal

BETWEEN = "~"  # stands in neither part
PURPOSE = "form"
VIEWING = "form while viewing"  # another purpose: such a form counts as nobody's own
SALT = "wtf-csrf-token"  # of Flask-WTF
NAME_LENGTH = 120


@dataclass(frozen=True)
class About:
    """The row that a form is about, as its page showed it. `within`: the row that its questions belong to."""

    kind: str = ""  # what the trail calls it
    id: int = 0
    within: int = 0
    name: str = ""


@dataclass(frozen=True)
class Drawn:
    """For whom and when a form was drawn. `handle`: of the earlier input that it gave back, if any.

    `page`: the mark of the page (`page_mark`); "" on an error page, which shows no row.
    """

    user_id: int
    at: datetime
    handle: str = ""
    page: str = ""
    about: About = About()


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
    """For whom this page is drawn, sealed; "" for nobody.

    A password alone makes nobody of it: what is sent then must not wait among what the account typed.
    """
    here = present()
    if here is None or owed_now() is Owed.SHOW:
        return ""
    handle = flask.g.typed_handle if flask.g.get("typed_shown") else ""
    page = "" if flask.g.get("shows_no_row") else page_mark(flask.request.path)
    about: About = flask.g.get("form_about", About())
    shown = f"{page}|{about.kind}|{about.id}|{about.within}|{about.name}"
    purpose = VIEWING if here.viewing is not None else PURPOSE
    return seal(f"{here.user_id}|{int(utc_now().timestamp())}|{handle}|{shown}", purpose)


def page_mark(path: str) -> str:
    """A page and the rows that its address chooses, in a few characters."""
    return fingerprint(" ".join([path, *sorted(flask.request.args.getlist("id"))]))[:16]


def form_is_about(row: Any, within: int = 0) -> None:
    """Say which row the forms of this page are about: for when it went by the time that one is sent."""
    kind = getattr(row, "trail_name", type(row).__name__)
    flask.g.form_about = About(kind, row.id, within, str(row)[:NAME_LENGTH])


def form_goes_on(drawn: Drawn | None) -> None:
    """This page carries along a form that was filled in before: it shows the row that its page showed.

    Only to the account that was shown it: the form of another tells this one nothing.
    """
    now = present()
    same = now is not None and drawn is not None and drawn.user_id == now.user_id
    if drawn is None or not same or drawn.page != page_mark(flask.request.path):
        shows_no_row()
    else:
        flask.g.form_about = drawn.about


def shows_no_row() -> None:
    """Say that this is an error page: its forms prove nothing about the row in its address."""
    flask.g.shows_no_row = True


def is_ours() -> bool:
    """Whether the token of this request is one that we made, for whatever session."""
    token = flask.request.form.get("csrf_token", "").partition(BETWEEN)[0]
    signer = URLSafeTimedSerializer(flask.current_app.config["WTF_CSRF_SECRET_KEY"], salt=SALT)
    try:
        signer.loads(token)
    except BadData:
        return False
    return True


def fresh_token() -> str:
    """Another token for a form whose token, in the header X-CSRFToken, works no longer; else ""."""
    try:
        validate_csrf(flask.request.headers.get("X-CSRFToken", "").partition(BETWEEN)[0])
    except ValidationError:
        return form_token()
    return ""


def drawn_for() -> Drawn | None:
    """For whom the form of this request was drawn; None: not by us, for nobody, or too long ago.

    Also None for a form that an administrator was shown as another: nothing of it may be carried out.
    """
    return _drawn(PURPOSE)


def drawn_while_viewing() -> Drawn | None:
    """The same for a form that this administrator was shown as another; None: it is no such form."""
    return _drawn(VIEWING)


def _drawn(purpose: str) -> Drawn | None:
    mark = flask.request.form.get("csrf_token", "").partition(BETWEEN)[2]
    try:
        user_id, at, handle, *shown = unseal(mark, purpose).split("|", 7)
        drawn_at = datetime.fromtimestamp(int(at), UTC)
        page, kind, row_id, within, name = shown or ("", "", "0", "0", "")
        about = About(kind, int(row_id), int(within), name)
        fresh = utc_now() - drawn_at < FORM_LASTS
        return Drawn(int(user_id), drawn_at, handle, page, about) if fresh else None
    except (Unreadable, ValueError, OverflowError, OSError):
        return None
