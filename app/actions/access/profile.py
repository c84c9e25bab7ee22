"""Mijn profiel: own data and the own password (manual, step 8)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField
from wtforms.validators import InputRequired, Length, ValidationError

from app.actions.access.sign_in import (
    NewPasswordForm,
    again_field,
    count_try,
    forget_tries,
    hashed_password,
    new_password_field,
    set_password,
)
from app.actions.base.action import Outcome, Targets, action, run
from app.actions.base.versions import locked
from app.actions.base.wording import say
from app.actions.users.form import LABELS, OwnVersion
from app.actions.users.users import saved
from app.entities.base import db
from app.entities.users import User
from app.errors import NotFound, RuleBroken
from app.permissions import SYSTEM, Actor, Permission
from app.queries.access.recognising import fitting_password
from app.rules import people
from app.rules.passwords import LONGEST
from app.rules.second_factor import Proof
from app.rules.text import N_
from app.rules.tries import present_key
from app.school import LANGUAGES, current_school

NOT_PRESENT = N_("Dit is niet uw huidige wachtwoord.")


class ProfileForm(OwnVersion):
    language = SelectField(LABELS["language"])

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self.row = own_account(actor)
        del self.email  # an action of its own: it is confirmed first (email_change.py)
        self.language.choices = list(LANGUAGES.items())

    @classmethod
    def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
        user = own_account(actor)
        fields = ("first_name", "infix", "last_name", "phone", "version")
        language = user.language or current_school().language
        return {name: getattr(user, name) for name in fields} | {"language": language}


def present_field() -> PasswordField:
    return PasswordField(
        _l("Huidig wachtwoord"),
        [InputRequired(), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )


def counted(key: str) -> None:
    """Guessing in a session left open is counted as signing in is, in a transaction of its own."""
    try:
        run(count_try, SYSTEM, username=key, address="")
    except RuleBroken as error:
        raise ValidationError(say(error)) from error


class ChangePasswordForm(NewPasswordForm):
    present = present_field()
    password = new_password_field()
    again = again_field()

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self._key = present_key(own_account(actor).id)

    def validate_present(self, field: PasswordField) -> None:
        counted(self._key)


@action(
    _l("Mijn gegevens wijzigen"),
    permission=Permission.PROFILE,
    form=ProfileForm,
    submit=_l("Opslaan"),
    changes=User,
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
) -> Outcome:
    """Change one's own data; roles and programmes are the administrator's."""
    user = locked(User, own_account(actor).id, version, LABELS)
    if language not in LANGUAGES:
        raise RuleBroken(N_("Kies een taal."), field="language")
    names = ("first_name", "infix", "last_name", "phone", "language")
    before = {name: getattr(user, name) for name in names}
    user.first_name, user.infix = people.tidy(first_name), people.tidy(infix or "")
    user.last_name, user.phone = people.tidy(last_name), people.tidy(phone or "")
    if user.language or language != current_school().language:
        user.language = language
    after = {name: getattr(user, name) for name in names}
    outcome = saved(
        user, {name: [before[name], after[name]] for name in names if before[name] != after[name]}
    )
    if outcome.done:
        outcome.summary = _("Uw gegevens zijn opgeslagen.")
    return outcome


def _hashes(actor: Actor, *, present: str, password: str, **_data: Any) -> dict[str, Any]:
    return {"fits": fitting_password(actor, present), "hashed": hashed_password(password)}


@action(
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
) -> Outcome:
    """Set another password, for who knows the present one (trap 19). Every session but `staying` ends."""
    user = locked_account(actor)
    if not user.password or user.password != fits:
        raise RuleBroken(NOT_PRESENT, field="present")
    if present == password:
        raise RuleBroken(N_("Kies een ander wachtwoord dan het huidige."), field="password")
    set_password(user, password, hashed, staying=staying)
    forget_tries(present_key(user.id))
    return Outcome(done=1, ids=[user.id], object_type="User", summary=_("Uw wachtwoord is gewijzigd."))


def own_account(actor: Actor) -> User:
    user = db.session.get(User, actor.id) if actor.id is not None else None
    if user is None:
        raise NotFound
    return user


def locked_account(actor: Actor) -> User:
    """One's own account, held until the end: of two who change it at once one waits."""
    user = db.session.get(User, actor.id or 0, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound
    return user
