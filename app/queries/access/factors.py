"""The second factors of a user: which they have, and the secret of an app that is being set up."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app import models, sealing
from app.entities.base import db
from app.rules import totp
from app.rules.tokens import fingerprint

SETUP_SECONDS = 30 * 60  # how long a QR code on the screen may be confirmed
SETUP = "second-factor-setup"


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


def sheet_mark(user_id: int | None) -> str:
    """Which recovery codes a user has, used or not, in a few characters; "" for none."""
    codes = sa.select(models.RecoveryCode.code_hash).where(models.RecoveryCode.user_id == user_id)
    found = db.session.scalars(codes.order_by(models.RecoveryCode.code_hash)).all()
    return fingerprint(" ".join(found))[:16] if found else ""


def sealed_for(user_id: int) -> str:
    """The purpose for which the secret of this user's app is sealed: it opens on no other user's row."""
    return f"totp|{user_id}"


def kept_secret(row: models.Authenticator) -> str | None:
    """The secret of this app; None when it was sealed with a key that is gone."""
    try:
        return sealing.unseal(row.sealed_secret, sealed_for(row.user_id))
    except sealing.Unreadable:
        return None


def unreadable_apps() -> int:
    """How many authenticator apps none of the school's keys opens: their users cannot show a code."""
    return sum(kept_secret(row) is None for row in db.session.scalars(sa.select(models.Authenticator)))


def new_setup(user_id: int) -> str:
    """A signed text for the page with a QR code. Nothing is stored until the user shows a code of the app."""
    return sealing.sign([user_id, secrets.token_urlsafe(16)], SETUP)


def secret_behind(setup: str, user_id: int) -> str | None:
    """The secret that the page with this `setup` shows; None: too old, or not this user's."""
    match sealing.signed(setup, SETUP, SETUP_SECONDS):
        case ([owner, _nonce], drawn) if owner == user_id:
            return totp.secret_of(drawn)
    return None
