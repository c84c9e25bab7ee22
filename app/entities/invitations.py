"""Guests: company examiners without an account, what opens their moments, and for which they are invited."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.planning import Sitting
from app.entities.users import User

LIVE = sa.text("withdrawn_at IS NULL")
ONE_PERSON = sa.text("NOT doubled")


class Guest(Model):
    """What is kept of a guest beside their row of User: an address is one guest, with all of its moments.

    The row of User (`User.guest`) has the name and the company, and cannot sign in in any other way.
    """

    __tablename__ = "guest"
    __table_args__ = (
        sa.Index(
            "uq_guest_email", "email", unique=True, sqlite_where=ONE_PERSON, postgresql_where=ONE_PERSON
        ),
    )

    user_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("ab_user.id"), primary_key=True, autoincrement=False
    )
    email: orm.Mapped[str | None] = orm.mapped_column(sa.String(254))  # in lower case; None: its term is over
    # Invited before an address was one guest, and another name has the address now (migration 0021).
    doubled: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    opened_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)  # the last time they came in

    user: orm.Mapped[User] = orm.relationship()


class GuestKey(Model):
    """Opens all moments of a guest. Code and token are made out of `nonce` when a mail is sent.

    A guest has one that works; several when they had a mail per moment before (migration 0021).
    """

    __tablename__ = "guest_key"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    nonce: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    selector: orm.Mapped[str] = orm.mapped_column(
        sa.String(4), index=True
    )  # the code's first four characters
    code_hash: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    token_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)  # replaced by a new one

    user: orm.Mapped[User] = orm.relationship()


class Invitation(Model):
    """One sitting for which a guest is invited. It ends by itself (app/scopes.py, `invitation_works`)."""

    __tablename__ = "invitation"
    __table_args__ = (
        # One guest at a time; a withdrawn invitation stays on record.
        sa.Index(
            "uq_invitation_live_sitting",
            "sitting_id",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    sitting_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.ForeignKey("sitting.id")
    )  # None: the planning was removed
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    invited_by_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    withdrawn_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)

    sitting: orm.Mapped[Sitting | None] = orm.relationship()
    user: orm.Mapped[User] = orm.relationship(foreign_keys=user_id)
