"""Codes of an authenticator app: six digits, a new one every thirty seconds (RFC 6238)."""

import base64
import hmac

import pyotp

SECONDS = 30
DRIFT = 1  # steps that a phone's clock may be off, either way
SECRET_BYTES = 20  # what RFC 4226 asks: 160 bits
GROUP = 4


def secret_of(digest: bytes) -> str:
    """The secret as an app takes it: 32 letters and digits out of the first twenty bytes."""
    if len(digest) < SECRET_BYTES:
        raise ValueError("twenty bytes are needed")
    return base64.b32encode(digest[:SECRET_BYTES]).decode()


def grouped(secret: str) -> str:
    """The secret as people type it over: "JBSW Y3DP …"."""
    return " ".join(secret[at : at + GROUP] for at in range(0, len(secret), GROUP))


def address_of(secret: str, *, account: str, school: str) -> str:
    """The otpauth:// address that the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=school)


def digits_of(typed: str) -> str:
    """The six digits in what somebody typed; empty when it is something else."""
    plain = "".join(typed.split()).replace("-", "")
    return plain if len(plain) == 6 and plain.isascii() and plain.isdigit() else ""


def step_of(secret: str, typed: str, now: float, *, after: int = 0) -> int | None:
    """The step whose code was typed; None when it is wrong, or not later than step `after` (a replay).

    `now`: seconds since 1970. A code works once: the caller keeps the step and gives it as `after`.
    """
    code, present = digits_of(typed), int(now) // SECONDS
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        right = hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step), code)
        if right and step > after:
            found = step
    return found
