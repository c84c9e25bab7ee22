"""What Mijn profiel reads besides the account itself: a change of address that waits for its code."""

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db


def open_change(user_id: int | None) -> sa.Select[models.EmailChange]:
    """The change of address that waits for its code; there is at most one."""
    return (
        sa.select(models.EmailChange)
        .where(
            models.EmailChange.user_id == user_id,
            models.EmailChange.confirmed_at.is_(None),
            models.EmailChange.ended_at.is_(None),
            models.EmailChange.expires_at > utc_now(),
        )
        .order_by(models.EmailChange.id.desc())
        .limit(1)
    )


def address_awaiting(user_id: int | None) -> str:
    """The new address that is not confirmed yet; "": none."""
    found = db.session.scalars(open_change(user_id)).one_or_none()
    return found.new_email if found is not None else ""
