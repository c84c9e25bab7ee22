"""A school's own fields in the list of students: columns to choose, filters for what has a closed list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from flask_babel import gettext as _

from app.actions.students.fields import shown_field
from app.pages.base.lists import ListColumn, ListFilter
from app.pages.base.request import current_actor
from app.queries.students.fields import EMPTY, by_own_field, own_fields_seen
from app.queries.students.listing import StudentLine
from app.rules.fields import NO, YES, YES_NO_LABELS, FieldType, StudentField
from app.theme.widgets import Cell


def own_columns() -> Sequence[ListColumn]:
    return [
        ListColumn(field.name, field.label, partial(_cell, field=field))
        for field in own_fields_seen(current_actor(), "list")
    ]


def own_filters() -> Sequence[ListFilter]:
    return [
        ListFilter(field.name, field.label, partial(by_own_field, field=field), partial(_choices, field))
        for field in own_fields_seen(current_actor(), "filter")
    ]


def _cell(line: StudentLine, *, field: StudentField) -> Cell:
    return Cell(shown_field(field, line.student.extra.get(field.key)))


def _choices(field: StudentField) -> Sequence[tuple[str, str]]:
    choices = [(choice, choice) for choice in field.choices]
    if field.type is FieldType.YES_NO:
        choices = [(YES, _(YES_NO_LABELS[True])), (NO, _(YES_NO_LABELS[False]))]
    return [*choices, (EMPTY, _("Niet ingevuld"))]
