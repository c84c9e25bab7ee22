"""The second factor: an authenticator app, passkeys, recovery codes, and challenges not answered yet."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment


class Authenticator(Model):
    """The authenticator app of a user; the row is made when its user shows a first code."""

    __tablename__ = "authenticator"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), unique=True)
    sealed_secret: orm.Mapped[str] = orm.mapped_column(sa.String(200))  # encrypted: app/sealing.py
    last_step: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)  # of the code used last: a code works once
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    last_used_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)


class Passkey(Model):
    """A passkey: the public half of a key pair. A user may have several."""

    __tablename__ = "passkey"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    credential_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(1400), unique=True
    )  # base64url, as browsers say it
    public_key: orm.Mapped[bytes] = orm.mapped_column(sa.LargeBinary)
    sign_count: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)  # a lower count comes from a copied key
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    last_used_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)

    def __str__(self) -> str:
        return self.name


class AnsweredChallenge(Model):
    """A challenge that was signed: kept for as long as it would have been open, so that it works once."""

    __tablename__ = "answered_challenge"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    challenge: orm.Mapped[str] = orm.mapped_column(sa.String(100), unique=True)  # base64url
    expires_at: orm.Mapped[datetime] = orm.mapped_column(Moment)


class RecoveryCode(Model):
    """One of ten codes for a user who lost their device; the code itself is never stored."""

    __tablename__ = "recovery_code"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    code_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    used_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
