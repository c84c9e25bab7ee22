"""Bekijk als, for the web: refuses every change while an administrator views as another user."""

from typing import Any

import flask
from flask_babel import gettext as _

from app import errors
from app.actions import base as actions
from app.actions.users.viewing import stop_viewing
from app.entities.engine import in_a_hurry
from app.pages.base.form_token import drawn_while_viewing, is_ours
from app.pages.base.request import posted_fields
from app.pages.base.sessions import WATCHED, forget_who, present
from app.pages.base.typed import BACK_PATH, keep_own, own_waits
from app.permissions import SYSTEM
from app.queries.access.sessions import Present
from app.rules import viewing as rules
from app.rules.text import N_

STOP_PATH = "/bekijken/stoppen"
USERS_PATH = "/gebruikers"
OVER = N_("Het bekijken is gestopt. U werkt weer onder uw eigen naam.")
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


def stop_by_hand(here: Present) -> str:
    """Stop what this session views; gives where to go: what was typed, first in this tab, or that user."""
    back = "/"
    if here.seen_as is not None:
        back = f"{USERS_PATH}/{here.seen_as.id}"
        stop_looking(here, rules.Over.BY_HAND)
    return own_waits(here.user_id, posted_fields().get("waits", "")) or back


def stopped_already() -> Any:
    """The answer to "Stop met bekijken" on a page of a viewing that is over; None: this is something else.

    Whoever views as another user meanwhile, in another tab, wants to stop too.
    """
    here = present()
    if flask.request.path != STOP_PATH or here is None:
        return None
    seen = drawn_while_viewing()
    if not (is_ours() if here.viewing is None else seen is not None and seen.user_id == here.user_id):
        return None
    back = stop_by_hand(here)
    flask.flash(_(OVER), "info")
    return flask.redirect(back)


def _only_look() -> Any:
    """Refuse a change while viewing. The web refuses it only here; the action runner refuses it again.

    What the administrator had typed as themselves, in another tab, waits until they stop.
    """
    here = present() if flask.request.endpoint not in WATCHED else None
    if here is None or here.viewing is None:
        return None
    reads, over = flask.request.method in READING, here.viewing.over
    if over is not None:
        _note_end(here, over)
    if reads:
        return _come_out(here) if over is not None else None
    if flask.request.endpoint in WAYS_OUT:
        return None
    kept = keep_own(here.user_id)
    if over is None:
        raise errors.OnlyLooking(rules.READ_ONLY_KEPT if kept else rules.READ_ONLY)
    if not kept:
        raise errors.ViewingOver(rules.JUST_OVER)
    flask.flash(_(OVER), "info")
    return flask.redirect(kept)


def _come_out(here: Present) -> Any:
    """Say that the viewing is over, and lead to what was typed meanwhile, if anything was."""
    flask.flash(_(OVER), "info")
    turns_a_page = flask.request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    waits = own_waits(here.user_id) if turns_a_page else ""
    return flask.redirect(waits) if waits and not flask.request.path.startswith(BACK_PATH) else None


def _note_end(here: Present, why: rules.Over) -> None:
    try:
        with in_a_hurry():
            stop_looking(here, why)
    except errors.Busy:  # database busy: it is over all the same, and the next request records it
        flask.current_app.logger.info("the end of a viewing was not written down")
        forget_who()
