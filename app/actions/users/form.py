"""The forms of a user: their fields and their checks."""

from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import validators
from wtforms.widgets import CheckboxInput, ListWidget

from app import models
from app.actions import base
from app.errors import RuleBroken
from app.permissions import Actor
from app.queries.base.asked import Asked
from app.queries.users import users
from app.rules import accounts, people

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


class Checks(wtforms.SelectMultipleField):
    """Choose several, with boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class FirstName(wtforms.StringField):
    """A first name. `leads_to`: address and words of a link after its description, set by the page."""

    leads_to: tuple[str, str] | None = None


class NamedForm(base.ActionForm):
    """Name and e-mail address."""

    first_name = FirstName(LABELS["first_name"], [validators.InputRequired(), validators.Length(max=64)])
    infix = wtforms.StringField(LABELS["infix"], [validators.Length(max=20)])
    last_name = wtforms.StringField(
        LABELS["last_name"], [validators.InputRequired(), validators.Length(max=64)]
    )
    email = wtforms.EmailField(
        LABELS["email"],
        [validators.InputRequired(), validators.Length(max=254)],
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )

    def validate_email(self, field: wtforms.EmailField) -> None:
        try:
            people.email(field.data or "")
        except RuleBroken as error:
            raise validators.ValidationError(base.say(error)) from error

    def validate_first_name(self, field: wtforms.StringField) -> None:
        _not_blank(field)

    def validate_last_name(self, field: wtforms.StringField) -> None:
        _not_blank(field)


class PersonForm(NamedForm):
    """Name, e-mail address and telephone: every form of a user starts with these."""

    phone = wtforms.TelField(LABELS["phone"], [validators.Optional(), validators.Length(max=30)])

    def validate_phone(self, field: wtforms.TelField) -> None:
        """A number of before this rule stays as it is until somebody changes it."""
        if people.tidy(field.data or "") != getattr(getattr(self, "row", None), "phone", ""):
            base.ruled(people.phone)(self, field)


class AccountForm(NamedForm):
    """Name, e-mail address and user name: what a user must have to sign in."""

    username = wtforms.StringField(
        LABELS["username"],
        [validators.Length(max=accounts.USERNAME_MAX)],
        description=_l("Laat leeg om met het e-mailadres aan te melden."),
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"},
    )


class UserForm(PersonForm, AccountForm):
    organisation = wtforms.StringField(
        LABELS["organisation"], [validators.Length(max=120)], description=_l("De school, of het leerbedrijf.")
    )
    roles = Checks(
        LABELS["roles"],
        description=_l(
            "Een praktijkbegeleider is altijd iemand van de school, een praktijkopleider van het bedrijf."
        ),
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.roles.choices = [(role.value, _(role.label)) for role in users.grantable(actor)]
        self.email.validators, self.email.flags.required = [validators.Length(max=254)], False
        self.email.description = _(
            "Geen e-mailadres? Laat dit leeg en vul een gebruikersnaam in; de inlogcode gaat dan op papier."
        )


class NewUserForm(UserForm):
    programmes = base.Picked(
        LABELS["programmes"],
        source="opleidingen",
        coerce=int,
        description=_l("Nodig voor begeleiders en examinatoren. Koppelen kan ook later."),
    )
    send_code = wtforms.BooleanField(
        _l("Inlogcode versturen"),
        description=_l("De gebruiker krijgt een mail met een code, om zelf een wachtwoord te kiezen."),
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        base.offer(actor, self.programmes)
        self.roles.flags.required = True

    def validate_roles(self, field: Checks) -> None:
        if not field.data:
            raise validators.ValidationError(_("Kies minstens één rol."))


class OwnVersion(base.VersionedForm, PersonForm):
    """A form of one user, whom several people may change. It only shows the name of a student's account."""

    name_kept = accounts.NAME_OF_STUDENT  # why such a name is not changed here
    student_id: int | None = None

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self.row = self.row_of(actor, self.row)
        self.student_id = users.student_of(self.row.id) if self.row is not None else None
        if self.student_id is not None:
            self.first_name.description = _(self.name_kept)
            for name in accounts.NAME_FIELDS:
                self[name].render_kw = {"readonly": True}

    def row_of(self, actor: Actor, row: Any) -> Any:
        """The user whom this form is of; `row` is the chosen one."""
        return row

    def validate_first_name(self, field: wtforms.StringField) -> None:
        super().validate_first_name(field)
        self._keep(field)

    def validate_infix(self, field: wtforms.StringField) -> None:
        self._keep(field)

    def validate_last_name(self, field: wtforms.StringField) -> None:
        super().validate_last_name(field)
        self._keep(field)

    def _keep(self, field: wtforms.StringField) -> None:
        """Show the student's name again where another was sent; in an older tab it was the name of then."""
        held = getattr(self.row, field.name) if self.student_id is not None else None
        if held is None or people.tidy(field.data or "") == held:
            return
        field.data = held
        if self.version.data == self.row.version:
            raise validators.ValidationError(_(self.name_kept))


class EditUserForm(OwnVersion, UserForm):
    """The form to change a user. Coupling to programmes has its own action, in the list and on the page."""

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        user = targets.one() if targets is not None else models.User()
        fields = ("first_name", "infix", "last_name", "email", "username", "organisation", "phone", "version")
        return {name: getattr(user, name) for name in fields} | {
            "email": people.mail_of(user.email),
            "roles": [role.value for role in users.roles_of(user)],
        }


class CoupleForm(base.ActionForm):
    programmes = base.Picked(_l("Opleidingen"), source="opleidingen", coerce=int)

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(actor, self.programmes)

    def validate_programmes(self, field: base.Picked) -> None:
        if not field.data:
            raise validators.ValidationError(_("Kies minstens één opleiding."))


class UncoupleForm(CoupleForm):
    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(
            actor, self.programmes, asked=Asked(having=targets.among() if targets is not None else None)
        )


def _not_blank(field: wtforms.StringField) -> None:
    if not people.tidy(field.data or ""):
        raise validators.ValidationError(_("Dit veld is verplicht."))
