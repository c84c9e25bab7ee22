"""The forms of a user: what is asked, and what is wrong with what was typed."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, SelectMultipleField, StringField, TelField
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.actions.base.action import ActionForm, Targets
from app.actions.base.forms import VersionedForm
from app.actions.base.picker import Picked, offer
from app.actions.base.wording import say
from app.entities.users import User
from app.errors import RuleBroken
from app.permissions import Actor
from app.queries.base.asked import Asked
from app.queries.users.users import grantable, roles_of
from app.rules import people

LABELS = {
    "first_name": _l("Voornaam"),
    "infix": _l("Tussenvoegsel"),
    "last_name": _l("Achternaam"),
    "email": _l("E-mailadres"),
    "username": _l("Gebruikersnaam"),
    "organisation": _l("Organisatie"),
    "phone": _l("Telefoon"),
    "language": _l("Taal"),
    "roles": _l("Rollen"),
    "programmes": _l("Opleidingen"),
}


class Checks(SelectMultipleField):
    """Many of many, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class NamedForm(ActionForm):
    """Name and e-mail address."""

    first_name = StringField(LABELS["first_name"], [InputRequired(), Length(max=64)])
    infix = StringField(LABELS["infix"], [Length(max=20)])
    last_name = StringField(LABELS["last_name"], [InputRequired(), Length(max=64)])
    email = EmailField(
        LABELS["email"],
        [InputRequired(), Length(max=254)],
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )

    def validate_email(self, field: EmailField) -> None:
        try:
            people.email(field.data or "")
        except RuleBroken as error:
            raise ValidationError(say(error)) from error

    def validate_first_name(self, field: StringField) -> None:
        _not_blank(field)

    def validate_last_name(self, field: StringField) -> None:
        _not_blank(field)


class PersonForm(NamedForm):
    """Name, address and telephone: what every form of a user starts with."""

    phone = TelField(LABELS["phone"], [Optional(), Length(max=30)])


class UserForm(PersonForm):
    username = StringField(
        LABELS["username"],
        [Length(max=128)],
        description=_l("Laat leeg om met het e-mailadres aan te melden."),
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"},
    )
    organisation = StringField(
        LABELS["organisation"], [Length(max=120)], description=_l("De school, of het leerbedrijf.")
    )
    roles = Checks(
        LABELS["roles"],
        description=_l(
            "Een praktijkbegeleider is altijd iemand van de school, een praktijkopleider van het bedrijf."
        ),
    )

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.roles.choices = [(role.value, _(role.label)) for role in grantable(actor)]
        self.email.validators, self.email.flags.required = [Length(max=254)], False
        self.email.description = _(
            "Geen e-mailadres? Laat dit leeg en vul een gebruikersnaam in; de inlogcode gaat dan op papier."
        )


class NewUserForm(UserForm):
    programmes = Picked(
        LABELS["programmes"],
        source="opleidingen",
        coerce=int,
        description=_l("Nodig voor begeleiders en examinatoren. Koppelen kan ook later."),
    )
    send_code = BooleanField(
        _l("Inlogcode versturen"),
        description=_l("De gebruiker krijgt een mail met een code waarmee hij zelf een wachtwoord kiest."),
    )

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        offer(actor, self.programmes)
        self.roles.flags.required = True

    def validate_roles(self, field: Checks) -> None:
        if not field.data:
            raise ValidationError(_("Kies minstens één rol."))


class OwnVersion(VersionedForm, PersonForm):
    """A form of one user, changed by several people."""

    field_labels = LABELS


class EditUserForm(OwnVersion, UserForm):
    """Coupling to programmes has its own action, in the list and on the user's page."""

    @classmethod
    def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
        user = targets.one() if targets is not None else User()
        fields = ("first_name", "infix", "last_name", "email", "username", "organisation", "phone", "version")
        return {name: getattr(user, name) for name in fields} | {
            "email": people.mail_of(user.email),
            "roles": [role.value for role in roles_of(user)],
        }


class CoupleForm(ActionForm):
    programmes = Picked(_l("Opleidingen"), source="opleidingen", coerce=int)

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        offer(actor, self.programmes)

    def validate_programmes(self, field: Picked) -> None:
        if not field.data:
            raise ValidationError(_("Kies minstens één opleiding."))


class UncoupleForm(CoupleForm):
    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        offer(actor, self.programmes, asked=Asked(having=targets.among() if targets is not None else None))


def _not_blank(field: StringField) -> None:
    if not people.tidy(field.data or ""):
        raise ValidationError(_("Dit veld is verplicht."))
