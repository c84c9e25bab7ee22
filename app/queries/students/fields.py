"""The fields of a student: which ones an actor sees, and the filter on a field of the school's own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.permissions import Actor, Permission, may
from app.rules import fields as field_rules
from app.rules import student_fields
from app.rules.student_columns import STUDENT_COLUMNS
from app.school import current_school

Field = student_fields.PlainField | field_rules.StudentField
# In the address: students without a value for this field, and with one that it no longer knows. No choice is
# a sign alone.
EMPTY, OTHER = "-", "?"
AS_TEXT = {field_rules.YES: ("true", "1"), field_rules.NO: ("false", "0")}  # on PostgreSQL, and on SQLite


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
    return kept if field is None else field_rules.cell_of(field, kept) or kept


def by_own_field(statement: sa.Select[Any], value: str, *, field: field_rules.StudentField) -> sa.Select[Any]:
    """Students with this value of a field with a closed list."""
    # As text in every database: what is kept may be of another kind than the field is by now.
    kept = sa.cast(models.Student.extra[field.key].as_string(), sa.String)
    if value == EMPTY:
        return statement.where(kept.is_(None))
    yes_no = field.type is field_rules.FieldType.YES_NO
    if value == OTHER:
        return statement.where(kept.not_in([*chain(*AS_TEXT.values())] if yes_no else field.choices))
    return statement.where(kept.in_(AS_TEXT.get(value, ())) if yes_no else kept == value)


@dataclass(frozen=True)
class Misfit:
    """A field of the school's own with values that it can't hold by now.

    `gone`: it is no field any more. `found_by`: the filter that finds them, by OTHER; "": there is none.
    """

    label: str
    rows: int
    example: str
    gone: bool
    found_by: str = ""


def misfits() -> Sequence[Misfit]:
    """What is kept of students and fits no field of today, by field."""
    whole = sa.cast(models.Student.extra, sa.String).label("whole")
    found: dict[str, list[tuple[int, Any]]] = {}
    fields = {field.key: field for field in current_school().student_fields}
    for text, rows in db.session.execute(sa.select(whole, sa.func.count()).group_by(whole)):
        for key, kept in json.loads(text).items():
            if key not in fields or not field_rules.fits(fields[key], kept):
                found.setdefault(key, []).append((rows, kept))
    return [
        Misfit(
            label=fields[key].label if key in fields else key,
            rows=sum(rows for rows, _kept in values),
            example=field_rules.as_it_was(values[0][1]),
            gone=key not in fields,
            found_by=fields[key].name if key in fields and "filter" in fields[key].places else "",
        )
        for key, values in sorted(found.items())
    ]
