"""Error pages: every refusal and error becomes a page here. It shows no internal details (trap 11)."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import flask
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app import errors
from app.actions import base as actions
from app.pages.base.down import busy_page, down_page
from app.pages.base.form_token import shows_no_row
from app.pages.base.gone import gone_page, no_longer_page
from app.pages.base.logs import request_number
from app.pages.base.typed import start_again
from app.pages.base.viewing import stopped_already
from app.rules.text import N_
from app.school import current_school
from app.theme.widgets import ErrorModel

log = logging.getLogger(__name__)

OTHER_ACCOUNT = N_(
    "Dit formulier was geopend onder een ander account. Er is niets gedaan. Meld u af en meld u aan met dat "
    "account: dan staat er nog wat er was ingevuld."
)
NOTED = {400, 403, 405, 413, 415}

# Drawn when nothing else can be: no menu, no user, no database.
BARE = (
    '<!doctype html><meta charset="utf-8"><title>Proeve</title><h1>{title}</h1><p>{hint}</p><p>{number}</p>'
)

TEXTS: dict[int, tuple[Any, Any]] = {
    400: (
        _l("Dit verzoek klopt niet"),
        _l("Ga terug, ververs de pagina en probeer het opnieuw."),
    ),
    403: (
        _l("Geen toegang"),
        _l("Uw rol geeft geen recht op deze pagina. Vraag het een beheerder als u denkt van wel."),
    ),
    404: (
        _l("Niet gevonden"),
        _l("Deze pagina bestaat niet, of is niet voor u bestemd."),
    ),
    405: (
        _l("Dit kan hier niet"),
        _l("Ga terug en gebruik de knop op de pagina."),
    ),
    409: (
        _l("Intussen gewijzigd"),
        _l("Dit is gewijzigd nadat u het opende. Open het opnieuw."),
    ),
    413: (
        _l("Dit is te groot"),
        _l(
            "Er is niets opgeslagen. Een bestand mag hoogstens 25 MB groot zijn, en ingevulde tekst "
            "hoogstens 2 MB. Ga terug in uw browser: meestal staat daar nog wat u had ingevuld."
        ),
    ),
    422: (
        _l("Dit kan niet"),
        _l("Pas uw keuze aan en probeer het opnieuw."),
    ),
    500: (
        _l("Er ging iets mis"),
        _l("Er is niets gewijzigd. Probeer het opnieuw; blijft het misgaan, meld het dan aan een beheerder."),
    ),
}

GONE = _l("Wat u wilde wijzigen, is al verwijderd of is niet meer voor u bestemd. Er is niets gewijzigd.")

# Refusals whose sentence says enough: a title of their own, and no hint below it.
TITLES: dict[type[errors.ProeveError], Any] = {
    errors.OnlyLooking: _l("U kijkt alleen mee"),
    errors.ViewingOver: _l("Het bekijken was al gestopt"),
}


def error_page(code: int, text: str = "", *, title: Any = "") -> Any:
    """The error page with its status; bare HTML when the page cannot be drawn (no database, unknown host)."""
    usual, hint = TEXTS.get(code, TEXTS[400 if code < 500 else 500])
    title, hint = (title, "") if title else (usual, hint)
    try:
        shows_no_row()
        shown, below = (text, str(hint)) if text else (str(hint), "")
        number = request_number.get()
        model = ErrorModel(code=code, title=str(title), text=shown, hint=below, number=number)
        return flask.render_template("error.html", model=model), code
    except Exception as error:
        if page := down_page(error):
            return page
        log.exception("no error page", exc_info=error)
        with force_locale(current_school().language):
            bare = BARE.format(title=title, hint=hint, number=request_number.get())
        return flask.current_app.response_class(bare, status=code, mimetype="text/html")


def _note(code: int) -> None:
    """Log who was refused what, and from where (ASVS 5.0, 16.3.2, 16.3.3); never what they typed."""
    who = getattr(flask.g.get("_login_user"), "id", None)  # None when the request got no further; no query
    if code in NOTED or (code == 404 and who is not None):
        log.warning(
            "refused %s: %s %s user=%s from=%s",
            code,
            flask.request.method,
            flask.request.path,
            who or "-",
            flask.request.remote_addr,
        )


def _unless_down(shown: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What goes wrong while an error is shown may be that something is down, too."""

    @wraps(shown)
    def answer(error: Any) -> Any:
        try:
            return shown(error)
        except Exception as another:
            if page := down_page(another):
                return page
            raise

    return answer


def register_errors(app: flask.Flask) -> None:
    @app.errorhandler(errors.ProeveError)
    @_unless_down
    def _told(error: errors.ProeveError) -> Any:
        _note(error.status)
        if isinstance(error, errors.NotAllowed | errors.ViewingOver) and (page := no_longer_page(error)):
            return page
        if isinstance(error, errors.Busy):
            return busy_page(actions.say(error))
        if isinstance(error, errors.NotFound):
            if page := gone_page(actions.say(error)):
                return page
            if flask.request.method == "POST" and not error.message:
                return error_page(error.status, str(GONE))
        return error_page(error.status, actions.say(error), title=TITLES.get(type(error), ""))

    @app.errorhandler(CSRFError)
    @_unless_down
    def _csrf(_error: CSRFError) -> Any:
        _note(400)
        try:
            answer = stopped_already() or start_again()
        except errors.OtherAccount as error:
            return error_page(error.status, _(OTHER_ACCOUNT), title=_("Nog niet gedaan"))
        except errors.ProeveError as error:
            return _told(error)
        return answer or error_page(400, _("De beveiligingscode van dit formulier is verlopen."))

    @app.errorhandler(HTTPException)
    @_unless_down
    def _http(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        _note(error.code)
        return (gone_page() if error.code == errors.NotFound.status else None) or error_page(error.code)

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Any:
        if page := down_page(error):
            return page
        log.exception("unexpected error", exc_info=error)
        return error_page(500)
