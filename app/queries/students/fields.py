"""The fields of a student: which ones an actor sees, and the filter on a field of the school's own."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from app import models
from app.permissions import Actor, Permission, may
from app.rules import fields as field_rules
from app.rules import student_fields
from app.rules.student_columns import STUDENT_COLUMNS
from app.school import current_school

Field = student_fields.PlainField | field_rules.StudentField
EMPTY = "-"  # in the address: students without a value for this field; no choice is a sign alone


def sees_everything(actor: Actor) -> bool:
    """Whether this actor works with students or decides: an examiner needs no birth date or own field."""
    return may(actor, Permission.STUDENTS_EDIT) or may(actor, Permission.COMMITTEE_SEE)


def own_fields_seen(actor: Actor, place: str) -> Sequence[field_rules.StudentField]:
    if not sees_everything(actor):
        return ()
    school = current_school()
    return school.student_fields if place == "page" else school.fields_in(place)


def fields_seen(actor: Actor, place: str) -> Sequence[Field]:
    """What this reader sees there: the fields that every school has, then the school's own."""
    everything = sees_everything(actor)
    plain = (field for field in student_fields.fields_in(place) if field.everybody or everything)
    return [*plain, *own_fields_seen(actor, place)]


def more_columns(actor: Actor) -> Sequence[Field]:
    """The fields that this reader can add to the list, after the columns that all readers have."""
    return [field for field in fields_seen(actor, "list") if field.name not in STUDENT_COLUMNS]


def named_values(extra: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is kept of one student, with the name of each field; a field that no longer exists has its key."""
    fields = {field.key: field for field in current_school().student_fields}
    return [
        {"name": fields[key].label if key in fields else key, "value": _value(fields.get(key), kept)}
        for key, kept in extra.items()
    ]


def _value(field: field_rules.StudentField | None, kept: Any) -> Any:
    return (
        date.fromisoformat(kept) if field is not None and field.type is field_rules.FieldType.DATE else kept
    )


def by_own_field(statement: sa.Select[Any], value: str, *, field: field_rules.StudentField) -> sa.Select[Any]:
    """Students with this value of a field with a closed list."""
    kept = models.Student.extra[field.key]
    if value == EMPTY:
        return statement.where(kept.as_string().is_(None))
    if field.type is not field_rules.FieldType.YES_NO:
        return statement.where(kept.as_string() == value)
    if value not in (field_rules.YES, field_rules.NO):
        return statement.where(models.Student.id.is_(None))
    return statement.where(kept.as_boolean().is_(value == field_rules.YES))
