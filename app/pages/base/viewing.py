"""Bekijk als, for the web: refuses every change while an administrator views as another user."""

import flask
from flask_babel import gettext as _

from app import errors
from app.actions import base as actions
from app.actions.users.viewing import stop_viewing
from app.entities.engine import in_a_hurry
from app.pages.base.sessions import forget_who, present
from app.permissions import SYSTEM
from app.queries.access.sessions import Present
from app.rules import viewing as rules
from app.theme.assets import ENDPOINTS

STOP_PATH = "/bekijken/stoppen"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
WAYS_OUT = frozenset({"ViewingPage.stop", "SignInPage.sign_out"})


def register_viewing(app: flask.Flask) -> None:
    """Check every request; register this after the check of the session (sessions.py)."""
    app.before_request(_only_look)


def stop_looking(here: Present, why: rules.Over) -> None:
    """End the viewing: the administrator is themselves again. Forms drawn meanwhile no longer work."""
    actions.run(stop_viewing, SYSTEM, session_id=here.id, why=why)
    flask.session.pop("csrf_token", None)
    flask.g.pop("csrf_token", None)
    forget_who()


def _only_look() -> None:
    """Refuse a change while viewing. The web refuses it only here; the action runner refuses it again."""
    here = present() if flask.request.endpoint not in ENDPOINTS else None
    if here is None or here.viewing is None:
        return
    reads, over = flask.request.method in READING, here.viewing.over
    if over is not None:
        _note_end(here, over)
    if over is not None and reads:
        flask.flash(_("Het bekijken is gestopt. U werkt weer onder uw eigen naam."), "info")
    if not reads and flask.request.endpoint not in WAYS_OUT:
        raise errors.OnlyLooking(rules.READ_ONLY) if over is None else errors.ViewingOver(rules.JUST_OVER)


def _note_end(here: Present, why: rules.Over) -> None:
    try:
        with in_a_hurry():
            stop_looking(here, why)
    except errors.Busy:  # database busy: it is over all the same, and the next request records it
        flask.current_app.logger.info("the end of a viewing was not written down")
        forget_who()
