"""The fields of a student in words: what a field is called and what it holds, as people read it."""

from typing import Any

from flask_babel import gettext as _

from app.queries.students.fields import Field
from app.rules import fields
from app.rules.student_fields import PlainField
from app.school import current_school


def own_labels() -> dict[str, str]:
    return {field.name: field.label for field in current_school().student_fields}


def heading(field: Field) -> str:
    """What a field is called. The school's own fields have a name in one language only."""
    return _(field.label) if isinstance(field, PlainField) else field.label


def told(field: Field, row: Any) -> str:
    """A field of a student, or of a row of a query, as people read it."""
    return shown_field(field, field.of(row))


def shown_field(field: Field, kept: Any) -> str:
    """One value as people read it."""
    if isinstance(field, PlainField):
        return _(field.shown(kept)) if field.choices else field.shown(kept)
    return _(fields.YES_NO_LABELS[kept]) if isinstance(kept, bool) else fields.typed_field(field, kept)
