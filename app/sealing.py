"""Uses the school's secret key: to compute codes that are never stored, and to encrypt what is stored."""

import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

NONCE_BYTES = 12  # the length that AES-GCM takes


def drawn(words: str) -> bytes:
    """The 32 bytes from which a code is made (decision 0006). The same words give the same bytes."""
    return hmac.digest(_secret_key(), words.encode(), "sha256")


def derived(purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, the same each time."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(_secret_key())


def seal(text: str, purpose: str) -> str:
    """The text, encrypted. It opens for the same purpose only: “totp|12” not on another user's row."""
    nonce = os.urandom(NONCE_BYTES)
    return bytes_to_base64url(
        nonce + AESGCM(derived("sealing")).encrypt(nonce, text.encode(), purpose.encode())
    )


def unseal(sealed: str, purpose: str) -> str:
    """The text behind `seal`. InvalidTag (cryptography) for another key or purpose, or a changed text."""
    raw = base64url_to_bytes(sealed)
    nonce, body = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
    return AESGCM(derived("sealing")).decrypt(nonce, body, purpose.encode()).decode()


def _secret_key() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()


def signature(text: str, purpose: str) -> str:
    """A signature of the text, in hex, with the present key."""
    return _signed(text, purpose, _secret_key())


def is_signed(text: str, given: str, purpose: str) -> bool:
    """Whether one of the school's keys made this signature for this purpose."""
    return any(hmac.compare_digest(_signed(text, purpose, key), given) for key in _known_keys())


def _signed(text: str, purpose: str, key: bytes) -> str:
    own = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key)
    return hmac.new(own, text.encode(), "sha256").hexdigest()


def _known_keys() -> list[bytes]:
    """Every key whose signatures count, the present one first."""
    return [_secret_key()]
