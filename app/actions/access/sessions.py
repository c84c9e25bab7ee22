"""Sessions begin at sign-in. They end by time, by their user, by the office or by a change of the account.

`open_session` and `end_sessions` are plain functions. They run inside the transaction of an action that
signs a user in or changes an account.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.access.browsers import forget_browsers
from app.actions.users.reach import beyond
from app.actions.users.viewing import end_viewings
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.errors import NotFound
from app.permissions import Actor, Permission
from app.queries.access.sessions import own_sessions
from app.rules import sessions as rules
from app.rules.tries import NO_BROWSER, Browser
from app.rules.viewing import Over

KEPT = timedelta(days=30)  # rows of ended sessions; the trail keeps who signed in when
NAMES = 10


def open_session(
    user_id: int, opening: rules.Opening, *, password: bool = False, strong: bool = False, code: bool = False
) -> None:
    """Open a session for a user who just proved who they are. The flags say how: password, factor, code."""
    now = utc_now()
    db.session.execute(
        sa.delete(models.UserSession).where(
            models.UserSession.user_id == user_id, models.UserSession.created_at < now - KEPT
        ),
        execution_options=QUIETLY,
    )
    db.session.add(
        models.UserSession(
            token_hash=opening.token_hash,
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            address=opening.address[:64],
            device=opening.device[:60],
            shared=opening.shared,
            password_at=now if password else None,
            strong_at=now if strong else None,
            code_at=now if code else None,
        )
    )


def end_sessions(
    user_ids: Sequence[int], because: str, *, but: int | None = None, browser: Browser = NO_BROWSER
) -> int:
    """End every live session of these users except `but`. Returns how many.

    `because` is one of the reasons in app/rules/sessions.py. After most of them the users are known in no
    browser any more, except `browser`.
    """
    if not user_ids:
        return 0
    theirs: sa.ColumnElement[bool] = models.UserSession.user_id.in_(id_set(user_ids))
    if but is not None:
        theirs &= models.UserSession.id != but
    if because in rules.FORGET_BROWSERS:
        forget_browsers(user_ids, browser)
    return _end(theirs, because)


def _end(which: sa.ColumnElement[bool], because: str) -> int:
    """End these sessions as far as they are live, and their "bekijk als". Returns how many."""
    ended: Any = db.session.execute(
        sa.update(models.UserSession)
        .where(which, models.UserSession.ended_at.is_(None))
        .values(ended_at=utc_now(), ended_because=because),
        execution_options=QUIETLY,
    )
    end_viewings(which, Over.SESSION)
    count: int = ended.rowcount
    return count


@base.action(_l("Sessie vernieuwd"), permission=Permission.PROFILE)
def renew_session(actor: Actor, *, session_id: int, token_hash: str) -> base.Outcome:
    """Give a session a new token (ASVS 5.0, 7.2.4). It shows nothing: `mark_shown` does, beside the check."""
    _own_session(actor.id, session_id).token_hash = token_hash
    return base.Outcome(unchanged=1, summary=_("Sessie vernieuwd."))


def mark_shown(
    user_id: int,
    session_id: int,
    *,
    password: bool = False,
    strong: bool = False,
    token_hash: str = "",
) -> None:
    """Write down what this user has just shown in this session. For the action that checked it."""
    row, now = _own_session(user_id, session_id), utc_now()
    row.password_at = now if password else row.password_at
    row.strong_at = now if strong else row.strong_at
    row.token_hash = token_hash or row.token_hash


def _own_session(user_id: int | None, session_id: int) -> models.UserSession:
    row = db.session.scalars(
        own_sessions(user_id)
        .where(models.UserSession.id == session_id)
        .with_for_update(of=models.UserSession)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


@base.action(_l("Sessie gezien"), permission=Permission.SIGN_IN)
def note_visit(actor: Actor, *, session_id: int, address: str) -> base.Outcome:
    """Note that a session is in use, outside the trail."""
    now = utc_now()
    db.session.execute(
        sa.update(models.UserSession)
        .where(models.UserSession.id == session_id, models.UserSession.ended_at.is_(None))
        .where(models.UserSession.last_seen_at < now - rules.SEEN_EVERY)
        .values(last_seen_at=now, address=address[:64]),
        execution_options=QUIETLY,
    )
    return base.Outcome(unchanged=1, summary=_("Sessie gezien."))


@base.action(_l("Afgemeld"), permission=Permission.SIGN_IN)
def record_sign_out(actor: Actor, *, user_id: int, session_id: int) -> base.Outcome:
    """End this one session. Every copy of its cookie stops working."""
    _end(
        sa.and_(models.UserSession.id == session_id, models.UserSession.user_id == user_id), rules.SIGNED_OUT
    )
    return base.Outcome(done=1, ids=[user_id], object_type="User", summary=_("Afgemeld."))


@base.action(
    _l("Afmelden op dit apparaat"),
    permission=Permission.PROFILE,
    on=models.UserSession,
    confirm=True,
    noun=_l("apparaten"),
    submit=_l("Afmelden op dit apparaat"),
    intro=_l("Wie dit apparaat gebruikt, moet zich daar opnieuw aanmelden."),
)
def end_own_session(actor: Actor, targets: base.Targets[models.UserSession]) -> base.Outcome:
    """End one of the user's own sessions, to sign out on another device."""
    count = _end(models.UserSession.id.in_(targets.among()), rules.ENDED_BY_USER)
    return base.Outcome(
        done=count,
        unchanged=targets.count - count,
        object_type="User",
        ids=[actor.id] if actor.id is not None and count else [],
        summary=_("Dat apparaat is afgemeld.") if count else _("Dat apparaat was al afgemeld."),
    )


@base.action(
    _l("Overal afmelden"),
    permission=Permission.PROFILE,
    confirm=True,
    danger=True,
    submit=_l("Overal afmelden"),
    intro=_l("U wordt afgemeld op al uw apparaten, ook op dit apparaat."),
)
def end_own_sessions(actor: Actor) -> base.Outcome:
    """End all of the user's own sessions, this one too."""
    mine = [actor.id] if actor.id is not None else []
    live = models.UserSession.user_id.in_(mine) & models.UserSession.ended_at.is_(None)
    which = db.session.scalars(
        sa.select(models.UserSession.id).where(live).order_by(models.UserSession.id)
    ).all()
    count = end_sessions(mine, rules.ENDED_BY_USER)
    return base.Outcome(
        done=count,
        object_type="User",
        ids=mine,
        rests_on=which,
        summary=ngettext(
            "U bent afgemeld op %(num)s apparaat.", "U bent afgemeld op %(num)s apparaten.", count
        ),
    )


@base.action(
    _l("Overal laten afmelden"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    confirm=True,
    noun=_l("gebruikers"),
    submit=_l("Overal laten afmelden"),
    intro=_l("Deze gebruikers moeten zich op al hun apparaten opnieuw aanmelden."),
)
def end_sessions_of_users(actor: Actor, targets: base.Targets[models.User]) -> base.Outcome:
    """End all sessions of these users, for example after a lost phone (ASVS 5.0, 7.4.5)."""
    theirs = beyond(actor, targets.ids)
    found = db.session.scalars(
        sa.select(models.UserSession.user_id)
        .where(models.UserSession.user_id.in_(targets.among()), models.UserSession.ended_at.is_(None))
        .distinct()
    )
    signed_in = sorted(set(found) - set(theirs))
    end_sessions(signed_in, rules.ENDED_BY_OFFICE)
    first = db.session.scalars(
        sa.select(models.User).where(models.User.id.in_(signed_in[:NAMES])).order_by(models.User.last_name)
    )
    return base.Outcome(
        done=len(signed_in),
        unchanged=targets.count - len(signed_in) - len(theirs),
        refused=list(theirs.values()),
        object_type="User",
        ids=signed_in,
        names=[user.full_name for user in first],
        summary=ngettext(
            "%(num)s gebruiker is overal afgemeld.",
            "%(num)s gebruikers zijn overal afgemeld.",
            len(signed_in),
        )
        if signed_in
        else _("Deze gebruikers waren nergens aangemeld."),
    )
