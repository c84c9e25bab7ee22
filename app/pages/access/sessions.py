"""The session of a request: the cookie carries a random token, everything else stands on the server."""

from __future__ import annotations

from flask import Flask, current_app, flash, g, request, session
from flask_babel import gettext as _
from flask_login import current_user

from app.actions.access.sessions import note_visit, renew_session
from app.actions.base.action import run
from app.clock import utc_now
from app.entities.engine import in_a_hurry
from app.errors import Busy
from app.pages.base.request import address, owner
from app.permissions import SYSTEM
from app.queries.access.sessions import Present
from app.rules.second_factor import Owed, owed
from app.rules.sessions import SEEN_EVERY, Opening, device_name
from app.rules.tokens import fingerprint, new_token
from app.school import current_school
from app.theme.assets import ENDPOINTS

COOKIE_KEY = "_user_id"  # where Flask-Login looks for what identifies a user
STEP_PATH = "/aanmelden/tweede-stap"
SET_UP_PATH = "/mijn-profiel/tweede-stap/"
STAYS = ("locale",)  # what a session of somebody who is not signed in hands on at sign-in


def register_sessions(app: Flask) -> None:
    app.before_request(_note_visit)


def present() -> Present | None:
    """The session that this request came in with; nobody signed in: none."""
    found: Present | None = g.get("present") if current_user.is_authenticated else None
    return found


def opening(token: str, *, shared: bool = False) -> Opening:
    """What an action must know to open a session in this browser."""
    device = device_name(request.user_agent.string)
    return Opening(fingerprint(token), address(), device, shared)


def enter(token: str) -> None:
    """From here on the cookie carries this token; nothing of the old one stays but the language."""
    kept = {name: session[name] for name in STAYS if name in session}
    session.clear()
    session.update(kept)
    session[COOKIE_KEY] = token


def leave() -> None:
    """Nobody is signed in here any more."""
    session.clear()
    forget_who()


def forget_who() -> None:
    """Who asks is read again, with what has changed since."""
    for kept in ("_login_user", "actor", "granted"):
        g.pop(kept, None)


def renew(*, password: bool = False, strong: bool = False) -> None:
    """Another token for this session, after its user has shown again who they are."""
    here = present()
    if here is not None:
        token = new_token()
        run(
            renew_session,
            owner(),
            session_id=here.id,
            token_hash=fingerprint(token),
            password=password,
            strong=strong,
        )
        session[COOKIE_KEY] = token
        forget_who()


def owed_now() -> Owed:
    """What this session owes before any page opens: showing the second factor, or setting one up."""
    here = present()
    if here is None:
        return Owed.NOTHING
    actor = owner()  # also while they look through another's eyes
    policy = current_school().second_factor
    return owed(actor.roles, policy, has_factor=here.has_factor, shown=actor.shown)


def _note_visit() -> None:
    """Before anything is read: write at most once a minute that this session is in use."""
    if COOKIE_KEY not in session or request.endpoint in ENDPOINTS:
        return
    here = present()
    if here is None:
        session.pop(COOKIE_KEY)
        flash(_("U bent afgemeld. Meld u opnieuw aan om verder te gaan."), "info")
    elif utc_now() - here.last_seen_at > SEEN_EVERY:
        try:
            with in_a_hurry():
                run(note_visit, SYSTEM, session_id=here.id, address=address())
        except Busy:  # the database is busy: a page must not wait for this
            current_app.logger.info("a visit was not written down")
        forget_who()  # read again, in the transaction of the page itself
