"""Mijn profiel: the link of a calendar, and an e-mail address that is about to change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.users import User


class CalendarLink(Model):
    """The secret address of one user's calendar feed: it reads that feed, and opens nothing else."""

    __tablename__ = "calendar_link"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of 256 random bits
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)

    user: Mapped[User] = relationship()


class EmailChange(Model):
    """Another address, until it is confirmed there or stopped from the old one. Codes are never stored."""

    __tablename__ = "email_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    old_email: Mapped[str] = mapped_column(String(254))
    new_email: Mapped[str] = mapped_column(String(254))
    nonce: Mapped[str] = mapped_column(String(64))  # what both codes are drawn out of
    code_hash: Mapped[str] = mapped_column(String(256))  # salted: eight characters
    stop_selector: Mapped[str] = mapped_column(String(4), index=True)
    stop_hash: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)  # stopped, replaced or taken back

    user: Mapped[User] = relationship()
