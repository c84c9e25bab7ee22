"""Sessions begin at sign-in and end by themselves, by their user, by the office or by a change of account.

`open_session`, `renew_session` and `end_sessions` are plain functions, for inside the transaction of an
action that signs somebody in or changes an account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, and_, delete, select, update

from app.actions.base.action import Outcome, Targets, action
from app.actions.users.viewing import end_viewings
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.sessions import UserSession
from app.entities.users import User
from app.errors import NotFound
from app.permissions import Actor, Permission
from app.queries.access.sessions import own_sessions
from app.rules.sessions import ENDED_BY_OFFICE, ENDED_BY_USER, SEEN_EVERY, SIGNED_OUT, Opening
from app.rules.viewing import Over

KEPT = timedelta(days=30)  # rows of ended sessions; the trail keeps who signed in when
NAMES = 10


def open_session(
    user_id: int, opening: Opening, *, password: bool = False, strong: bool = False, code: bool = False
) -> None:
    """A new session for who has just shown who they are: by password, by a second factor, or by a code."""
    now = utc_now()
    db.session.execute(
        delete(UserSession).where(UserSession.user_id == user_id, UserSession.created_at < now - KEPT),
        execution_options=QUIETLY,
    )
    db.session.add(
        UserSession(
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


def end_sessions(user_ids: Sequence[int], because: str, *, but: int | None = None) -> int:
    """End every live session of these users, except one; how many there were. `because`: rules/sessions."""
    if not user_ids:
        return 0
    theirs: ColumnElement[bool] = UserSession.user_id.in_(id_set(user_ids))
    if but is not None:
        theirs &= UserSession.id != but
    return _end(theirs, because)


def _end(which: ColumnElement[bool], because: str) -> int:
    """End those of these sessions that are live, and what they viewed; how many there were."""
    ended: Any = db.session.execute(
        update(UserSession)
        .where(which, UserSession.ended_at.is_(None))
        .values(ended_at=utc_now(), ended_because=because),
        execution_options=QUIETLY,
    )
    end_viewings(which, Over.SESSION)
    count: int = ended.rowcount
    return count


@action(_l("Sessie vernieuwd"), permission=Permission.PROFILE)
def renew_session(
    actor: Actor, *, session_id: int, token_hash: str, password: bool = False, strong: bool = False
) -> Outcome:
    """Another token for a session whose user has shown again who they are (ASVS 5.0, 7.2.4)."""
    row = db.session.scalars(
        own_sessions(actor.id).where(UserSession.id == session_id).with_for_update(of=UserSession)
    ).one_or_none()
    if row is None:
        raise NotFound
    now = utc_now()
    row.token_hash = token_hash
    row.password_at = now if password else row.password_at
    row.strong_at = now if strong else row.strong_at
    return Outcome(unchanged=1, summary=_("Sessie vernieuwd."))


@action(_l("Sessie gezien"), permission=Permission.START)
def note_visit(actor: Actor, *, session_id: int, address: str) -> Outcome:
    """Write down that a session is in use; the trail is not told."""
    now = utc_now()
    db.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.ended_at.is_(None))
        .where(UserSession.last_seen_at < now - SEEN_EVERY)
        .values(last_seen_at=now, address=address[:64]),
        execution_options=QUIETLY,
    )
    return Outcome(unchanged=1, summary=_("Sessie gezien."))


@action(_l("Afgemeld"), permission=Permission.START)
def record_sign_out(actor: Actor, *, user_id: int, session_id: int) -> Outcome:
    """End this one session: every copy of its cookie ends with it."""
    _end(and_(UserSession.id == session_id, UserSession.user_id == user_id), SIGNED_OUT)
    return Outcome(done=1, ids=[user_id], object_type="User", summary=_("Afgemeld."))


@action(
    _l("Afmelden op dit apparaat"),
    permission=Permission.PROFILE,
    on=UserSession,
    confirm=True,
    noun=_l("apparaten"),
    submit=_l("Afmelden op dit apparaat"),
    intro=_l("Wie dit apparaat gebruikt, moet zich daar opnieuw aanmelden."),
)
def end_own_session(actor: Actor, targets: Targets[UserSession]) -> Outcome:
    """Sign out elsewhere: one of one's own sessions."""
    count = _end(UserSession.id.in_(targets.among()), ENDED_BY_USER)
    return Outcome(
        done=count,
        unchanged=targets.count - count,
        object_type="User",
        ids=[actor.id] if actor.id is not None and count else [],
        summary=_("Dat apparaat is afgemeld.") if count else _("Dat apparaat was al afgemeld."),
    )


@action(
    _l("Overal afmelden"),
    permission=Permission.PROFILE,
    confirm=True,
    danger=True,
    submit=_l("Overal afmelden"),
    intro=_l("U wordt afgemeld op al uw apparaten, ook op dit apparaat."),
)
def end_own_sessions(actor: Actor) -> Outcome:
    """Sign out everywhere, here too."""
    mine = [actor.id] if actor.id is not None else []
    count = end_sessions(mine, ENDED_BY_USER)
    return Outcome(
        done=count,
        object_type="User",
        ids=mine,
        summary=ngettext(
            "U bent afgemeld op %(num)s apparaat.", "U bent afgemeld op %(num)s apparaten.", count
        ),
    )


@action(
    _l("Overal laten afmelden"),
    permission=Permission.USERS_EDIT,
    on=User,
    confirm=True,
    noun=_l("gebruikers"),
    submit=_l("Overal laten afmelden"),
    intro=_l("Deze gebruikers moeten zich op al hun apparaten opnieuw aanmelden."),
)
def end_sessions_of_users(actor: Actor, targets: Targets[User]) -> Outcome:
    """End all sessions of these users, after a lost phone for instance (ASVS 5.0, 7.4.5)."""
    found = db.session.scalars(
        select(UserSession.user_id)
        .where(UserSession.user_id.in_(targets.among()), UserSession.ended_at.is_(None))
        .distinct()
    )
    signed_in = sorted(found)
    end_sessions(signed_in, ENDED_BY_OFFICE)
    first = db.session.scalars(select(User).where(User.id.in_(signed_in[:NAMES])).order_by(User.last_name))
    return Outcome(
        done=len(signed_in),
        unchanged=targets.count - len(signed_in),
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
