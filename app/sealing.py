"""Uses the school's secret keys: to compute codes that are never stored, and to encrypt what is stored.

The newest key writes. What an older key wrote can still be read (docs/running.md, "Secrets"). Nothing else in
the application knows a key.
"""

import hmac
import os
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

NONCE_BYTES = 12  # the length that AES-GCM takes


class Unreadable(Exception):
    """None of the school's keys opens this text: it was sealed with another key, or changed."""


def drawn(words: str) -> bytes:
    """The 32 bytes from which a code is made (decision 0006). The same words give the same bytes."""
    return next(drawings(words))


def drawings(words: str) -> Iterator[bytes]:
    """What each key draws from these words, the newest first: a code that waits may be an older key's."""
    return (hmac.digest(key, words.encode(), "sha256") for key in _keys())


def derived(purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, the same for as long as no newer key is made."""
    return next(derivations(purpose))


def derivations(purpose: str) -> Iterator[bytes]:
    """What each key gives for this purpose, the newest first: what waits may be an older key's."""
    return (_derived(key, purpose) for key in _keys())


def seal(text: str, purpose: str) -> str:
    """The text, encrypted. It opens for the same purpose only: “totp|12” not on another user's row."""
    nonce = os.urandom(NONCE_BYTES)
    return bytes_to_base64url(
        nonce + AESGCM(derived("sealing")).encrypt(nonce, text.encode(), purpose.encode())
    )


def unseal(sealed: str, purpose: str) -> str:
    """The text behind `seal`. Unreadable for an unknown key, another purpose or a changed text."""
    for key in _keys():
        text = _opened(key, sealed, purpose)
        if text is not None:
            return text
    raise Unreadable


def is_newest(sealed: str, purpose: str) -> bool:
    """Whether the newest key sealed this text."""
    return _opened(next(_keys()), sealed, purpose) is not None


def sign(value: object, purpose: str) -> str:
    """The value as a text that nobody can change, with the time in it."""
    return str(_signer(next(_keys()), purpose).dumps(value))


def signed(text: str, purpose: str, seconds: int) -> tuple[object, bytes] | None:
    """The value behind `sign`, and what the key that signed it derives for the same purpose and this text.

    None: it is older than this many seconds, or no key of the school signed it.
    """
    for key in _keys():
        try:
            return _signer(key, purpose).loads(text, max_age=seconds), _derived(key, f"{purpose}|{text}")
        except BadSignature:
            continue
    return None


def signature(text: str, purpose: str) -> str:
    """A signature of the text, in hex, by the newest key. It holds for as long as that key is known."""
    return _signature(next(_keys()), text, purpose)


def is_signed(text: str, given: str, purpose: str) -> bool:
    """Whether one of the school's keys made this signature for this purpose."""
    return any(hmac.compare_digest(_signature(key, text, purpose), given) for key in _keys())


def _signature(key: bytes, text: str, purpose: str) -> str:
    return hmac.new(_derived(key, purpose), text.encode(), "sha256").hexdigest()


def _opened(key: bytes, sealed: str, purpose: str) -> str | None:
    raw = base64url_to_bytes(sealed)
    nonce, body = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
    try:
        return AESGCM(_derived(key, "sealing")).decrypt(nonce, body, purpose.encode()).decode()
    except InvalidTag:
        return None


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key)


def _signer(key: bytes, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=purpose)


def _keys() -> Iterator[bytes]:
    """The school's keys, the newest first."""
    newest, older = current_app.config["SECRET_KEY"], current_app.config.get("SECRET_KEY_FALLBACKS") or ()
    return (str(key).encode() for key in (newest, *older))
