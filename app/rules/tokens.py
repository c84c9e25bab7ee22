"""Random tokens, and what may be kept of them."""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits, fit for a cookie or an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def fingerprint(text: str) -> str:
    """How a secret of at least 80 random bits is kept and looked up: a plain SHA-256.

    OWASP ASVS 5.0, 6.5.2 allows that from 112 bits; docs/security.md says why an inlogcode has 80.
    """
    return hashlib.sha256(text.encode()).hexdigest()
