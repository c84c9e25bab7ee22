"""Fields in the list of students: columns to choose, and filters on the school's own choice fields."""

from collections.abc import Sequence
from functools import partial

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.pages import base
from app.queries.students import field_words, fields
from app.queries.students.listing import StudentLine
from app.rules import fields as rules
from app.rules.student_fields import BY_NAME
from app.theme.widgets import Cell


def plain_column(name: str) -> base.ListColumn:
    """The column of a field that every school has and every reader sees."""
    field = BY_NAME[name]
    return base.ListColumn(name, _l(field.label), partial(_cell, field=field))


def further_columns() -> Sequence[base.ListColumn]:
    """The columns that this reader can add behind those that all readers have."""
    return [
        base.ListColumn(field.name, field_words.heading(field), partial(_cell, field=field))
        for field in fields.more_columns(base.current_actor())
    ]


def own_filters() -> Sequence[base.ListFilter]:
    return [
        base.ListFilter(
            field.name, field.label, partial(fields.by_own_field, field=field), partial(_choices, field)
        )
        for field in fields.own_fields_seen(base.current_actor(), "filter")
    ]


def _cell(line: StudentLine, *, field: fields.Field) -> Cell:
    return Cell(field_words.told(field, line.student))


def _choices(field: rules.StudentField) -> Sequence[tuple[str, str]]:
    choices = [(choice, choice) for choice in field.choices]
    if field.type is rules.FieldType.YES_NO:
        choices = [(rules.YES, _(rules.YES_NO_LABELS[True])), (rules.NO, _(rules.YES_NO_LABELS[False]))]
    choices.append((fields.EMPTY, _("Niet ingevuld")))
    # Instellingen leads here; whoever comes from elsewhere has no such values to look for.
    if base.text_arg(field.name) == fields.OTHER:
        choices.append((fields.OTHER, _("Past niet bij dit veld")))
    return choices
