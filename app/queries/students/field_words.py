"""The fields of a student in words: what a field is called and what it holds, as people read it."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.queries.students.fields import Field, Misfit
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


def gone(extra: Mapping[str, fields.Kept]) -> list[tuple[str, str]]:
    """Key and value of what is kept of one student in fields that the school no longer has."""
    known = {field.key for field in current_school().student_fields}
    return [(key, fields.as_it_was(kept)) for key, kept in extra.items() if key not in known]


def misfit_text(one: Misfit) -> str:
    """How many students have a value that fits no field of today."""
    if one.gone:
        return ngettext(
            "Dit veld is vervallen. Bij %(num)s student staat er nog iets in, zoals “%(example)s”.",
            "Dit veld is vervallen. Bij %(num)s studenten staat er nog iets in, zoals “%(example)s”.",
            one.rows,
            example=one.example,
        )
    return ngettext(
        "Bij %(num)s student past de waarde niet bij dit veld, zoals “%(example)s”. Die blijft staan.",
        "Bij %(num)s studenten past de waarde niet bij dit veld, zoals “%(example)s”. Die blijft staan.",
        one.rows,
        example=one.example,
    )
