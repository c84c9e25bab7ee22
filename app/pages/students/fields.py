"""Fields in the list of students: columns to choose, filters for a school's own with a closed list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.pages.base.lists import ListColumn, ListFilter
from app.pages.base.request import current_actor
from app.queries.students.field_words import heading, told
from app.queries.students.fields import EMPTY, Field, by_own_field, more_columns, own_fields_seen
from app.queries.students.listing import StudentLine
from app.rules.fields import NO, YES, YES_NO_LABELS, FieldType, StudentField
from app.rules.student_fields import BY_NAME
from app.theme.widgets import Cell


def plain_column(name: str) -> ListColumn:
    """The column of a field that every school has and every reader sees."""
    field = BY_NAME[name]
    return ListColumn(name, _l(field.label), partial(_cell, field=field))


def further_columns() -> Sequence[ListColumn]:
    """Columns behind those that all readers have."""
    return [
        ListColumn(field.name, heading(field), partial(_cell, field=field))
        for field in more_columns(current_actor())
    ]


def own_filters() -> Sequence[ListFilter]:
    return [
        ListFilter(field.name, field.label, partial(by_own_field, field=field), partial(_choices, field))
        for field in own_fields_seen(current_actor(), "filter")
    ]


def _cell(line: StudentLine, *, field: Field) -> Cell:
    return Cell(told(field, line.student))


def _choices(field: StudentField) -> Sequence[tuple[str, str]]:
    choices = [(choice, choice) for choice in field.choices]
    if field.type is FieldType.YES_NO:
        choices = [(YES, _(YES_NO_LABELS[True])), (NO, _(YES_NO_LABELS[False]))]
    return [*choices, (EMPTY, _("Niet ingevuld"))]
