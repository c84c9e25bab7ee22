"""Mijn profiel: users change their own data and password (manual, step 8)."""

from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import validators

from app import errors, models, school
from app.actions import base
from app.actions.access import sign_in, tries
from app.actions.access.sessions import mark_shown
from app.actions.users import form
from app.actions.users.users import saved, set_names
from app.entities.base import db
from app.permissions import SYSTEM, Actor, Permission
from app.queries.access.recognising import fitting_password
from app.rules import accounts, people
from app.rules import tries as try_rules
from app.rules.passwords import LONGEST
from app.rules.second_factor import Proof
from app.rules.text import N_

INSIDE = try_rules.Place()  # only who is signed in tries these: they have one count, wherever they are
NOT_PRESENT = N_("Dit is niet uw huidige wachtwoord.")


class ProfileForm(form.OwnVersion):
    name_kept = accounts.OWN_NAME_OF_STUDENT
    language = wtforms.SelectField(form.LABELS["language"])

    def row_of(self, actor: Actor, row: Any) -> models.User:
        return own_account(actor)

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        del self.email  # another action: a new address is confirmed first (email_change.py)
        self.language.choices = list(school.LANGUAGES.items())

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        user = own_account(actor)
        fields = ("first_name", "infix", "last_name", "phone", "version")
        language = user.language or school.current_school().language
        return {name: getattr(user, name) for name in fields} | {"language": language}


def present_field() -> wtforms.PasswordField:
    return wtforms.PasswordField(
        _l("Huidig wachtwoord"),
        [validators.InputRequired(), validators.Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )


def counted(kind: try_rules.Kind, user_id: int) -> None:
    """Count a try of somebody who is signed in, so that nobody can guess in a session left open.

    The count has its own transaction. ValidationError at the limit.
    """
    try:
        base.run(tries.count_try, SYSTEM, kind=kind, place=INSIDE, account=user_id)
    except errors.RuleBroken as error:
        raise validators.ValidationError(base.say(error)) from error


class AsksPresent(base.ActionForm):
    """A form with the present password. A try counts when all else is right: a slip beside it is no guess."""

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self._user_id = own_account(actor).id

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if "present" in self:
            try:
                counted(try_rules.Kind.PRESENT, self._user_id)
            except validators.ValidationError as error:
                self["present"].errors = [*self["present"].errors, str(error)]
                return False
        return True


class ChangePasswordForm(AsksPresent, sign_in.NewPasswordForm):
    present = present_field()
    password = sign_in.new_password_field()
    again = sign_in.again_field()


@base.action(
    _l("Mijn gegevens wijzigen"),
    permission=Permission.PROFILE,
    form=ProfileForm,
    submit=_l("Opslaan"),
    changes=models.User,
)
def save_profile(
    actor: Actor,
    *,
    version: int,
    first_name: str,
    last_name: str,
    language: str,
    infix: str = "",
    phone: str = "",
) -> base.Outcome:
    """Change the user's own data. Only an administrator changes roles and programmes."""
    user = base.locked(actor, models.User, own_account(actor).id, version, form.LABELS)
    if language not in school.LANGUAGES:
        raise errors.RuleBroken(N_("Kies een taal."), field="language")
    names = ("first_name", "infix", "last_name", "phone", "language")
    before = {name: getattr(user, name) for name in names}
    set_names(user, first_name, infix, last_name, accounts.OWN_NAME_OF_STUDENT)
    user.phone = people.tidy(phone or "")
    if user.language or language != school.current_school().language:
        user.language = language
    after = {name: getattr(user, name) for name in names}
    outcome = saved(
        user, {name: [before[name], after[name]] for name in names if before[name] != after[name]}
    )
    if outcome.done:
        outcome.summary = _("Uw gegevens zijn opgeslagen.")
    return outcome


def _hashes(actor: Actor, *, present: str, password: str, **_data: Any) -> dict[str, Any]:
    return {"fits": fitting_password(actor, present), "hashed": sign_in.hashed_password(password)}


@base.action(
    _l("Wachtwoord wijzigen"),
    permission=Permission.PROFILE,
    form=ChangePasswordForm,
    submit=_l("Wachtwoord wijzigen"),
    proof=Proof.STRONG_IF_ANY,
    before=_hashes,
    intro=_l("Op andere apparaten wordt u afgemeld; hier blijft u aangemeld."),
)
def change_password(
    actor: Actor,
    *,
    present: str,
    password: str,
    fits: str,
    hashed: str,
    again: str = "",
    staying: int | None = None,
    browser: try_rules.Browser = try_rules.NO_BROWSER,
) -> base.Outcome:
    """Set a new password for a user who knows the present one (trap 19). Sessions but `staying` end."""
    user = locked_account(actor)
    if not user.password or user.password != fits:
        raise errors.RuleBroken(NOT_PRESENT, field="present")
    if present == password:
        raise errors.RuleBroken(N_("Kies een ander wachtwoord dan het huidige."), field="password")
    sign_in.set_password(user, password, hashed, staying=staying, browser=browser)
    tries.forgive(try_rules.Kind.PRESENT, INSIDE, account=user.id)
    if staying is not None:
        mark_shown(user.id, staying, password=True)
    return base.Outcome(done=1, ids=[user.id], object_type="User", summary=_("Uw wachtwoord is gewijzigd."))


def own_account(actor: Actor) -> models.User:
    user = db.session.get(models.User, actor.id) if actor.id is not None else None
    if user is None:
        raise errors.NotFound
    return user


def locked_account(actor: Actor) -> models.User:
    """The actor's own account, locked until the transaction ends, so that two changes take turns."""
    user = db.session.get(models.User, actor.id or 0, with_for_update=True, populate_existing=True)
    if user is None:
        raise errors.NotFound
    return user
