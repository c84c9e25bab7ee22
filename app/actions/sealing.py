"""What must be read back and yet not stand in the database: encrypted with the school's secret key."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

NONCE_BYTES = 12  # what AES-GCM takes


def derived(purpose: str, length: int = 32) -> bytes:
    """Bytes for one purpose, out of the secret key; the same each time."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return HKDF(SHA256(), length, salt=None, info=purpose.encode()).derive(secret)


def seal(text: str, purpose: str) -> str:
    """The text, encrypted; it opens for the same purpose only (“totp|12”: not on another user's row)."""
    nonce = os.urandom(NONCE_BYTES)
    return bytes_to_base64url(
        nonce + AESGCM(derived("sealing")).encrypt(nonce, text.encode(), purpose.encode())
    )


def unseal(sealed: str, purpose: str) -> str:
    """The text again. InvalidTag (cryptography) when the key, the purpose or the text is another."""
    raw = base64url_to_bytes(sealed)
    nonce, body = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
    return AESGCM(derived("sealing")).decrypt(nonce, body, purpose.encode()).decode()
