"""Columns of the import for a student's plain fields, and for the school's own fields (school.toml).

These columns need no code of their own: the description of the field says how it is read.
"""

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _

from app.errors import RuleBroken
from app.imports import columns, dates
from app.imports.nearest import by_a_slip
from app.imports.table import Value
from app.queries.students.field_words import shown_field
from app.rules import fields as field_rules
from app.rules import people
from app.rules.student_fields import PlainField

EXAMPLES: dict[field_rules.FieldType, Value] = {
    field_rules.FieldType.TEXT: "Voorbeeld",
    field_rules.FieldType.NUMBER: 12,
    field_rules.FieldType.DATE: date(2026, 9, 1),
    field_rules.FieldType.YES_NO: field_rules.YES_NO_LABELS[True],
}


@lru_cache(maxsize=64)
def own_columns(fields: tuple[field_rules.StudentField, ...]) -> tuple[columns.Column, ...]:
    """The columns for these fields. The same fields give the same objects, which serve as keys elsewhere."""
    return tuple(
        ClosedFieldColumn(field)
        if field.type in field_rules.CLOSED
        else DateFieldColumn(field)
        if field.type is field_rules.FieldType.DATE
        else FieldColumn(field)
        for field in fields
    )


class PlainColumn(columns.TextColumn):
    """A text that every school keeps of a student."""

    def __init__(self, field: PlainField) -> None:
        self.key, self.label, self.synonyms, self.most = field.name, field.label, field.synonyms, field.most
        self.needed, self.example, self.help = field.required, field.example, field.help


class FieldColumn(columns.Column):
    """A field of the school's own: a text or a number."""

    def __init__(self, field: field_rules.StudentField) -> None:
        self.field = field
        self.key, self.label, self.synonyms = field.name, field.label, (field.key,)
        self.needed = field.required
        self.joins = field.type is field_rules.FieldType.TEXT
        self.example = field.choices[0] if field.choices else EXAMPLES[field.type]

    def explained(self) -> str:
        field = self.field
        told = {
            field_rules.FieldType.TEXT: _("Tekst; een veld van uw school."),
            field_rules.FieldType.CHOICE: _("Kies uit: %(choices)s.", choices=", ".join(field.choices)),
            field_rules.FieldType.YES_NO: _("Ja of nee."),
        }.get(field.type) or _(field_rules.HINTS[field.type])
        return f"{told} {_('Verplicht voor een nieuwe student.')}" if field.required else told

    def parse(self, value: Value, world: columns.World) -> Any:
        return field_rules.read_field(self.field, value, today=world.known.today)

    def show(self, value: Any, world: columns.World) -> str:
        return shown_field(self.field, value)


class DateFieldColumn(FieldColumn, dates.DateColumn):
    """A date of the school's own."""

    def parse(self, value: Value, world: columns.World) -> Any:
        found = self.in_order(value, world)
        return None if found is None else super().parse(found, world)


class ClosedFieldColumn(FieldColumn, columns.ClosedColumn):
    """A field of the school's own with a list of options. Step 3 asks about a text that is none of them."""

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        if self.field.type is field_rules.FieldType.YES_NO:
            return [
                columns.Option(field_rules.YES, field_rules.YES_NO_LABELS[True], translate=True),
                columns.Option(field_rules.NO, field_rules.YES_NO_LABELS[False], translate=True),
            ]
        return [columns.Option(choice, choice) for choice in self.field.choices]

    def looks(self, values: Sequence[Value], world: columns.World) -> float:
        """The part of the values that are options; 0 for yes and no, which fit every such field."""
        closed = self.field.type is field_rules.FieldType.CHOICE
        return columns.share(values, lambda text: not self.ask(text, world)) if closed else 0

    def ask(self, text: str, world: columns.World) -> bool:
        try:
            return super().parse(text, world) is None
        except RuleBroken:
            return True

    def propose(self, text: str, world: columns.World) -> str:
        """The choice that has all its words ("Noord": Dependance Noord), else the one most like it."""
        forms = {people.search_form(choice): choice for choice in self.field.choices}
        form = people.search_form(text)
        having = [choice for one, choice in forms.items() if set(form.split()) <= set(one.split())]
        if len(having) == 1:
            return having[0]
        near = (one for one in get_close_matches(form, forms) if by_a_slip(form, one))
        return next((forms[one] for one in near), "")

    def parse(self, value: Value, world: columns.World) -> Any:
        choice = self.chosen(columns.cell_text(value), world)
        if choice == columns.LEAVE:
            return None
        return super().parse(choice or value, world)
