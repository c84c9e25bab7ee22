"""Mijn profiel: the link of a calendar, and an e-mail address that is about to change."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.users import User


class CalendarLink(Model):
    """The secret address of one user's calendar feed: it reads that feed, and opens nothing else."""

    __tablename__ = "calendar_link"

    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), primary_key=True)
    token_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)  # SHA-256 of 256 random bits
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)

    user: orm.Mapped[User] = orm.relationship()


class EmailChange(Model):
    """A new address, until it is confirmed there or stopped from the old one. Codes are never stored."""

    __tablename__ = "email_change"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    old_email: orm.Mapped[str] = orm.mapped_column(sa.String(254))
    new_email: orm.Mapped[str] = orm.mapped_column(sa.String(254))
    nonce: orm.Mapped[str] = orm.mapped_column(sa.String(64))  # both codes are made out of it
    code_hash: orm.Mapped[str] = orm.mapped_column(sa.String(256))  # salted: eight characters
    stop_selector: orm.Mapped[str] = orm.mapped_column(sa.String(4), index=True)
    stop_hash: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    expires_at: orm.Mapped[datetime] = orm.mapped_column(Moment)
    confirmed_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)  # stopped, replaced or taken back

    user: orm.Mapped[User] = orm.relationship()
