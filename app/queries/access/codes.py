"""Makes the codes that let somebody in. None is stored: each comes from its row's nonce (decision 0006)."""

import hashlib
from collections.abc import Sequence
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
from app.sealing import drawn


def code_for(user_id: int, nonce: str) -> str:
    """The sixteen characters behind a row of LoginCode; the only place that makes an inlogcode."""
    return code_format.code_of(drawn(f"inlogcode|{user_id}|{nonce}"))


def mailed_code_for(nonce: str) -> str:
    """The eight characters behind a row that was mailed to a user who is signing in."""
    return code_format.code_of(drawn(f"gemailde code|{nonce}"), code_format.MAILED_LENGTH)


def slow_hash(code: str, salt: str) -> str:
    """How a code of forty bits is kept: scrypt with OWASP's parameters, salted with the row's own nonce."""
    return hashlib.scrypt(
        code.encode(), salt=salt.encode(), n=2**15, r=8, p=3, maxmem=64 * 2**20, dklen=32
    ).hex()


def shown_code(row: models.LoginCode) -> str:
    """The code as people read it; "" when it works no longer. For sending, and for a demo school."""
    if row.used_at or row.cancelled_at or row.expires_at <= utc_now():
        return ""
    plain = (
        code_for(row.user_id, row.nonce)
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


def address_code(nonce: str) -> str:
    """The eight characters that go to the new address: 40 bits, five tries."""
    return code_format.code_of(drawn(f"adreswijziging|code|{nonce}"), code_format.MAILED_LENGTH)


def stop_code(nonce: str) -> str:
    """The sixteen characters that go to the old address."""
    return code_format.code_of(drawn(f"adreswijziging|stop|{nonce}"))
