"""What a calendar feed holds: the user's own sittings (`visible`), and no more than a calendar needs."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.permissions import Actor, Permission, Role, actor_of, visible
from app.queries.planning.stopped import goes_on
from app.rules.tokens import fingerprint

PAST = dt.timedelta(days=60)
MOST = 2000  # moments in one feed
# The roles that make a sitting a user's own; an administrator or the committee sees the whole school's.
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
    """One sitting in a feed. `sequence` rises whenever the planning of this exam changes."""

    uid: str
    sequence: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    exam: str
    task: str
    location: str


def owner_of(token: str) -> models.User | None:
    """The active user whose calendar link this is."""
    return (
        db.session.scalars(
            sa.select(models.User)
            .join(models.CalendarLink, models.CalendarLink.user_id == models.User.id)
            .options(joinedload(models.User.roles))
            .where(
                models.CalendarLink.token_hash == fingerprint(token),
                models.User.active.is_(True),
                models.User.guest.is_(False),
            )
        )
        .unique()
        .one_or_none()
    )


def link_made_at(user_id: int | None) -> dt.datetime | None:
    """When this user's calendar link was made; None without one."""
    return db.session.scalar(
        sa.select(models.CalendarLink.created_at).where(models.CalendarLink.user_id == user_id)
    )


def own_moments(user: models.User) -> Sequence[CalendarMoment]:
    """This user's moments, as examiner, student or supervisor, from two months ago on. One query."""
    whole = actor_of(user)
    actor = dataclasses.replace(whole, roles=whole.roles & OWN)
    mine = [_ids(actor, permission) for permission in (Permission.PLANNING_SEE, Permission.OWN_EXAMS)]
    rows = db.session.scalars(
        sa.select(models.Sitting)
        .where(
            sa.or_(*(models.Sitting.id.in_(ids) for ids in mine)),
            models.Sitting.ends_at > utc_now() - PAST,
            goes_on(),
        )
        .options(
            joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
            joinedload(models.Sitting.task),
        )
        .order_by(models.Sitting.starts_at, models.Sitting.id)
        .limit(MOST)
    )
    return [
        CalendarMoment(
            row.uid,
            row.registration.version,
            row.starts_at,
            row.ends_at,
            row.registration.exam.title,
            row.task.title,
            row.location,
        )
        for row in rows
    ]


def _ids(actor: Actor, permission: Permission) -> sa.Select[Any]:
    return visible(actor, models.Sitting, permission).with_only_columns(models.Sitting.id)
