"""The page while the database or the disk is down (503). Drawn without either: no menu, no user.

What was typed in a form stands in the page itself, to be sent again by its button: the server can keep
nothing now. A form's token sees to it that what was kept all the same is not done twice.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import flask
from flask_babel import gettext as _

from app.actions import base as actions
from app.entities.base import db
from app.entities.down import Down, in_a_word, is_unsure, what_is_down
from app.pages.base.form_token import is_ours, shows_no_row
from app.pages.base.logs import request_number
from app.pages.base.request import here, posted
from app.rules.passwords import FIELDS as PASSWORDS
from app.rules.typed import PROOF, worth_keeping
from app.theme.widgets import Again, Button, ErrorModel

STATUS = 503

log = logging.getLogger("proeve.down")


def down_page(error: BaseException) -> Any:
    """The page, with one line in the log; None: this error does not say that something is down."""
    down = what_is_down(error)
    if down is None:
        return None
    request, why = flask.request, in_a_word(error)
    log.error("%s is down: %s %s answered 503 (%s)", down, request.method, request.path, why)
    without_database()
    model = _of_a_form(down, unsure=is_unsure(error)) if posted() else _of_a_page(down)
    return flask.render_template("error.html", model=model), STATUS


def busy_page(text: str) -> Any:
    """The page when another writer took too long and the form itself says nothing of it, with its status."""
    shows_no_row()
    fields = _fields() if posted() else ()
    model = ErrorModel(
        code=STATUS,
        title=_title(Down.DISK),
        text=text,
        hint=_hint(fields) if posted() else "",
        number=request_number.get(),
        buttons=[] if posted() else [_try_again()],
        again=Again(here(), _("Verstuur het opnieuw"), fields) if fields else None,
    )
    return flask.render_template("error.html", model=model), STATUS


def without_database() -> None:
    """For the rest of this request nobody is signed in, and nothing is asked of the database."""
    with suppress(Exception):
        db.session.remove()
    shows_no_row()
    flask.g.without_database = True
    flask.g.present = None
    for kept in ("actor", "granted", "typed", "typed_handle"):
        flask.g.pop(kept, None)
    flask.g._login_user = flask.current_app.login_manager.anonymous_user()  # type: ignore[attr-defined] # Flask-Login's


def _of_a_page(down: Down) -> ErrorModel:
    return ErrorModel(
        code=STATUS,
        title=_title(down),
        text=_("Probeer het over een halve minuut opnieuw. Blijft het zo, meld het dan aan uw beheerder."),
        number=request_number.get(),
        buttons=[_try_again()],
    )


def _try_again() -> Button:
    return Button(_("Probeer het opnieuw"), here(), style="primary")


def _of_a_form(down: Down, *, unsure: bool) -> ErrorModel:
    fields = _fields()
    told = (
        _(
            "Het is niet zeker of het is opgeslagen: de verbinding brak daarbij af. Kijk straks of het er "
            "staat."
        )
        if unsure
        else _("Er is niets opgeslagen.")
    )
    return ErrorModel(
        code=STATUS,
        title=_title(down),
        text=told,
        hint=_hint(fields),
        number=request_number.get(),
        again=Again(here(), _("Verstuur het opnieuw"), fields) if fields else None,
    )


def _hint(fields: Sequence[tuple[str, str]]) -> str:
    """What to do with a form that could not be carried out: this page holds it, or the one before it."""
    if fields:
        hint = _(
            "Laat deze pagina open: wat u had ingevuld, zit er nog in. Druk over een halve minuut op "
            "“Verstuur het opnieuw”."
        )
    else:
        hint = _(
            "Ga over een halve minuut terug in uw browser en verstuur het opnieuw: daar staat meestal nog "
            "wat u had ingevuld."
        )
    return " ".join([hint, _("Blijft het zo, meld het dan aan uw beheerder.")])


def _title(down: Down) -> str:
    if down is Down.DATABASE:
        return _("Proeve kan nu niet bij de gegevens")
    return _("Proeve kan nu niets opslaan")


def _fields() -> Sequence[tuple[str, str]]:
    """What was sent, to be sent again. Empty: a form of another site, one in which nothing was filled in (its
    token may be a way in), or one with a password, a code or a file: no page holds those.
    """
    try:
        sent = list(flask.request.form.items(multi=True))
        files = any(file.filename for file in flask.request.files.values())
    except Exception:  # a form that could not even be taken in: its file found no room
        return ()
    secret = actions.secret_fields() | PASSWORDS
    if files or any(name in secret or name.startswith(PROOF) for name, _value in sent):
        return ()
    return sent if is_ours() and worth_keeping(sent, secret) else ()
