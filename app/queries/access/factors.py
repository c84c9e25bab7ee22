"""What a user has to show as a second factor."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, exists, func, or_, select

from app.entities.base import db
from app.entities.factors import Authenticator, Passkey, RecoveryCode
from app.entities.users import User
from app.rules import totp
from app.sealing import derived

SETUP_SECONDS = 30 * 60  # how long a QR code on the screen may be confirmed


def has_factor() -> ColumnElement[bool]:
    """Condition on User: has an authenticator app or a passkey. Recovery codes alone are none."""
    return or_(exists().where(Authenticator.user_id == User.id), exists().where(Passkey.user_id == User.id))


def user_has_factor(user_id: int | None) -> bool:
    """Whether this user has a second factor to show."""
    return bool(db.session.scalar(select(has_factor()).select_from(User).where(User.id == user_id)))


@dataclass(frozen=True)
class Factors:
    """The second factors of one user, and how many recovery codes are left."""

    app: Authenticator | None
    passkeys: Sequence[Passkey]
    codes_left: int

    @property
    def count(self) -> int:
        return len(self.passkeys) + (self.app is not None)


def factors_of(user_id: int | None) -> Factors:
    app = db.session.scalars(select(Authenticator).where(Authenticator.user_id == user_id)).one_or_none()
    theirs = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)
    passkeys = db.session.scalars(theirs).all()
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return Factors(app, passkeys, db.session.scalar(left) or 0)


def new_setup(user_id: int) -> str:
    """What a page that shows a QR code carries: nothing is stored until a code of it was shown."""
    return str(_signer().dumps([user_id, secrets.token_urlsafe(16)]))


def secret_behind(setup: str, user_id: int) -> str | None:
    """The secret that the page with this `setup` shows; None: too old, or not this user's."""
    try:
        owner, nonce = _signer().loads(setup, max_age=SETUP_SECONDS)
    except (BadSignature, ValueError):
        return None
    return totp.secret_of(derived(f"totp|{user_id}|{nonce}")) if owner == user_id else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="second-factor-setup")
