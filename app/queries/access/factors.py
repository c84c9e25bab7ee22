"""The second factors of a user: which they have, and the secret of an app that is being set up."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app import models
from app.entities.base import db
from app.rules import totp
from app.sealing import derived

SETUP_SECONDS = 30 * 60  # how long a QR code on the screen may be confirmed


def has_factor() -> sa.ColumnElement[bool]:
    """Condition on User: has an authenticator app or a passkey. Recovery codes alone are none."""
    return sa.or_(
        sa.exists().where(models.Authenticator.user_id == models.User.id),
        sa.exists().where(models.Passkey.user_id == models.User.id),
    )


def user_has_factor(user_id: int | None) -> bool:
    """Whether this user has a second factor to show."""
    return bool(
        db.session.scalar(sa.select(has_factor()).select_from(models.User).where(models.User.id == user_id))
    )


@dataclass(frozen=True)
class Factors:
    """The second factors of one user, and how many recovery codes are left."""

    app: models.Authenticator | None
    passkeys: Sequence[models.Passkey]
    codes_left: int

    @property
    def count(self) -> int:
        return len(self.passkeys) + (self.app is not None)


def factors_of(user_id: int | None) -> Factors:
    """The second factors of a user. Three queries."""
    app = db.session.scalars(
        sa.select(models.Authenticator).where(models.Authenticator.user_id == user_id)
    ).one_or_none()
    theirs = sa.select(models.Passkey).where(models.Passkey.user_id == user_id).order_by(models.Passkey.id)
    passkeys = db.session.scalars(theirs).all()
    left = sa.select(sa.func.count()).where(
        models.RecoveryCode.user_id == user_id, models.RecoveryCode.used_at.is_(None)
    )
    return Factors(app, passkeys, db.session.scalar(left) or 0)


def new_setup(user_id: int) -> str:
    """A signed text for the page with a QR code. Nothing is stored until the user shows a code of the app."""
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
