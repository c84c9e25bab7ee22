"""Makes the codes that let somebody in. None is stored: each comes from its row's nonce (decision 0006)."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set
from app.queries.users.users import live_code
from app.rules import code_format
from app.rules.tokens import fingerprint
from app.sealing import drawings

NOTHING = "niets|"  # words of no row
MARK = 16  # characters at the end of a nonce: 64 bits


def drawn_code(words: str, length: int, fits: Callable[[str], bool] = bool) -> str:
    """The code behind these words that fits what is kept of it: an older key may have drawn it.

    "" when none does: it was drawn from a key that is gone. Without `fits` it is what the newest key draws.
    """
    codes = (code_format.code_of(digest, length) for digest in drawings(words))
    return next(filter(fits, codes), "")


def code_for(user_id: int, nonce: str, fits: Callable[[str], bool] = bool) -> str:
    """The sixteen characters behind a row of LoginCode; the only place that makes an inlogcode."""
    return drawn_code(f"inlogcode|{user_id}|{nonce}", code_format.LENGTH, fits)


def mailed_nonce() -> str:
    """The nonce of a code that is mailed to a user who is signing in: chance, and a mark of the key.

    By the mark the sender knows at once which key drew the code. Trying the slow hash took it so long that
    the next answers told whether a mail went, and so whether the name that was typed is an account's.
    """
    chance = secrets.token_urlsafe(32)
    return f"{chance}{next(_marks(chance))}"


def mailed_code_for(nonce: str) -> str:
    """The eight characters behind a row that was mailed to a user who is signing in; "": its key is gone."""
    words, mark = f"gemailde code|{nonce}", nonce[-MARK:]
    drawn = zip(_marks(nonce[:-MARK]), drawings(words), strict=True)
    return next((code_format.code_of(one, code_format.MAILED_LENGTH) for by, one in drawn if by == mark), "")


def _marks(chance: str) -> Iterator[str]:
    """What each key makes of this chance, the newest first."""
    return (digest.hex()[:MARK] for digest in drawings(f"sleutel|{chance}"))


def is_drawn(typed: str, words: Sequence[str], *, most: int) -> bool:
    """Whether this code was drawn from one of these words: at once, for before the pace of an address.

    The work is always that for `most` of them. False as well when the key it was drawn from is gone.
    """

    def fits(code: str) -> bool:
        return hmac.compare_digest(code.encode(), typed.encode())

    found = [drawn_code(one, code_format.LENGTH, fits) for one in (*words, *([NOTHING] * most))[:most]]
    return any(found[: len(words)])


def slow_hash(code: str, salt: str) -> str:
    """How a code of forty bits is kept: scrypt with OWASP's parameters, salted with the row's own nonce."""
    return hashlib.scrypt(
        code.encode(), salt=salt.encode(), n=2**15, r=8, p=3, maxmem=64 * 2**20, dklen=32
    ).hex()


def shown_code(row: models.LoginCode) -> str:
    """The code as people read it; "" when it works no longer, or nobody can make it any more."""
    if row.used_at or row.cancelled_at or row.expires_at <= utc_now():
        return ""
    plain = (
        code_for(row.user_id, row.nonce, lambda code: fingerprint(code) == row.code_hash)
        if row.purpose == code_format.INVITATION
        else mailed_code_for(row.nonce)
    )
    return code_format.grouped(plain)


@dataclass(frozen=True)
class Slip:
    """What one person gets on paper; `code` in groups of four."""

    name: str
    username: str
    code: str
    until: datetime


def slips(ids: Sequence[int], *, of_students: bool) -> Sequence[Slip]:
    """The slips of these users (or students), by name, as far as their codes work."""
    users: Any = id_set(ids)
    if of_students:
        users = sa.select(models.Student.user_id).where(
            models.Student.id.in_(users), models.Student.user_id.is_not(None)
        )
    rows = db.session.scalars(
        sa.select(models.LoginCode)
        .join(models.LoginCode.user)
        .options(joinedload(models.LoginCode.user))
        .where(models.LoginCode.user_id.in_(users), live_code())
        .order_by(models.User.last_name, models.User.first_name, models.User.id)
    )
    return [Slip(row.user.full_name, row.user.username, shown_code(row), row.expires_at) for row in rows]


def address_code(nonce: str, fits: Callable[[str], bool] = bool) -> str:
    """The eight characters that go to the new address: 40 bits, five tries."""
    return drawn_code(f"adreswijziging|code|{nonce}", code_format.MAILED_LENGTH, fits)


def stop_code(nonce: str, fits: Callable[[str], bool] = bool) -> str:
    """The sixteen characters that go to the old address."""
    return drawn_code(stop_words(nonce), code_format.LENGTH, fits)


def stop_words(nonce: str) -> str:
    return f"adreswijziging|stop|{nonce}"
