"""How code and link of an invitation come to be, and are recognised.

Neither is ever stored: both are drawn out of the invitation's nonce with the school's secret key when the
mail is sent (decision 0006), and looked up by their hashes.
"""

from __future__ import annotations

from sqlalchemy import select
from werkzeug.security import check_password_hash

from app.entities.base import db
from app.entities.invitations import Invitation
from app.queries.access.recognising import NO_ONES_PASSWORD
from app.rules.code_format import LENGTH, code_of, normal_form
from app.rules.invitations import TOKEN_LENGTH, link_token, parts
from app.rules.tokens import fingerprint
from app.sealing import drawn

MOST_ALIKE = 3  # invitations whose codes begin with the same four characters: one in a million each


def code_for(nonce: str) -> str:
    """The sixteen characters that the mail holds."""
    return code_of(drawn(f"uitnodiging|code|{nonce}"))


def token_for(nonce: str) -> str:
    """What the mail's link has behind its #."""
    return link_token(drawn(f"uitnodiging|link|{nonce}"))


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
