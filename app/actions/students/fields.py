"""The fields of a student, in a form and in words: those of every school, then the school's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask_babel import gettext as _
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length

from app.actions.base.action import ActionForm
from app.actions.base.forms import SelectChoice, at, ruled
from app.entities.students import Student
from app.errors import RuleBroken
from app.queries.students.field_words import shown_field
from app.rules.fields import (
    CLOSED,
    HINTS,
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
from app.rules.student_fields import PLAIN_FIELDS, PlainField
from app.rules.text import N_
from app.school import current_school


class StudentFields(ActionForm):
    """A form that begins with every field of a student."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        plain = [(field.name, _plain_field(field)) for field in PLAIN_FIELDS]
        own = [(field.name, _own_field(field)) for field in current_school().student_fields]
        # What WTForms makes a form of; the class keeps its own.
        self._unbound_fields = [*plain, *own, *(type(self)._unbound_fields or [])]
        super().__init__(*args, **kwargs)

    def keep_choices(self, extra: Mapping[str, Any]) -> None:
        """What a student has, stays a choice when school.toml does not name it any more."""
        for field in current_school().student_fields:
            kept = extra.get(field.key)
            if field.type is FieldType.CHOICE and kept and kept not in field.choices:
                select: Any = self[field.name]
                select.choices.append(SelectChoice(kept, kept))


def _plain_field(field: PlainField) -> Any:
    required = [DataRequired()] if field.required else []
    if field.choices:
        choices = [SelectChoice(value, _(label)) for value, label in field.choices.items()]
        return SelectField(_(field.label), required, choices=choices, default=field.empty)
    rule = field.rule
    reads = ruled(lambda typed: rule(typed, current_school().today())) if rule else Length(max=field.most)
    how = {"autocomplete": "off", "maxlength": field.most, "inputmode": field.inputmode}
    return StringField(
        _(field.label),
        [*required, reads],
        description=_(field.hint) if field.hint else "",
        render_kw={name: value for name, value in how.items() if value},
    )


def _own_field(field: StudentField) -> Any:
    required = [DataRequired()] if field.required else []
    if field.type in CLOSED:
        offered = [(YES, _(YES_NO_LABELS[True])), (NO, _(YES_NO_LABELS[False]))]
        if field.type is FieldType.CHOICE:
            offered = [(choice, choice) for choice in field.choices]
        choices = [SelectChoice("", _("Niet ingevuld")), *(SelectChoice(*one) for one in offered)]
        return SelectField(field.label, required, choices=choices, default="")
    return StringField(
        field.label,
        [*required, ruled(partial(_read, field))],
        description=_(HINTS[field.type]) if field.type in HINTS else "",
        render_kw={"autocomplete": "off", "maxlength": TEXT_MAX},
    )


def plain_values(data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a student out of a form; RuleBroken names the field."""
    today = current_school().today()
    return {
        field.name: at(field.name, field.read, data.get(field.name) or "", today) for field in PLAIN_FIELDS
    }


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


def typed_values(student: Student) -> dict[str, str]:
    """What the form starts with."""
    plain = {field.name: field.typed(field.of(student)) for field in PLAIN_FIELDS}
    own = current_school().student_fields
    return plain | {field.name: typed_field(field, field.of(student)) for field in own}


def kept_values(student: Student) -> dict[str, str]:
    """As the trail keeps them, in the words of the source."""
    plain = {field.name: field.shown(field.of(student)) for field in PLAIN_FIELDS}
    return plain | {
        field.name: shown_field(field, field.of(student)) for field in current_school().student_fields
    }


def _read(field: StudentField, typed: str) -> Kept:
    return read_field(field, typed, today=current_school().today())
