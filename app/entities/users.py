"""Gebruikers: who signs in, with which roles, coupled to which programmes."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User as AppBuilderUser
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.programmes import Programme

user_programme = sa.Table(
    "user_programme",
    Model.metadata,
    sa.Column("user_id", sa.ForeignKey("ab_user.id"), primary_key=True),
    sa.Column("programme_id", sa.ForeignKey("programme.id"), primary_key=True, index=True),
)


class SchoolUser(AppBuilderUser):
    """Flask-AppBuilder's user with what a school needs; never deleted once they have assessed."""

    __tablename__ = "ab_user"
    __table_args__ = (
        # Columns that point at a user have an index; without it, removing a user reads this whole table.
        sa.Index("ix_ab_user_created_by_fk", "created_by_fk"),
        sa.Index("ix_ab_user_changed_by_fk", "changed_by_fk"),
        {"extend_existing": True},  # one table with the framework's class
    )
    trail_name: ClassVar[str] = "User"  # what the trail calls these rows

    infix: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="", server_default="")
    phone: orm.Mapped[str] = orm.mapped_column(sa.String(30), default="", server_default="")
    organisation: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="", server_default="")
    language: orm.Mapped[str] = orm.mapped_column(sa.String(5), default="", server_default="")
    # Invited without an account: no password, in no list or picker (app/permissions.py, decision 0033).
    guest: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    version: orm.Mapped[int] = orm.mapped_column(default=1, server_default="1")
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)

    programmes: orm.Mapped[list[Programme]] = orm.relationship(
        secondary=user_programme, order_by=Programme.name
    )

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.infix, self.last_name) if part)

    def __str__(self) -> str:
        return self.full_name


# The framework's mappers look a class up by the name "User"; ours may not carry it a second time.
User = SchoolUser


class LoginCode(Model):
    """A code to sign in with, once, until it expires. Its hash is kept, never the code itself.

    `purpose` (rules/code_format.py): an invitation of 80 bits, or a short mailed code to sign in or to choose
    another password, which only the browser that asked can use, and not after five wrong tries.
    """

    __tablename__ = "login_code"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    nonce: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    code_hash: orm.Mapped[str] = orm.mapped_column(
        sa.String(64)
    )  # app/queries/access/codes.py says which hash
    purpose: orm.Mapped[str] = orm.mapped_column(
        sa.String(12), default="invitation", server_default="invitation"
    )
    tries: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    browser_hash: orm.Mapped[str | None] = orm.mapped_column(sa.String(64), index=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    expires_at: orm.Mapped[datetime] = orm.mapped_column(Moment)
    used_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    cancelled_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)

    user: orm.Mapped[User] = orm.relationship()


class SignInAttempt(Model):
    """A try to get in that did not succeed (yet); what the limits count, shared by all workers (trap 14).

    `account`: whose it is, when the name that was typed is somebody's. `typed`: a fingerprint of what was
    typed. `place`: the known browser or the session that it came from; empty: from `address`. `own`: that
    place is known to the account, so that its tries count apart from those of strangers (rules/tries.py).
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        sa.Index("ix_sign_in_attempt_account_id_at", "account_id", "at"),
        sa.Index("ix_sign_in_attempt_typed_at", "typed", "at"),
        sa.Index("ix_sign_in_attempt_place_at", "place", "at"),
        sa.Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20), server_default="")
    account_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    typed: orm.Mapped[str] = orm.mapped_column(sa.String(64), default="", server_default="")
    place: orm.Mapped[str] = orm.mapped_column(sa.String(64), default="", server_default="")
    own: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    address: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)


class KnownBrowser(Model):
    """A browser in which somebody has signed in before. It opens nothing: its tries are counted apart."""

    __tablename__ = "known_browser"
    __table_args__ = (sa.UniqueConstraint("user_id", "token_hash"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    token_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), index=True)  # SHA-256 of its token
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    last_seen_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)


__all__ = ["KnownBrowser", "LoginCode", "RoleRow", "SignInAttempt", "User", "user_programme"]
