"""The form of Bedrijfsexaminator uitnodigen: whom, for which moments, and who has this e-mail address."""

from collections.abc import Sequence
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import validators

from app import models
from app.actions import base
from app.actions.users import form
from app.entities.base import db
from app.entities.engine import id_set
from app.errors import RuleBroken
from app.permissions import Actor, Permission, may, visible
from app.queries.planning import invitations, persons
from app.queries.planning.when import when_label
from app.rules import people
from app.rules.text import N_
from app.rules.tokens import fingerprint

ACCOUNT_UNFIT = N_(
    "Dit e-mailadres hoort bij een account dat hier geen examinator van het bedrijf kan zijn. Vraag een "
    "beheerder om dat account te activeren, de rol Examinator bedrijf te geven en aan de opleiding te "
    "koppelen. Of gebruik een ander e-mailadres."
)

SHORT = 12  # characters of a fingerprint, which tell two names of one person apart


class InviteForm(form.NamedForm):
    """Asks whom to invite. The address is used for invitations only."""

    person = wtforms.RadioField(_l("Wie is dit?"))
    organisation = wtforms.StringField(
        form.LABELS["organisation"],
        [validators.Length(max=120)],
        description=_l("Het leerbedrijf, als u dat weet."),
    )
    others = form.Checks(_l("Ook voor de andere opdrachten van dit examen"), coerce=int)

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        self._offer_others(targets)
        self._offer_person(targets)

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        return {"others": [one.id for one in _others(targets)]}

    def recall(self, actor: Actor) -> None:
        chosen = models.Sitting.id.in_(id_set(sorted(self.others.data or ())))
        seen = visible(actor, models.Sitting, Permission.PLANNING_EDIT).where(chosen)
        self.others.choices = [
            _choice(one) for one in db.session.scalars(seen.order_by(models.Sitting.starts_at))
        ]
        if may(actor, Permission.PLANNING_EDIT):
            self._offer_person(None)
        else:  # its words are of whoever was found at the address
            del self.person

    def _offer_others(self, targets: base.Targets[Any] | None) -> None:
        others = _others(targets)
        if not others:
            del self.others
            return
        self.others.label.text = _(
            "Ook voor de andere opdrachten van dit examen (%(count)s)", count=len(others)
        )
        self.others.choices = [_choice(one) for one in others]

    def _offer_person(self, targets: base.Targets[Any] | None) -> None:
        """Ask who is meant when somebody has this address already, under another name or with an account."""
        known = self._known(targets)
        choices = choices_for(known, self._name()) if known is not None else []
        if known is None or not choices:
            del self.person
            return
        self.person.choices = choices
        self.person.validate_choice = False  # `_still_offered` says it in words of its own
        self.person.validators = [validators.InputRequired(_("Kies wie u bedoelt.")), _still_offered]
        self.person.flags.required = True
        self.person.description = (
            _("Dit e-mailadres is al van iemand die eerder is uitgenodigd: %(name)s.", name=known.name)
            if known.guest
            else _("Dit e-mailadres is van iemand met een account: %(name)s.", name=known.name)
        )

    def _known(self, targets: base.Targets[Any] | None) -> persons.Known | None:
        try:
            address = people.email(self.email.data or "").lower()
        except RuleBroken:
            return None  # the field says so
        chosen = self.data.get("others") or []
        known = persons.at_address(address, [*(targets.ids if targets is not None else ()), *chosen])
        return known if known is not None and known.examines else None

    def _name(self) -> str:
        return people.full_name(self.first_name.data or "", self.infix.data or "", self.last_name.data or "")


def _choice(one: models.Sitting) -> tuple[int, str]:
    return one.id, f"{one.task.position}. {one.task.title}, {when_label(one.starts_at, one.ends_at)}"


def choices_for(known: persons.Known, name: str) -> Sequence[tuple[str, str]]:
    """What the planner chooses from: (value, label); none when the typed name is the guest's own."""
    if not known.guest:
        return [(choice_of(known), _("Koppel %(name)s, met het account", name=known.name))]
    if people.name_form(name) == people.name_form(known.name):
        return []
    choices = [(choice_of(known), _("%(name)s, zoals eerder uitgenodigd", name=known.name))]
    if not known.scored and name:
        renamed = _("Dezelfde persoon, maar de naam wordt %(name)s", name=name)
        choices.append((choice_of(known, rename=True), renamed))
    return choices


def choice_of(known: persons.Known, *, rename: bool = False) -> str:
    """The value of a choice: it says which person was shown, and under which name.

    So nobody else is meant by it, and who was renamed meanwhile is asked anew.
    """
    shown = f"{known.id} {fingerprint(known.name)[:SHORT]}"
    return f"{shown} rename" if rename else shown


def _still_offered(form: InviteForm, field: wtforms.RadioField) -> None:
    if field.data not in {value for value, *_rest in field.iter_choices()}:
        raise validators.ValidationError(_("Dit is intussen gewijzigd. Kies opnieuw wie u bedoelt."))


def _others(targets: base.Targets[Any] | None) -> Sequence[models.Sitting]:
    if targets is None or targets.count != 1:
        return ()
    return invitations.others_of_exam(targets.one())
