"""Who gets in: the check, its rate limit, and what is kept of it."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, or_, select, update
from werkzeug.security import check_password_hash, generate_password_hash
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.actions.base import ActionForm, Outcome, action
from app.entities.base import db, utc_now
from app.entities.users import SignInAttempt, User
from app.permissions import Actor, Permission
from app.rules.text import N_

WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 5
TRIES_PER_ADDRESS = 50
# Checked when the account does not exist, so that both answers take the same work (trap 18).
NO_ONES_PASSWORD = generate_password_hash("no one has this password")

WRONG = N_("Deze gebruikersnaam en dit wachtwoord horen niet bij elkaar. Controleer beide en probeer het opnieuw.")
TOO_OFTEN = N_("Te vaak geprobeerd. Wacht een kwartier en probeer het dan opnieuw.")


class SignInForm(ActionForm):
    username = StringField(
        _l("Gebruikersnaam"), [InputRequired(), Length(max=254)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip
    password = PasswordField(
        _l("Wachtwoord"), [InputRequired(), Length(max=200)], render_kw={"autocomplete": "current-password"}
    )


def check_sign_in(username: str, password: str, address: str) -> tuple[User | None, str]:
    """The user, or None and why not: the same sentence whether or not the account exists."""
    if _too_often(username, address):
        return None, TOO_OFTEN
    name = username.strip().lower()
    user = db.session.scalars(
        select(User).where(or_(func.lower(User.username) == name, func.lower(User.email) == name)).limit(1)
    ).one_or_none()
    stored = user.password if user is not None and user.password else NO_ONES_PASSWORD
    right = check_password_hash(stored, password)
    if user is None or not right or not user.active or not user.password:
        return None, WRONG
    return user, ""


def _too_often(username: str, address: str) -> bool:
    since = utc_now() - WINDOW
    by_account, by_address = (
        db.session.scalar(select(func.count()).select_from(SignInAttempt).where(column == value, SignInAttempt.at > since))
        or 0
        for column, value in (
            (SignInAttempt.account, account_key(username)),
            (SignInAttempt.address, address),
        )
    )
    return by_account >= TRIES_PER_ACCOUNT or by_address >= TRIES_PER_ADDRESS


def account_key(username: str) -> str:
    """What is kept of the name somebody typed: it may be a password in the wrong box."""
    return hashlib.sha256(username.strip().lower().encode()).hexdigest()


@action(_l("Aangemeld"), permission=Permission.START)
def record_sign_in(actor: Actor, *, user_id: int) -> Outcome:
    """Keep when a user signed in, and forget the failed tries of that account."""
    user = db.session.get_one(User, user_id)
    db.session.execute(
        update(User)
        .where(User.id == user_id)
        .values(last_login=utc_now().replace(tzinfo=None), login_count=func.coalesce(User.login_count, 0) + 1)
        .execution_options(synchronize_session=False)
    )
    keys = [account_key(user.username), account_key(user.email)]
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.account.in_(keys)))
    return Outcome(done=1, ids=[user_id], object_type="User", summary=_("Aangemeld."))


@action(_l("Aanmelden mislukt"), permission=Permission.START)
def record_failed_sign_in(actor: Actor, *, username: str, address: str) -> Outcome:
    """Count a failed try; old ones are cleaned away in passing."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < utc_now() - 4 * WINDOW))
    db.session.add(SignInAttempt(account=account_key(username), address=address))
    return Outcome(done=1, object_type="User", details={"address": address}, summary=_("Aanmelden mislukt."))


@action(_l("Afgemeld"), permission=Permission.START)
def record_sign_out(actor: Actor, *, user_id: int) -> Outcome:
    """Raise the epoch: every copy of the cookie ends with it."""
    db.session.execute(
        update(User)
        .where(User.id == user_id)
        .values(session_epoch=User.session_epoch + 1)
        .execution_options(synchronize_session=False)
    )
    return Outcome(done=1, ids=[user_id], object_type="User", summary=_("Afgemeld."))
