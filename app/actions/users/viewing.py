"""Bekijk als: an administrator looks through a user's eyes for a while, and the trail says so."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app.actions.base.action import Outcome, Targets, action
from app.actions.base.trail import record
from app.clock import utc_now
from app.entities.base import db
from app.entities.sessions import UserSession
from app.entities.users import User
from app.errors import NotFound, RuleBroken
from app.permissions import Actor, Permission
from app.queries.access.sessions import own_sessions
from app.queries.users.users import roles_of
from app.rules.text import N_
from app.rules.viewing import LASTS, Over, why_not
from app.school import current_school


@action(
    _l("Bekijk als"),
    permission=Permission.USERS_VIEW_AS,
    on=User,
    confirm=True,
    noun=_l("gebruiker"),
    submit=_l("Bekijk als"),
    intro=_l(
        "U ziet Proeve een half uur lang zoals deze gebruiker. U kunt dan niets wijzigen en niets "
        "downloaden. In het logboek staat dat u meekeek; de gebruiker kan dat lezen."
    ),
    words={"until": N_("Tot")},
)
def view_as(actor: Actor, targets: Targets[User], *, session_id: int) -> Outcome:
    """Look through a user's eyes in this one session."""
    user = targets.one()
    why = why_not(roles_of(user), oneself=user.id == actor.id, active=bool(user.active), guest=user.guest)
    if why:
        raise RuleBroken(why)
    row = db.session.scalars(
        own_sessions(actor.id).where(UserSession.id == session_id).with_for_update(of=UserSession)
    ).one_or_none()
    if row is None:
        raise NotFound
    end_viewings(UserSession.id == row.id, Over.BY_HAND)
    row.viewing_id, row.viewing_since = user.id, utc_now()
    return Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        details={"until": _clock(row.viewing_since + LASTS)},
        summary=_("U ziet Proeve zoals %(name)s.", name=user.full_name),
    )


@action(
    _l("Gestopt met bekijken"),
    permission=Permission.START,
    words={"since": N_("Sinds"), "ended_at": N_("Beëindigd")},
)
def stop_viewing(actor: Actor, *, session_id: int, why: Over) -> Outcome:
    """Back to the own name; twice is once. The entry in the trail comes with `end_viewings`."""
    count = end_viewings(UserSession.id == session_id, why)
    return Outcome(unchanged=count, summary=_("U werkt weer onder uw eigen naam."))


def end_viewings(which: ColumnElement[bool], why: Over) -> int:
    """End what these sessions view, an entry in the trail each; how many there were. For inside an action."""
    rows = db.session.scalars(
        select(UserSession)
        .where(which, UserSession.viewing_id.is_not(None))
        .options(joinedload(UserSession.user))
        .order_by(UserSession.id)
        .with_for_update(of=UserSession)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        _note_end(row, why)
    return len(rows)


def _note_end(row: UserSession, why: Over) -> None:
    """The entry is of who viewed, whoever or whatever ended it; the time is that of the end itself."""
    seen, since = row.viewing_id, row.viewing_since
    if seen is None or since is None:
        return
    row.viewing_id = row.viewing_since = None
    ended = min(utc_now(), since + LASTS)
    details = {"since": _clock(since), "ended_at": _clock(ended), "reason": why}
    viewer = Actor(row.user_id, row.user.full_name)
    record(viewer, stop_viewing.name, "User", [seen], details)


def _clock(moment: datetime) -> str:
    return f"{current_school().local(moment):%d-%m-%Y %H:%M:%S}"
