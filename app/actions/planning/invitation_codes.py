"""How code and link of an invitation come to be, and are recognised. The actions stand in invitations.py.

Neither is ever stored: both are drawn out of the invitation's nonce with the school's secret key when the
mail is sent (decision 0006), and looked up by their hashes.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import select
from werkzeug.security import check_password_hash, generate_password_hash

from app.actions.access.sign_in import NO_ONES_PASSWORD
from app.actions.assessment.sealing import drawn
from app.entities.base import db
from app.entities.invitations import Invitation
from app.rules.code_format import LENGTH, code_of, normal_form
from app.rules.invitations import TOKEN_LENGTH, link_token, parts
from app.rules.tokens import fingerprint

MOST_ALIKE = 3  # invitations whose codes begin with the same four characters: one in a million each


def code_for(nonce: str) -> str:
    """The sixteen characters that the mail holds."""
    return code_of(drawn(f"uitnodiging|code|{nonce}"))


def token_for(nonce: str) -> str:
    """What the mail's link has behind its #."""
    return link_token(drawn(f"uitnodiging|link|{nonce}"))


def fresh_secrets() -> dict[str, Any]:
    """The columns of an invitation that a new mail gets; what an older mail holds opens nothing any more."""
    nonce = secrets.token_hex(32)
    selector, secret = parts(code_for(nonce))
    return {
        "nonce": nonce,
        "selector": selector,
        "code_hash": generate_password_hash(secret),
        "token_hash": fingerprint(token_for(nonce)),
    }


def by_code(typed: str) -> Invitation | None:
    """The invitation behind a typed code, ended or not. A wrong code takes the work of a right one."""
    selector, secret = parts(normal_form(typed)[: LENGTH + 1])
    alike = db.session.scalars(
        select(Invitation)
        .where(Invitation.selector == selector)
        .order_by(Invitation.id.desc())
        .limit(MOST_ALIKE)
    ).all()
    for one in alike:
        if check_password_hash(one.code_hash, secret):
            return one
    if not alike:
        check_password_hash(NO_ONES_PASSWORD, secret)
    return None


def by_token(token: str) -> Invitation | None:
    """The invitation behind a link's token, ended or not."""
    if len(token) != TOKEN_LENGTH:
        return None
    return db.session.scalars(
        select(Invitation).where(Invitation.token_hash == fingerprint(token))
    ).one_or_none()


def try_key(secret: str) -> str:
    """What tries are counted under: the part of a code that is no secret, or the print of a token."""
    shown = fingerprint(secret)[:16] if len(secret) == TOKEN_LENGTH else parts(secret)[0]
    return f"uitnodiging {shown}"


def try_keys(invitation: Invitation) -> tuple[str, str]:
    """Those of an invitation, to be forgotten when its guest came in."""
    return f"uitnodiging {invitation.selector}", f"uitnodiging {invitation.token_hash[:16]}"
