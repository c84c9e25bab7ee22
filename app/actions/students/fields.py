"""A student's fields as form fields and as values: the fields of every school, then the school's own."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms import validators

from app import models
from app.actions import base
from app.errors import RuleBroken
from app.queries.students.field_words import shown_field
from app.rules import fields, student_fields
from app.rules.text import N_
from app.school import current_school


class StudentFields(base.ActionForm):
    """A form that begins with every field of a student."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        plain = [(field.name, _plain_field(field)) for field in student_fields.PLAIN_FIELDS]
        own = [(field.name, _own_field(field)) for field in current_school().student_fields]
        # WTForms makes the form from this list. It is set on this form only, not on the class.
        self._unbound_fields = [*plain, *own, *(type(self)._unbound_fields or [])]
        super().__init__(*args, **kwargs)

    kept: Mapping[str, Any] = {}  # the own fields of the student that the form is about

    def keep(self, extra: Mapping[str, Any]) -> None:
        """Keep a value that school.toml no longer knows, until somebody changes it."""
        self.kept = extra
        for field in current_school().student_fields:
            value = extra.get(field.key)
            if fields.fits(field, value):
                continue
            box: Any = self[field.name]
            was = fields.typed_field(field, value)
            box.description = _(
                "“%(value)s” past niet bij dit veld. Het blijft zo tot u het wijzigt.", value=was
            )
            if field.type in fields.CLOSED and was not in field.choices:
                box.choices.append(base.SelectChoice(was, was))


def _plain_field(field: student_fields.PlainField) -> Any:
    required = [validators.DataRequired()] if field.required else []
    if field.choices:
        choices = [base.SelectChoice(value, _(label)) for value, label in field.choices.items()]
        return wtforms.SelectField(_(field.label), required, choices=choices, default=field.empty)
    rule = field.rule
    reads = (
        base.ruled(lambda typed: rule(typed, current_school().today()))
        if rule
        else validators.Length(max=field.most)
    )
    how = {"autocomplete": "off", "maxlength": field.most, "inputmode": field.inputmode}
    return wtforms.StringField(
        _(field.label),
        [*required, reads],
        description=_(field.hint) if field.hint else "",
        render_kw={name: value for name, value in how.items() if value},
    )


def _own_field(field: fields.StudentField) -> Any:
    required = [validators.DataRequired()] if field.required else []
    if field.type in fields.CLOSED:
        offered = [(fields.YES, _(fields.YES_NO_LABELS[True])), (fields.NO, _(fields.YES_NO_LABELS[False]))]
        if field.type is fields.FieldType.CHOICE:
            offered = [(choice, choice) for choice in field.choices]
        choices = [base.SelectChoice("", _("Niet ingevuld")), *(base.SelectChoice(*one) for one in offered)]
        return wtforms.SelectField(field.label, required, choices=choices, default="")
    return wtforms.StringField(
        field.label,
        [*required, partial(_reads, field)],
        description=_(fields.HINTS[field.type]) if field.type in fields.HINTS else "",
        render_kw={"autocomplete": "off", "maxlength": fields.TEXT_MAX},
    )


def _reads(field: fields.StudentField, form: StudentFields, box: wtforms.Field) -> None:
    """Check what was typed; what stood there already stays, also when it would not be taken today."""
    if box.data != fields.typed_field(field, form.kept.get(field.key)):
        base.ruled(partial(_read, field))(form, box)


def plain_values(data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a student, from a form. RuleBroken names the field."""
    today = current_school().today()
    return {
        field.name: base.at(field.name, field.read, data.get(field.name) or "", today)
        for field in student_fields.PLAIN_FIELDS
    }


def own_values(data: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The column `extra`, from a form. Values that the form did not ask for stay as they were."""
    found = dict(before)
    for field in current_school().student_fields:
        was = fields.typed_field(field, before.get(field.key))
        typed = data.get(field.name, was) or ""
        if typed != was:
            found[field.key] = base.at(field.name, _read, field, typed)
        if field.required and found.get(field.key) is None:
            raise RuleBroken(N_("Vul dit veld in."), field=field.name)
    return {key: value for key, value in found.items() if value is not None}


def typed_values(student: models.Student) -> dict[str, str]:
    """The starting values of the form."""
    plain = {field.name: field.typed(field.of(student)) for field in student_fields.PLAIN_FIELDS}
    own = current_school().student_fields
    return plain | {field.name: fields.typed_field(field, field.of(student)) for field in own}


def kept_values(student: models.Student) -> dict[str, str]:
    """The values as the trail keeps them, in Dutch."""
    plain = {field.name: field.shown(field.of(student)) for field in student_fields.PLAIN_FIELDS}
    return plain | {
        field.name: shown_field(field, field.of(student)) for field in current_school().student_fields
    }


def _read(field: fields.StudentField, typed: str) -> fields.Kept:
    return fields.read_field(field, typed, today=current_school().today())
