"""A school's own fields of a student, in a form and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from wtforms import SelectField, StringField, ValidationError
from wtforms.validators import DataRequired

from app.actions.base.action import ActionForm
from app.actions.base.forms import SelectChoice, at
from app.actions.base.wording import say
from app.errors import RuleBroken
from app.rules.fields import (
    CLOSED,
    NO,
    TEXT_MAX,
    YES,
    YES_NO_LABELS,
    FieldType,
    Kept,
    StudentField,
    read_field,
    typed_field,
)
from app.rules.text import N_
from app.school import current_school

HINTS = {
    FieldType.NUMBER: N_("Een getal, bijvoorbeeld 12 of 12,5."),
    FieldType.DATE: N_("Dag-maand-jaar, bijvoorbeeld 24-11-2008."),
}


class OwnFields(ActionForm):
    """A form with the school's own fields behind those that every school has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        made = type(self)._unbound_fields or []  # what WTForms makes a form of; the class keeps its own
        last = next(place for place, (name, _field) in enumerate(made, 1) if name == "email")
        own = [(field.name, _form_field(field)) for field in current_school().student_fields]
        self._unbound_fields = [*made[:last], *own, *made[last:]]
        super().__init__(*args, **kwargs)

    def keep_choices(self, extra: Mapping[str, Any]) -> None:
        """What a student has, stays a choice when school.toml does not name it any more."""
        for field in current_school().student_fields:
            kept = extra.get(field.key)
            if field.type is FieldType.CHOICE and kept and kept not in field.choices:
                select: Any = self[field.name]
                select.choices.append(SelectChoice(kept, kept))


def _form_field(field: StudentField) -> Any:
    required = [DataRequired()] if field.required else []
    if field.type in CLOSED:
        offered = [(YES, _(YES_NO_LABELS[True])), (NO, _(YES_NO_LABELS[False]))]
        if field.type is FieldType.CHOICE:
            offered = [(choice, choice) for choice in field.choices]
        choices = [SelectChoice("", _("Niet ingevuld")), *(SelectChoice(*one) for one in offered)]
        return SelectField(field.label, required, choices=choices, default="")
    return StringField(
        field.label,
        [*required, _validator(field)],
        description=_(HINTS[field.type]) if field.type in HINTS else "",
        render_kw={"autocomplete": "off", "maxlength": TEXT_MAX},
    )


def _validator(field: StudentField) -> Any:
    def check(_form: ActionForm, typed: Any) -> None:
        try:
            _read(field, typed.data)
        except RuleBroken as error:
            raise ValidationError(say(error)) from error

    return check


def own_values(data: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The column `extra` out of a form; what nobody was asked about stays as it was."""
    found = dict(before)
    for field in current_school().student_fields:
        was = typed_field(field, before.get(field.key))
        typed = data.get(field.name, was) or ""
        if typed != was:
            found[field.key] = at(field.name, _read, field, typed)
        if field.required and found.get(field.key) is None:
            raise RuleBroken(N_("Vul dit veld in."), field=field.name)
    return {key: value for key, value in found.items() if value is not None}


def own_typed(extra: Mapping[str, Any]) -> dict[str, str]:
    """What the form starts with."""
    return {field.name: typed_field(field, extra.get(field.key)) for field in current_school().student_fields}


def own_shown(extra: Mapping[str, Any]) -> dict[str, str]:
    """As the trail and the pages write them."""
    return {field.name: shown_field(field, extra.get(field.key)) for field in current_school().student_fields}


def own_labels() -> dict[str, str]:
    return {field.name: field.label for field in current_school().student_fields}


def shown_field(field: StudentField, kept: Kept) -> str:
    """One value as people read it."""
    return _(YES_NO_LABELS[kept]) if isinstance(kept, bool) else typed_field(field, kept)


def _read(field: StudentField, typed: str) -> Kept:
    return read_field(field, typed, today=current_school().today())
