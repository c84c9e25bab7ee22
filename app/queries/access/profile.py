"""What Mijn profiel reads beside the account itself."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.clock import utc_now
from app.entities.base import db
from app.entities.profile import EmailChange


def open_change(user_id: int | None) -> Select[EmailChange]:
    """The change of address that waits for its code; there is at most one."""
    return (
        select(EmailChange)
        .where(
            EmailChange.user_id == user_id,
            EmailChange.confirmed_at.is_(None),
            EmailChange.ended_at.is_(None),
            EmailChange.expires_at > utc_now(),
        )
        .order_by(EmailChange.id.desc())
        .limit(1)
    )


def address_awaiting(user_id: int | None) -> str:
    """The new address that is not confirmed yet; "": none."""
    found = db.session.scalars(open_change(user_id)).one_or_none()
    return found.new_email if found is not None else ""
