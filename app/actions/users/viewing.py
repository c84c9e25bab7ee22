"""Bekijk als: an administrator sees Proeve as a user sees it, for a while. The trail says so."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app import errors, models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.permissions import Actor, Permission
from app.queries.access.sessions import own_sessions
from app.queries.users.users import roles_of
from app.rules import viewing as rules
from app.rules.text import N_
from app.school import current_school


@base.action(
    _l("Bekijk als"),
    permission=Permission.USERS_VIEW_AS,
    on=models.User,
    confirm=True,
    noun=_l("gebruiker"),
    submit=_l("Bekijk als"),
    intro=_l(
        "U ziet Proeve een half uur lang zoals deze gebruiker. U kunt dan niets wijzigen en niets "
        "downloaden. In het logboek staat dat u meekeek; de gebruiker kan dat lezen."
    ),
    words={"until": N_("Tot")},
)
def view_as(actor: Actor, targets: base.Targets[models.User], *, session_id: int) -> base.Outcome:
    """Begin to view as a user, in this one session."""
    user = targets.one()
    why = rules.why_not(
        roles_of(user), oneself=user.id == actor.id, active=bool(user.active), guest=user.guest
    )
    if why:
        raise errors.RuleBroken(why)
    row = db.session.scalars(
        own_sessions(actor.id)
        .where(models.UserSession.id == session_id)
        .with_for_update(of=models.UserSession)
    ).one_or_none()
    if row is None:
        raise errors.NotFound
    end_viewings(models.UserSession.id == row.id, rules.Over.BY_HAND)
    row.viewing_id, row.viewing_since = user.id, utc_now()
    return base.Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        details={"until": _clock(row.viewing_since + rules.LASTS)},
        summary=_("U ziet Proeve zoals %(name)s.", name=user.full_name),
    )


@base.action(
    _l("Gestopt met bekijken"),
    permission=Permission.SIGN_IN,
    words={"since": N_("Sinds"), "ended_at": N_("Beëindigd")},
)
def stop_viewing(actor: Actor, *, session_id: int, why: rules.Over) -> base.Outcome:
    """Stop viewing as another user. Twice is the same as once. `end_viewings` writes the trail."""
    count = end_viewings(models.UserSession.id == session_id, why)
    return base.Outcome(unchanged=count, summary=_("U werkt weer onder uw eigen naam."))


def end_viewings(which: sa.ColumnElement[bool], why: rules.Over) -> int:
    """Stop "bekijk als" in these sessions, with an entry in the trail for each. Returns how many.

    Call it inside an action.
    """
    rows = db.session.scalars(
        sa.select(models.UserSession)
        .where(which, models.UserSession.viewing_id.is_not(None))
        .options(joinedload(models.UserSession.user))
        .order_by(models.UserSession.id)
        .with_for_update(of=models.UserSession)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        _note_end(row, why)
    return len(rows)


def _note_end(row: models.UserSession, why: rules.Over) -> None:
    """End one viewing. The entry is on the viewer's name, whoever ended it, with the time of the real end."""
    seen, since = row.viewing_id, row.viewing_since
    if seen is None or since is None:
        return
    row.viewing_id = row.viewing_since = None
    ended = min(utc_now(), since + rules.LASTS)
    details = {"since": _clock(since), "ended_at": _clock(ended), "reason": why}
    viewer = Actor(row.user_id, row.user.full_name)
    base.record(viewer, stop_viewing.name, "User", [seen], details)


def _clock(moment: datetime) -> str:
    return f"{current_school().local(moment):%d-%m-%Y %H:%M:%S}"
