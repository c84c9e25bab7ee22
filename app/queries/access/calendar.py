"""What a calendar feed holds: one's own sittings, through `visible`, and no more than a calendar needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from app.clock import utc_now
from app.entities.base import db
from app.entities.planning import Registration, Sitting
from app.entities.profile import CalendarLink
from app.entities.users import User
from app.permissions import Actor, Permission, Role, actor_of, visible
from app.rules.tokens import fingerprint

PAST = timedelta(days=60)
MOST = 2000  # moments in one feed
# What makes a sitting one's own: an administrator or the committee sees a whole school, and attends it not.
OWN = frozenset(
    {
        Role.SCHOOL_SUPERVISOR,
        Role.COMPANY_SUPERVISOR,
        Role.SCHOOL_EXAMINER,
        Role.COMPANY_EXAMINER,
        Role.STUDENT,
    }
)


@dataclass(frozen=True)
class CalendarMoment:
    """`sequence` rises whenever the planning of this exam changes."""

    sitting_id: int
    sequence: int
    starts_at: datetime
    ends_at: datetime
    exam: str
    task: str
    location: str


def owner_of(token: str) -> User | None:
    """The active user whose calendar link this is."""
    return (
        db.session.scalars(
            select(User)
            .join(CalendarLink, CalendarLink.user_id == User.id)
            .options(joinedload(User.roles))
            .where(
                CalendarLink.token_hash == fingerprint(token), User.active.is_(True), User.guest.is_(False)
            )
        )
        .unique()
        .one_or_none()
    )


def link_made_at(user_id: int | None) -> datetime | None:
    return db.session.scalar(select(CalendarLink.created_at).where(CalendarLink.user_id == user_id))


def own_moments(user: User) -> Sequence[CalendarMoment]:
    """The moments of an examiner, a student or a supervisor, of two months ago and later. One query."""
    whole = actor_of(user)
    actor = dataclasses.replace(whole, roles=whole.roles & OWN)
    mine = [_ids(actor, permission) for permission in (Permission.PLANNING_SEE, Permission.OWN_EXAMS)]
    rows = db.session.scalars(
        select(Sitting)
        .where(or_(*(Sitting.id.in_(ids) for ids in mine)), Sitting.ends_at > utc_now() - PAST)
        .options(joinedload(Sitting.registration).joinedload(Registration.exam), joinedload(Sitting.task))
        .order_by(Sitting.starts_at, Sitting.id)
        .limit(MOST)
    )
    return [
        CalendarMoment(
            row.id,
            row.registration.version,
            row.starts_at,
            row.ends_at,
            row.registration.exam.title,
            row.task.title,
            row.location,
        )
        for row in rows
    ]


def _ids(actor: Actor, permission: Permission) -> Select[Any]:
    return visible(actor, Sitting, permission).with_only_columns(Sitting.id)
