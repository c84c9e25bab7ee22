"""Makes hashing a password cheap in tests; the real work would cost a tenth of a second each time.

It is the same function with less work, in this process and in those that it forks. The fixture `slow_hashes`
gives a test the real one: to time it, to see its limits, or to work beside a server of its own, which knows
only the real one.
"""

from __future__ import annotations

import hashlib
from typing import Any

real_scrypt = hashlib.scrypt
LITTLE = {"n": 2, "r": 8, "p": 1}


def light_scrypt(password: bytes, **given: Any) -> bytes:
    return real_scrypt(password, **{**given, **LITTLE})


def lighten() -> None:
    setattr(hashlib, "scrypt", light_scrypt)  # noqa: B010 - its type is the library's
