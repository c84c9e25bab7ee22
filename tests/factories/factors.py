"""Makes the second factors of a user: an authenticator app, passkeys, recovery codes."""

from __future__ import annotations

import base64
import os
from typing import Any

import pyotp

from app.entities.factors import Authenticator, Passkey, RecoveryCode
from app.entities.users import User
from app.rules.tokens import fingerprint
from app.sealing import seal
from tests.factories.base import save, saved
from tests.support import clock

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def make_app(user: User) -> Authenticator:
    """An authenticator app with SECRET, not used for a while."""
    sealed = seal(SECRET, f"totp|{user.id}")
    return saved(Authenticator(user_id=user.id, sealed_secret=sealed, last_step=0))


def app_code(ahead: int = 0) -> str:
    """The code that this app shows now, or `ahead` steps of 30 seconds later."""
    return pyotp.TOTP(SECRET).at(clock.seconds() + 30 * ahead)


def make_passkey(user: User, **values: Any) -> Passkey:
    """A passkey that no device holds: it can be listed and removed, not shown."""
    credential = base64.urlsafe_b64encode(os.urandom(24)).decode().rstrip("=")
    given = {"name": "laptop", "public_key": b"none", "sign_count": 0, "credential_id": credential, **values}
    return saved(Passkey(user_id=user.id, **given))


def make_recovery_codes(user: User, *codes: str) -> None:
    save(*(RecoveryCode(user_id=user.id, code_hash=fingerprint(code)) for code in codes))
