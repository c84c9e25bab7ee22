"""A device that holds one passkey: it signs a challenge as a phone does, with the handle it was given."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from app.entities.users import User
from app.rules.passkeys import ANSWERED_WITHIN, Challenge, Site
from tests.factories import make_passkey
from tests.support import clock

SITE, ORIGIN = "localhost", "http://localhost"
PRESENT_AND_VERIFIED = 0x05


HERE = Site(SITE, ORIGIN)


def asked_to(purpose: str, user_id: int | None) -> Challenge:
    """A challenge as the cookie of a browser keeps it."""
    return Challenge(text(os.urandom(32)), purpose, user_id, int(clock.seconds()) + ANSWERED_WITHIN)


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Device:
    def __init__(self, user: User, handle: bytes) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._handle, self._id, self._count = handle, os.urandom(24), 0
        point = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        make_passkey(user, credential_id=text(self._id), public_key=cbor2.dumps(public))

    def answer(self, options: dict[str, Any]) -> str:
        """What a browser sends for these options."""
        self._count += 1
        client = {"type": "webauthn.get", "challenge": options["challenge"], "origin": ORIGIN}
        told = json.dumps(client).encode()
        seen = hashlib.sha256(SITE.encode()).digest() + bytes([PRESENT_AND_VERIFIED])
        seen += self._count.to_bytes(4, "big")
        signature = self._key.sign(seen + hashlib.sha256(told).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": text(told),
            "authenticatorData": text(seen),
            "signature": text(signature),
            "userHandle": text(self._handle),
        }
        sent = {"id": text(self._id), "rawId": text(self._id), "type": "public-key", "response": response}
        return json.dumps(sent)
