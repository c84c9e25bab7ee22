"""The invitations of people without an account to examine sittings, and the state of their mails."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Role
from app.rules import invitations as rules
from app.school import current_school
from app.scopes import invitation_works

Guests = Mapping[int, str]  # user id -> "Bas Bakker (bas@bakkerij.example)", by name


@dataclass(frozen=True)
class InvitationState:
    """An invitation. `mail_state`: of its latest mail. `ended`: "", or why it opens nothing any more."""

    id: int
    name: str
    email: str
    mail_state: str
    mailed_at: dt.datetime | None
    opened_at: dt.datetime | None
    ended: str


def invitations_of(sittings: Sequence[int]) -> Mapping[int, InvitationState]:
    """Sitting id -> its latest invitation. One query."""
    if not sittings:
        return {}
    latest = (
        sa.select(
            sa.func.max(models.InvitationMail.mail_id).label("mail_id"),
            models.InvitationMail.invitation_id.label("invitation_id"),
        )
        .group_by(models.InvitationMail.invitation_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(
            models.Invitation,
            models.User,
            models.Guest,
            models.OutboxMail.state,
            models.OutboxMail.sent_at,
            models.Sitting.ends_at,
            models.Assessment.definitive_at,
        )
        .join(models.User, models.User.id == models.Invitation.user_id)
        .join(models.Guest, models.Guest.user_id == models.Invitation.user_id)
        .join(models.Sitting, models.Sitting.id == models.Invitation.sitting_id)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .outerjoin(latest, latest.c.invitation_id == models.Invitation.id)
        .outerjoin(models.OutboxMail, models.OutboxMail.id == latest.c.mail_id)
        .where(models.Invitation.sitting_id.in_(id_set(sittings)))
        .order_by(models.Invitation.id)
    )
    # In the order of their ids: a later invitation of a sitting takes the place of an earlier one.
    found: dict[int, InvitationState] = {}
    for one, user, guest, mail_state, sent_at, ends_at, definitive_at in rows:
        assert one.sitting_id is not None  # noqa: S101 - joined on it
        came_in = guest.opened_at is not None and guest.opened_at >= one.created_at
        found[one.sitting_id] = InvitationState(
            one.id,
            user.full_name,
            guest.email or "",
            mail_state or "",
            sent_at,
            guest.opened_at if came_in else None,
            _ended(one, ends_at, definitive_at),
        )
    return found


def too_long_ago(ends_at: dt.datetime) -> bool:
    """Whether the sitting ended so long ago that its invitation opens nothing any more."""
    return ends_at <= utc_now() - dt.timedelta(days=current_school().invitation_days)


def open_sittings(user_id: int) -> Sequence[int]:
    """The sittings that this guest's code opens now, by time."""
    return db.session.scalars(
        sa.select(models.Sitting.id)
        .join(models.Invitation, models.Invitation.sitting_id == models.Sitting.id)
        .where(models.Invitation.user_id == user_id, invitation_works())
        .order_by(models.Sitting.starts_at, models.Sitting.id)
    ).all()


def endings(user_id: int) -> Mapping[int, str]:
    """Each sitting that this guest was ever invited for -> "": open, or why it is not. One query.

    A sitting whose planning was removed has the number 0.
    """
    rows = db.session.execute(
        sa.select(models.Invitation, models.Sitting.ends_at, models.Assessment.definitive_at)
        .outerjoin(models.Sitting, models.Sitting.id == models.Invitation.sitting_id)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(models.Invitation.user_id == user_id)
        .order_by(models.Invitation.id)
    )
    return {one.sitting_id or 0: _ended(one, ends_at, definitive) for one, ends_at, definitive in rows}


def why_ended(user_id: int) -> str:
    """Why this guest's code opens nothing any more, by their latest invitation; "": it opens something."""
    found = list(endings(user_id).values())
    if not found:
        return rules.WITHDRAWN
    return "" if "" in found else found[-1]


def mail_is_true(mail: models.OutboxMail) -> bool:
    """Whether this mail is the latest that tells of some moment which its guest's code opens."""
    told, later = models.InvitationMail, orm.aliased(models.InvitationMail)
    newer = sa.exists().where(later.invitation_id == told.invitation_id, later.mail_id > told.mail_id)
    found = (
        sa.select(told.invitation_id)
        .join(models.Invitation, models.Invitation.id == told.invitation_id)
        .where(told.mail_id == mail.id, invitation_works(), ~newer)
    )
    return db.session.scalar(found.limit(1)) is not None


# -- for the actions


def guests_where(which: sa.ColumnElement[bool]) -> Any:
    """Such invitations, each with its guest."""
    return (
        sa.select(
            models.Invitation.id,
            models.Invitation.user_id,
            models.Invitation.withdrawn_at,
            models.User,
            models.Guest.email,
        )
        .join(models.User, models.User.id == models.Invitation.user_id)
        .join(models.Guest, models.Guest.user_id == models.Invitation.user_id)
        .where(which)
        .order_by(models.Invitation.id)
    )


def guests_of(rows: Iterable[Any]) -> Guests:
    """The guests of rows of `guests_where`, each once. An address whose term is over is left out."""
    found = {
        user.id: f"{user.full_name} ({address})" if address else user.full_name
        for *_invitation, user, address in rows
    }
    return dict(sorted(found.items(), key=lambda pair: (pair[1], pair[0])))


def ended_by_stopping(registrations: Collection[int]) -> Guests:
    """The guests whose invitations ended as these registrations were stopped. One query."""
    own = models.Registration
    stopped = (
        sa.select(models.Sitting.id)
        .join(own, own.id == models.Sitting.registration_id)
        .where(own.id.in_(id_set(sorted(registrations))), models.Invitation.withdrawn_at >= own.stopped_at)
        .correlate(models.Invitation)
    )
    return guests_of(db.session.execute(guests_where(models.Invitation.sitting_id.in_(stopped))))


def live_invitation(sitting_id: int) -> models.Invitation | None:
    """The invitation of this sitting that was not withdrawn, locked."""
    return db.session.scalars(
        sa.select(models.Invitation)
        .where(models.Invitation.sitting_id == sitting_id, models.Invitation.withdrawn_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


@dataclass(frozen=True)
class Taken:
    """Why a sitting cannot have another company examiner; names, or "" when there is nobody."""

    definitive: bool
    company: str
    invited: str


def taken(sittings: Sequence[int]) -> Mapping[int, Taken]:
    """Sitting id -> who examines there for the company already. Two queries."""
    definitive = models.Assessment.definitive_at.is_not(None).label("definitive")
    closed = {
        row.id: bool(row.definitive)
        for row in db.session.execute(
            sa.select(models.Sitting.id, definitive)
            .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
            .where(models.Sitting.id.in_(id_set(sittings)))
        )
    }
    rows = db.session.execute(
        sa.select(models.SittingExaminer.sitting_id, models.User, models.Invitation.id)
        .join(models.User, models.User.id == models.SittingExaminer.user_id)
        .outerjoin(
            models.Invitation,
            (models.Invitation.sitting_id == models.SittingExaminer.sitting_id)
            & (models.Invitation.user_id == models.SittingExaminer.user_id)
            & models.Invitation.withdrawn_at.is_(None),
        )
        .where(
            models.SittingExaminer.sitting_id.in_(id_set(sittings)),
            models.SittingExaminer.role == Role.COMPANY_EXAMINER.value,
        )
    )
    company = {sitting_id: (user.full_name, invited is not None) for sitting_id, user, invited in rows}
    return {
        key: Taken(
            done,
            *((company[key][0], company[key][0] if company[key][1] else "") if key in company else ("", "")),
        )
        for key, done in closed.items()
    }


def others_of_exam(sitting: models.Sitting) -> Sequence[models.Sitting]:
    """The other moments of the same attempt for which somebody can be invited now, by time."""
    rows = db.session.scalars(
        sa.select(models.Sitting)
        .where(models.Sitting.registration_id == sitting.registration_id, models.Sitting.id != sitting.id)
        .options(orm.joinedload(models.Sitting.task))
        .order_by(models.Sitting.starts_at, models.Sitting.id)
    ).all()
    there = taken([row.id for row in rows])
    return [
        row
        for row in rows
        if not (there[row.id].definitive or there[row.id].company or too_long_ago(row.ends_at))
    ]


def _ended(one: models.Invitation, ends_at: dt.datetime | None, definitive_at: dt.datetime | None) -> str:
    if one.withdrawn_at is not None or ends_at is None:
        return rules.WITHDRAWN
    if definitive_at is not None:
        return rules.DEFINITIVE
    return rules.EXPIRED if too_long_ago(ends_at) else ""
