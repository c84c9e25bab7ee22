"""The invitations of people without an account to examine a sitting, and the state of their mails."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set
from app.rules import invitations as rules
from app.school import current_school
from app.scopes import invitation_works


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
            sa.func.max(models.OutboxMail.id).label("mail_id"),
            models.OutboxMail.invitation_id.label("invitation_id"),
        )
        .where(models.OutboxMail.invitation_id.is_not(None))
        .group_by(models.OutboxMail.invitation_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(
            models.Invitation,
            models.User,
            models.OutboxMail.state,
            models.OutboxMail.sent_at,
            models.Sitting.ends_at,
            models.Assessment.definitive_at,
        )
        .join(models.User, models.User.id == models.Invitation.user_id)
        .join(models.Sitting, models.Sitting.id == models.Invitation.sitting_id)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .outerjoin(latest, latest.c.invitation_id == models.Invitation.id)
        .outerjoin(models.OutboxMail, models.OutboxMail.id == latest.c.mail_id)
        .where(models.Invitation.sitting_id.in_(id_set(sittings)))
        .order_by(models.Invitation.id)
    )
    # In the order of their ids: a later invitation of a sitting takes the place of an earlier one.
    found: dict[int, InvitationState] = {}
    for one, user, mail_state, sent_at, ends_at, definitive_at in rows:
        assert one.sitting_id is not None  # noqa: S101 - joined on it
        found[one.sitting_id] = InvitationState(
            one.id,
            user.full_name,
            one.email,
            mail_state or "",
            sent_at,
            one.opened_at,
            _ended(one, ends_at, definitive_at),
        )
    return found


def too_long_ago(ends_at: dt.datetime) -> bool:
    """Whether the sitting ended so long ago that its invitation opens nothing any more."""
    return ends_at <= utc_now() - dt.timedelta(days=current_school().invitation_days)


def open_sitting(user_id: int) -> int | None:
    """The sitting that this guest's invitation opens now."""
    return db.session.scalar(
        sa.select(models.Invitation.sitting_id).where(
            models.Invitation.user_id == user_id, invitation_works()
        )
    )


def why_ended(user_id: int) -> str:
    """Why this guest's invitation opens nothing any more; "": it works."""
    row = db.session.execute(
        sa.select(models.Invitation, models.Sitting.ends_at, models.Assessment.definitive_at)
        .outerjoin(models.Sitting, models.Sitting.id == models.Invitation.sitting_id)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(models.Invitation.user_id == user_id)
    ).one_or_none()
    return _ended(*row) if row is not None else rules.WITHDRAWN


def live_invitation(sitting_id: int) -> models.Invitation | None:
    """The invitation of this sitting that was not withdrawn, locked."""
    return db.session.scalars(
        sa.select(models.Invitation)
        .where(models.Invitation.sitting_id == sitting_id, models.Invitation.withdrawn_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def has_scored(sitting_id: int, user_id: int) -> bool:
    sheet = (
        sa.select(models.ScoreSheet.id)
        .join(models.Assessment)
        .where(models.Assessment.sitting_id == sitting_id, models.ScoreSheet.examiner_id == user_id)
    )
    return db.session.scalar(sheet) is not None


def _ended(one: models.Invitation, ends_at: dt.datetime | None, definitive_at: dt.datetime | None) -> str:
    if one.withdrawn_at is not None or ends_at is None:
        return rules.WITHDRAWN
    if definitive_at is not None:
        return rules.DEFINITIVE
    return rules.EXPIRED if too_long_ago(ends_at) else ""
