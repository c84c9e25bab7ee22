"""Recognises a person by what they show: a password, an inlogcode, or a code out of a mail.

Every answer takes the same work, whether or not the account or the code exists (trap 18). The caller has
counted the try before it comes here. Only what nobody can guess is looked at before that (`is_...`), at once:
the right code gets in however fast others at its address are trying (decision 0029).
"""

import hmac

import sqlalchemy as sa
from werkzeug.security import check_password_hash, generate_password_hash

from app import models
from app.entities.base import db
from app.permissions import Actor
from app.queries.access.codes import is_drawn, slow_hash, stop_words
from app.queries.users import users
from app.rules import code_format
from app.rules.invitations import parts
from app.rules.text import N_
from app.rules.tokens import fingerprint

# Checked when there is no account or no password, so that every answer takes the same work (trap 18).
NO_ONES_PASSWORD = generate_password_hash("no one has this password")
WRONG_PASSWORD = N_(
    "Deze gebruikersnaam en dit wachtwoord horen niet bij elkaar. Controleer beide en probeer het opnieuw. "
    "Na vijf foute pogingen wacht u een kwartier."
)
WRONG_CODE = N_(
    "Deze gebruikersnaam en deze inlogcode horen niet bij elkaar, of de code is gebruikt of verlopen. "
    "Controleer beide, of vraag uw school om een nieuwe code."
)
WRONG_MAILED_CODE = N_(
    "Deze code klopt niet, of is gebruikt of verlopen. Kijk nog eens in de mail, of vraag een nieuwe code."
)
WRONG_CHANGE_CODE = N_("Deze code klopt niet, of werkt niet meer. Controleer hem of vraag een nieuwe aan.")


def check_sign_in(account: int | None, password: str) -> models.User | None:
    """The user with this password; the try has been counted, and that said on which account (`count_try`)."""
    user = db.session.scalars(sa.select(models.User).where(models.User.id == (account or 0))).one_or_none()
    stored = user.password if user is not None and user.password else NO_ONES_PASSWORD
    right = check_password_hash(stored, password)
    return user if user is not None and right and user.active and user.password else None


def fitting_password(actor: Actor, typed: str) -> str:
    """The hash that is kept of this user's password, when the typed one fits it; "" otherwise.

    It takes a tenth of a second, so callers ask before a transaction opens; the action then compares this
    hash with the one that the account holds.
    """
    stored = db.session.scalar(sa.select(models.User.password).where(models.User.id == actor.id))
    return stored if check_password_hash(stored or NO_ONES_PASSWORD, typed) and stored else ""


def check_code(account: int | None, code: str) -> models.User | None:
    """The user with this inlogcode, if it still works; the try has been counted, on this account."""
    owner = (
        sa.select(models.User)
        .join(models.LoginCode, models.LoginCode.user_id == models.User.id)
        .where(models.User.id == (account or 0), code_works(code), models.User.active.is_(True))
    )
    return db.session.scalars(owner).one_or_none()


def is_code_of(name: str, code: str) -> bool:
    """Whether the user behind a typed name has this inlogcode, if it still works; before a try is counted."""
    owner = users.by_sign_in_name(name).with_only_columns(models.User.id).scalar_subquery()
    found = sa.select(models.LoginCode.id).where(models.LoginCode.user_id == owner, code_works(code))
    return db.session.scalars(found).first() is not None


def code_works(code: str) -> sa.ColumnElement[bool]:
    """Condition on LoginCode: it is the inlogcode that was typed, and it still works."""
    return sa.and_(
        models.LoginCode.code_hash == fingerprint(code_format.normal_form(code)), users.live_code()
    )


def is_right(code_id: int | None, typed: str) -> bool:
    """Whether this is the code; the try has been counted. When there is no code, the work is the same."""
    row = db.session.get(models.LoginCode, code_id) if code_id else None
    nonce, kept = (row.nonce, row.code_hash) if row is not None else ("0" * 64, "0" * 64)
    return hmac.compare_digest(slow_hash(code_format.normal_form(typed), nonce), kept) and row is not None


def by_stop_code(typed: str) -> models.EmailChange | None:
    """The change of address behind a code that went to the old address. Right or wrong: the same work."""
    selector, secret = parts(code_format.normal_form(typed)[: code_format.LENGTH + 1])
    found = _change_of(selector)
    right = check_password_hash(found.stop_hash if found is not None else NO_ONES_PASSWORD, secret)
    return found if right else None


def is_stop_code(typed: str) -> bool:
    """Whether this code stops a change of address, told without the slow hash; wrong: the same work."""
    code = code_format.normal_form(typed)
    found = _change_of(parts(code)[0])
    return is_drawn(code, [stop_words(found.nonce)] if found is not None else [], most=1)


def _change_of(selector: str) -> models.EmailChange | None:
    return db.session.scalars(
        sa.select(models.EmailChange)
        .where(models.EmailChange.stop_selector == selector)
        .order_by(models.EmailChange.id.desc())
        .limit(1)
    ).one_or_none()
