"""Signing in: its forms, and what is kept of it (traps 14 to 19). How often it may be tried: tries.py."""

from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.security import generate_password_hash
from wtforms import validators

from app import models
from app.actions import base
from app.actions.access import sessions as session_actions
from app.actions.access import tries
from app.actions.access.browsers import remember_browser, renew_token
from app.actions.access.code_making import cancel_codes
from app.actions.mail.notices import notify
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.errors import RuleBroken
from app.mail.notices import Notice
from app.permissions import Actor, Permission
from app.queries.access import recognising
from app.queries.access.factors import user_has_factor
from app.queries.access.sessions import own_sessions
from app.queries.users.users import roles_of
from app.rules import code_format, passwords
from app.rules import sessions as session_rules
from app.rules import tries as try_rules
from app.rules.second_factor import Owed, Shown, owed
from app.rules.text import N_
from app.rules.tries import NO_BROWSER, Browser
from app.school import current_school

SHOW_FIRST = N_("Laat eerst uw tweede stap zien.")

USERNAME_BOX = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


def shared_field() -> wtforms.BooleanField:
    return wtforms.BooleanField(
        _l("Dit is een gedeelde computer"),
        description=_l("U wordt dan na een kwartier zonder klik afgemeld."),
    )


def name_field() -> wtforms.StringField:
    return wtforms.StringField(
        _l("Gebruikersnaam, e-mailadres of studentnummer"),
        [validators.InputRequired(), validators.Length(max=254)],
        render_kw=USERNAME_BOX,
    )


class SignInForm(base.ActionForm):
    username = name_field()
    password = wtforms.PasswordField(
        _l("Wachtwoord"),
        [validators.InputRequired(), validators.Length(max=passwords.LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    shared = shared_field()


def new_password_field() -> wtforms.PasswordField:
    return wtforms.PasswordField(
        _l("Nieuw wachtwoord"),
        [validators.InputRequired(), validators.Length(max=passwords.LONGEST)],
        render_kw={"autocomplete": "new-password"},
        description=_l("Minstens 12 tekens. Een zin die u onthoudt is prima; cijfers of tekens hoeven niet."),
    )


def again_field() -> wtforms.PasswordField:
    return wtforms.PasswordField(
        _l("Nieuw wachtwoord, nog een keer"),
        [validators.InputRequired(), validators.Length(max=passwords.LONGEST)],
        render_kw={"autocomplete": "new-password"},
    )


class NewPasswordForm(base.ActionForm):
    """Checks the fields `password` and `again`. A subclass declares the two, in its own order."""

    def validate_password(self, field: wtforms.PasswordField) -> None:
        problem = passwords.password_problem(field.data or "", own=self.own_words())
        if problem is not None:
            raise validators.ValidationError(base.say(problem))

    def validate_again(self, field: wtforms.PasswordField) -> None:
        if field.data != self["password"].data:
            raise validators.ValidationError(_("De twee wachtwoorden zijn niet gelijk."))

    def own_words(self) -> tuple[str, ...]:
        """Words that the password may not look like. Only the school's name, as the user is not known yet."""
        return (current_school().name,)


CODE_BOX = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}


def mailed_code_field(description: LazyString, longest: int = 60) -> wtforms.StringField:
    return wtforms.StringField(
        _l("Code uit de mail"),
        [validators.InputRequired(), validators.Length(max=longest)],
        description=description,
        render_kw=CODE_BOX,
    )


class MailedCodeOnlyForm(base.ActionForm):
    """A form for the sixteen-character code of an invitation or of a change to stop. Needs no sign-in."""

    code = mailed_code_field(_l("Zestien tekens. Spaties, streepjes en kleine letters maken niet uit."))


class CodeForm(base.ActionForm):
    """Signing in with an inlogcode. Users choose their password afterwards (choose_password)."""

    username = name_field()
    code = wtforms.StringField(
        _l("Inlogcode"),
        [validators.InputRequired(), validators.Length(max=60)],
        description=_l(
            "Zestien tekens in groepen van vier, uit de mail of van papier. Spaties, streepjes en kleine "
            "letters maken niet uit."
        ),
        render_kw=CODE_BOX,
    )
    shared = shared_field()


def hashed_password(password: str) -> str:
    return generate_password_hash(password[: passwords.LONGEST])


@base.action(_l("Aangemeld"), permission=Permission.SIGN_IN)
def record_sign_in(actor: Actor, *, user_id: int, fits: str, opening: session_rules.Opening) -> base.Outcome:
    """Open a session for a user whose password was right. `fits`: the hash that it fitted."""
    user = db.session.get_one(models.User, user_id, with_for_update=True)  # locked, as it raises a counter
    if not user.active or not user.password or user.password != fits:
        raise RuleBroken(recognising.WRONG_PASSWORD)
    tries.forgive(try_rules.Kind.PASSWORD, opening.place, account=user.id)
    return let_in(user, opening, password=True)


@base.action(_l("Aangemeld, met de tweede stap"), permission=Permission.PROFILE, only_reads=True)
def complete_sign_in(actor: Actor, *, session_id: int, browser: Browser = NO_BROWSER) -> base.Outcome:
    """Finish signing in. RuleBroken when the second step was not shown in this very session."""
    user = db.session.get_one(models.User, actor.id, with_for_update=True)
    row = db.session.scalars(
        own_sessions(actor.id)
        .where(models.UserSession.id == session_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or row.strong_at is None:
        raise RuleBroken(SHOW_FIRST)
    note_sign_in(user, browser.unless(row.shared))
    return base.Outcome(done=1, ids=[user.id], object_type="User", summary=_("Aangemeld."))


@base.action(_l("Aanmelden mislukt"), permission=Permission.SIGN_IN)
def record_failed_sign_in(actor: Actor, *, address: str) -> base.Outcome:
    """Put a failed try in the trail, without the name that was typed."""
    return base.Outcome(
        done=1, object_type="User", details={"address": address}, summary=_("Aanmelden mislukt.")
    )


@base.action(_l("Aangemeld met een inlogcode"), permission=Permission.SIGN_IN)
def use_code(actor: Actor, *, user_id: int, code: str, opening: session_rules.Opening) -> base.Outcome:
    """Use up the inlogcode and sign in. One UPDATE decides: of two requests at once, one gets in."""
    consumed: Any = db.session.execute(  # a CursorResult, which has a rowcount; its type says only Result
        sa.update(models.LoginCode)
        .where(models.LoginCode.user_id == user_id, recognising.code_works(code))
        .values(used_at=utc_now()),
        execution_options=QUIETLY,
    )
    if consumed.rowcount != 1:
        raise RuleBroken(recognising.WRONG_CODE)
    user = db.session.get_one(models.User, user_id, with_for_update=True)
    if not user.active:
        raise RuleBroken(recognising.WRONG_CODE)
    cancel_codes([user_id])
    tries.forgive(try_rules.Kind.CODE, opening.place, account=user.id)
    return let_in(user, opening, code=True)


def set_password(
    user: models.User,
    password: str,
    hashed: str,
    *,
    staying: int | None = None,
    browser: Browser = NO_BROWSER,
) -> None:
    """Set the password that users chose themselves. Every session but `staying` ends.

    `hashed` is its hash, made before the transaction opened (`hashed_password`). They are known in no browser
    any more but the one at hand: who had the old password may have made one known.
    """
    own = (user.username, user.email, user.first_name, user.last_name, current_school().name)
    problem = passwords.password_problem(password, own=own)
    if problem is not None:
        raise RuleBroken(problem.message, field="password", **dict(problem.params))
    if user.password:  # no mail about the first password: the user has just used a code
        notify(user, Notice.PASSWORD_CHANGED)
    user.password = hashed
    cancel_codes([user.id], *code_format.MAILED)
    session_actions.end_sessions([user.id], session_rules.CREDENTIAL_CHANGED, but=staying, browser=browser)


def let_in(
    user: models.User, opening: session_rules.Opening, *, password: bool = False, code: bool = False
) -> base.Outcome:
    """Open a session after a right password or code. With a second factor the user is not signed in yet.

    The browser is known once nothing is owed any more: also not before a factor that is needed is set up.
    """
    session_actions.open_session(user.id, opening, password=password, code=code)
    owes = owed(
        roles_of(user), current_school().second_factor, has_factor=user_has_factor(user.id), shown=Shown()
    )
    half_way = owes is Owed.SHOW
    if owes is not Owed.NOTHING:
        renew_token(opening.remembered)
    if not half_way:
        note_sign_in(user, opening.remembered if owes is Owed.NOTHING else NO_BROWSER)
    return base.Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        entry=base.FIRST_STEP if half_way else "",
        summary=_("Aangemeld."),
    )


def note_sign_in(user: models.User, browser: Browser) -> None:
    """The user is in, second step and all. `browser`: in which they are known from now on."""
    user.last_login = utc_now().replace(tzinfo=None)
    user.login_count = (user.login_count or 0) + 1
    remember_browser(user, browser)
