"""How a code looks: letters and digits in groups of four, hard to misread.

An invitation has sixteen characters (80 bits), a code that is mailed at sign-in eight (40 bits). The alphabet
is Crockford's base 32: no I, L, O or U. Typing O for 0, and I or L for 1, is forgiven.
"""

from datetime import timedelta

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
MAILED_LENGTH = 8
GROUP = 4

# What a code is for (LoginCode.purpose).
INVITATION = "invitation"  # the inlogcode: valid for days, in any browser
SIGN_IN = "sign_in"  # mailed to a user who is signing in now
RESET = "reset"  # mailed to a user who forgot the password
MAILED = (SIGN_IN, RESET)

MAILED_VALID = timedelta(minutes=10)  # ASVS 5.0, 6.5.5
MAILED_TRIES = 5

_FORGIVEN = str.maketrans(
    {"O": "0", "I": "1", "L": "1", " ": "", "-": "", "\t": "", "\u2013": "", "\u00a0": ""}
)


def code_of(digest: bytes, length: int = LENGTH) -> str:
    """The code in the first bits of a digest, five for each character: `7KQ2M9XDTR4WB0HZ`."""
    if len(digest) * 8 < length * 5:
        raise ValueError(f"{-(-length * 5 // 8)} bytes are needed")
    number = int.from_bytes(digest, "big")
    first = len(digest) * 8 - 5
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(first, first - 5 * length, -5))


def grouped(code: str) -> str:
    """`7KQ2-M9XD-TR4W-B0HZ`, as people read it."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def normal_form(typed: str) -> str:
    """The code in what somebody typed: upper case, without spaces and hyphens, look-alikes set right."""
    return typed.strip().upper().translate(_FORGIVEN)
