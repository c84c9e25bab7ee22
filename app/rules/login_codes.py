"""How an inlogcode looks: sixteen characters in groups of four, 80 bits, hard to misread.

The alphabet is Crockford's base 32: no I, L, O or U. What people type instead of 0 and 1 is forgiven.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4

_FORGIVEN = str.maketrans(
    {"O": "0", "I": "1", "L": "1", " ": "", "-": "", "\t": "", "\u2013": "", "\u00a0": ""}
)


def code_of(digest: bytes) -> str:
    """`7KQ2M9XDTR4WB0HZ` out of the first 80 bits of a digest (at least ten bytes)."""
    if len(digest) * 8 < LENGTH * 5:
        raise ValueError("ten bytes are needed")
    number = int.from_bytes(digest[:10], "big")
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(75, -1, -5))


def grouped(code: str) -> str:
    """`7KQ2-M9XD-TR4W-B0HZ`, as people read it."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def normal_form(typed: str) -> str:
    """The code in what somebody typed: upper case, without spaces and hyphens, look-alikes set right."""
    return typed.strip().upper().translate(_FORGIVEN)
