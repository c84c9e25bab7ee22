"""Bekijk als, for the web: while an administrator looks through a user's eyes no request changes anything."""

from __future__ import annotations

from flask import Flask, current_app, flash, g, request, session
from flask_babel import gettext as _

from app.actions.base.action import run
from app.actions.users.viewing import stop_viewing
from app.entities.engine import in_a_hurry
from app.errors import Busy, OnlyLooking, ViewingOver
from app.pages.access.sessions import forget_who, present
from app.permissions import SYSTEM
from app.queries.access.sessions import Present
from app.rules.viewing import JUST_OVER, READ_ONLY, Over
from app.theme.assets import ENDPOINTS

STOP_PATH = "/bekijken/stoppen"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
WAYS_OUT = frozenset({"ViewingPage.stop", "SignInPage.sign_out"})


def register_viewing(app: Flask) -> None:
    """After the session's own look at a request (sessions.py), before every page."""
    app.before_request(_only_look)


def stop_looking(here: Present, why: Over) -> None:
    """Back to the own name. Forms that were drawn in between work no more: not as somebody else's either."""
    run(stop_viewing, SYSTEM, session_id=here.id, why=why)
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    forget_who()


def _only_look() -> None:
    """The one place where the web refuses a change; the runner refuses it again."""
    here = present() if request.endpoint not in ENDPOINTS else None
    if here is None or here.viewing is None:
        return
    reads, over = request.method in READING, here.viewing.over
    if over is not None:
        _note_end(here, over)
    if over is not None and reads:
        flash(_("Het bekijken is gestopt. U werkt weer onder uw eigen naam."), "info")
    if not reads and request.endpoint not in WAYS_OUT:
        raise OnlyLooking(READ_ONLY) if over is None else ViewingOver(JUST_OVER)


def _note_end(here: Present, why: Over) -> None:
    try:
        with in_a_hurry():
            stop_looking(here, why)
    except Busy:  # the database is busy; it is over all the same, the next request writes it down
        current_app.logger.info("the end of a viewing was not written down")
        forget_who()
