"""Who is invited to examine a sitting without an account, and what became of the mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.clock import utc_now
from app.entities.assessment import Assessment, ScoreSheet
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.invitations import Invitation
from app.entities.mail import OutboxMail
from app.entities.planning import Sitting
from app.entities.users import User
from app.rules.invitations import DEFINITIVE, EXPIRED, WITHDRAWN
from app.school import current_school
from app.scopes import invitation_works


@dataclass(frozen=True)
class InvitationState:
    """`mail_state`: that of the latest mail. `ended`: "", or why it opens nothing any more."""

    id: int
    name: str
    email: str
    mail_state: str
    mailed_at: datetime | None
    opened_at: datetime | None
    ended: str


def invitations_of(sittings: Sequence[int]) -> Mapping[int, InvitationState]:
    """sitting -> its latest invitation. One query."""
    if not sittings:
        return {}
    latest = (
        select(func.max(OutboxMail.id).label("mail_id"), OutboxMail.invitation_id.label("invitation_id"))
        .where(OutboxMail.invitation_id.is_not(None))
        .group_by(OutboxMail.invitation_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Invitation, User, OutboxMail.state, OutboxMail.sent_at, Sitting.ends_at, Assessment.definitive_at
        )
        .join(User, User.id == Invitation.user_id)
        .join(Sitting, Sitting.id == Invitation.sitting_id)
        .outerjoin(Assessment, Assessment.sitting_id == Sitting.id)
        .outerjoin(latest, latest.c.invitation_id == Invitation.id)
        .outerjoin(OutboxMail, OutboxMail.id == latest.c.mail_id)
        .where(Invitation.sitting_id.in_(id_set(sittings)))
        .order_by(Invitation.id)
    )
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


def too_long_ago(ends_at: datetime) -> bool:
    """Whether an invitation for a sitting that ended then opens nothing any more."""
    return ends_at <= utc_now() - timedelta(days=current_school().invitation_days)


def open_sitting(user_id: int) -> int | None:
    """The sitting that this guest's invitation opens now."""
    return db.session.scalar(
        select(Invitation.sitting_id).where(Invitation.user_id == user_id, invitation_works())
    )


def why_ended(user_id: int) -> str:
    """Why this guest's invitation opens nothing any more; "": it works."""
    row = db.session.execute(
        select(Invitation, Sitting.ends_at, Assessment.definitive_at)
        .outerjoin(Sitting, Sitting.id == Invitation.sitting_id)
        .outerjoin(Assessment, Assessment.sitting_id == Sitting.id)
        .where(Invitation.user_id == user_id)
    ).one_or_none()
    return _ended(*row) if row is not None else WITHDRAWN


def live_invitation(sitting_id: int) -> Invitation | None:
    """The invitation of this sitting that was not withdrawn, locked."""
    return db.session.scalars(
        select(Invitation)
        .where(Invitation.sitting_id == sitting_id, Invitation.withdrawn_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def has_scored(sitting_id: int, user_id: int) -> bool:
    sheet = (
        select(ScoreSheet.id)
        .join(Assessment)
        .where(Assessment.sitting_id == sitting_id, ScoreSheet.examiner_id == user_id)
    )
    return db.session.scalar(sheet) is not None


def _ended(one: Invitation, ends_at: datetime | None, definitive_at: datetime | None) -> str:
    if one.withdrawn_at is not None or ends_at is None:
        return WITHDRAWN
    if definitive_at is not None:
        return DEFINITIVE
    return EXPIRED if too_long_ago(ends_at) else ""
