"""The second factor: an authenticator app, passkeys, recovery codes, and challenges not answered yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import utc_now
from app.entities.base import Model, Moment


class Authenticator(Model):
    """The authenticator app of a user; there is a row once a code of it was shown."""

    __tablename__ = "authenticator"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), unique=True)
    sealed_secret: Mapped[str] = mapped_column(String(200))  # encrypted: app/sealing.py
    last_step: Mapped[int] = mapped_column(BigInteger)  # of the code used last: a code works once
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    last_used_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)


class Passkey(Model):
    """A passkey: the public half of a key pair. A user may have several."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)  # base64url, as browsers say it
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)  # a lower one than this comes from a copy
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)

    def __str__(self) -> str:
        return self.name


class PasskeyChallenge(Model):
    """What a browser must sign, once and soon; the row goes when it is answered."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (CheckConstraint("purpose IN ('register', 'show', 'sign_in')", name="purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge: Mapped[str] = mapped_column(String(100))  # base64url
    purpose: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)  # none: at sign-in
    address: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class RecoveryCode(Model):
    """One of ten codes for who lost the device; the code itself is never stored."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
