"""The session of a request: the cookie holds a random token, the database holds everything else."""

import flask
from flask_babel import gettext as _
from flask_login import current_user

from app.actions import base as actions
from app.actions.access import sessions as session_actions
from app.clock import utc_now
from app.pages.base import trying
from app.pages.base.noting import note
from app.pages.base.request import address, owner
from app.permissions import SYSTEM
from app.queries.access.sessions import Present
from app.rules import second_factor, sessions, tokens
from app.school import current_school
from app.theme.assets import ENDPOINTS

COOKIE_KEY = "_user_id"  # where Flask-Login looks for what identifies a user
STEP_PATH = "/aanmelden/tweede-stap"
SET_UP_PATH = "/mijn-profiel/tweede-stap/"
WAITING = "waits"  # in the cookie: the handles of what was typed and not carried out (typed.py)
# Whoever asks for these, nothing of their session is looked at: a program that watches, and files.
WATCHED = {*ENDPOINTS, "HealthPage.healthz", "HealthPage.readyz"}
STAYS = ("locale", WAITING)  # what stays in the cookie at sign-in


def register_sessions(app: flask.Flask) -> None:
    app.before_request(_note_visit)


def present() -> Present | None:
    """The session of this request; None when nobody is signed in."""
    found: Present | None = flask.g.get("present") if current_user.is_authenticated else None
    return found


def opening(token: str, *, shared: bool = False) -> sessions.Opening:
    """What an action must know to open a session in this browser."""
    device = sessions.device_name(flask.request.user_agent.string)
    browser = trying.browser(shared=shared)
    return sessions.Opening(tokens.fingerprint(token), address(), device, shared, browser)


def enter(token: str, *, shared: bool = False) -> None:
    """Put this token in the cookie, and clear everything else there but the language.

    A browser that others do not use is known from now on, once its user is all the way in.
    """
    if not shared:
        trying.keep_cookie()
    kept = {name: flask.session[name] for name in STAYS if name in flask.session}
    flask.session.clear()
    flask.session.update(kept)
    flask.session[COOKIE_KEY] = token


def leave() -> None:
    """Sign out in this browser: clear the cookie, but for what waits for its own account to come back."""
    kept = flask.session.get(WAITING)
    flask.session.clear()
    if kept:
        flask.session[WAITING] = kept
    forget_who()


def forget_who() -> None:
    """Drop what was read about the user in this request, so that it is read again."""
    for kept in ("_login_user", "actor", "granted"):
        flask.g.pop(kept, None)


def renew() -> None:
    """Give this session a new token, after its user has shown again who they are."""
    here = present()
    if here is not None:
        token = tokens.new_token()
        hashed = tokens.fingerprint(token)
        actions.run(session_actions.renew_session, owner(), session_id=here.id, token_hash=hashed)
        carry(token)


def carry(token: str) -> None:
    """This session has a new token: let the cookie carry it."""
    flask.session[COOKIE_KEY] = token
    forget_who()


def owed_now() -> second_factor.Owed:
    """What this session owes before any page opens: showing the second factor, or setting one up."""
    here = present()
    if here is None:
        return second_factor.Owed.NOTHING
    actor = owner()  # the session's own user, also while they view as another
    policy = current_school().second_factor
    return second_factor.owed(actor.roles, policy, has_factor=here.has_factor, shown=actor.shown)


def _note_visit() -> None:
    """Before each request: record that this session is in use, at most once a minute."""
    if flask.request.endpoint in WATCHED or COOKIE_KEY not in flask.session:
        return
    here = present()
    if here is None:
        flask.session.pop(COOKIE_KEY)
        if flask.request.method == "GET":  # who sent a form is told more (typed.py)
            flask.flash(_("U bent afgemeld. Meld u opnieuw aan om verder te gaan."), "info")
    elif utc_now() - here.last_seen_at > sessions.SEEN_EVERY:
        note(
            session_actions.note_visit,
            SYSTEM,
            "a visit was not written down",
            session_id=here.id,
            address=address(),
        )
        forget_who()  # read again, in the transaction of the page itself
