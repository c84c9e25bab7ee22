"""A school's own fields of a student: who sees them, and the list narrowed by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select

from app.entities.students import Student
from app.permissions import Actor, Permission, may
from app.rules.fields import NO, YES, FieldType, StudentField
from app.school import current_school

EMPTY = "-"  # in the address: students of whom it is not filled in; no choice is a sign alone


def own_fields_seen(actor: Actor, place: str = "") -> Sequence[StudentField]:
    """As with gender and birth date: for who works with students or decides, not for examiners."""
    if not may(actor, Permission.STUDENTS_EDIT) and not may(actor, Permission.COMMITTEE_SEE):
        return ()
    school = current_school()
    return school.fields_in(place) if place else school.student_fields


def named_values(extra: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is kept of one student, by the name of the field; of one that is no more, by its key."""
    fields = {field.key: field for field in current_school().student_fields}
    return [
        {"name": fields[key].label if key in fields else key, "value": _value(fields.get(key), kept)}
        for key, kept in extra.items()
    ]


def _value(field: StudentField | None, kept: Any) -> Any:
    return date.fromisoformat(kept) if field is not None and field.type is FieldType.DATE else kept


def by_own_field(statement: Select[Any], value: str, *, field: StudentField) -> Select[Any]:
    """Students with this value of a field with a closed list."""
    kept = Student.extra[field.key]
    if value == EMPTY:
        return statement.where(kept.as_string().is_(None))
    if field.type is not FieldType.YES_NO:
        return statement.where(kept.as_string() == value)
    if value not in (YES, NO):
        return statement.where(Student.id.is_(None))
    return statement.where(kept.as_boolean().is_(value == YES))
