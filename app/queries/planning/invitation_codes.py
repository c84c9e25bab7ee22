"""Makes and recognises the code and the link of a guest.

Neither is ever stored. Both are derived from the key's nonce with the school's secret key when the
mail is sent (decision 0006), and found again by their hashes.
"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from werkzeug.security import check_password_hash

from app import models
from app.entities.base import db
from app.queries.access.codes import drawn_code, is_drawn
from app.queries.access.recognising import NO_ONES_PASSWORD
from app.rules import code_format, invitations
from app.rules.tokens import fingerprint
from app.sealing import drawings

MOST_ALIKE = 3  # keys whose codes begin with the same four characters: one in a million each


def code_for(nonce: str, fits: Callable[[str], bool] = bool) -> str:
    """The sixteen characters that the mail holds."""
    return drawn_code(_code_words(nonce), code_format.LENGTH, fits)


def token_for(nonce: str, fits: Callable[[str], bool] = bool) -> str:
    """The token behind the # of the mail's link."""
    return next(filter(fits, map(invitations.link_token, drawings(f"uitnodiging|link|{nonce}"))), "")


def code_of(key: models.GuestKey) -> str:
    """The code of this key; "" when the key it was drawn from is gone."""
    return code_for(key.nonce, lambda code: invitations.parts(code)[0] == key.selector)


def token_of(key: models.GuestKey) -> str:
    """The token of this key; "" when the key it was drawn from is gone."""
    return token_for(key.nonce, lambda token: fingerprint(token) == key.token_hash)


def by_code(typed: str) -> models.GuestKey | None:
    """The key behind a typed code, unless replaced. A wrong code takes the same work as a right one."""
    selector, secret = invitations.parts(code_format.normal_form(typed)[: code_format.LENGTH + 1])
    alike = _alike(selector)
    for one in alike:
        if check_password_hash(one.code_hash, secret):
            return one
    if not alike:
        check_password_hash(NO_ONES_PASSWORD, secret)
    return None


def is_code(typed: str) -> bool:
    """Whether a key is behind this code, told without the slow hash; wrong ones take the same work."""
    code = code_format.normal_form(typed)
    words = [_code_words(key.nonce) for key in _alike(invitations.parts(code)[0])]
    return is_drawn(code, words, most=MOST_ALIKE)


def by_token(token: str) -> models.GuestKey | None:
    """The key behind a link's token, unless it was replaced."""
    if len(token) != invitations.TOKEN_LENGTH:
        return None
    return db.session.scalars(
        _not_replaced().where(models.GuestKey.token_hash == fingerprint(token))
    ).one_or_none()


def _code_words(nonce: str) -> str:
    return f"uitnodiging|code|{nonce}"


def _alike(selector: str) -> Sequence[models.GuestKey]:
    return db.session.scalars(
        _not_replaced()
        .where(models.GuestKey.selector == selector)
        .order_by(models.GuestKey.id.desc())
        .limit(MOST_ALIKE)
    ).all()


def _not_replaced() -> sa.Select[models.GuestKey]:
    return sa.select(models.GuestKey).where(models.GuestKey.ended_at.is_(None))
