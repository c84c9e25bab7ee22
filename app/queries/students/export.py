"""What an export of students holds: one statement, read as a stream."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.membership import membership
from app.permissions import Role
from app.rules.student_fields import fields_in

SEPARATOR = "\x1f"  # between names; no name holds it
AT_A_TIME = 1000


def export_rows(ids: Sequence[int]) -> Iterator[Any]:
    """These students, as lists order them; several programmes, groups and so on have SEPARATOR between."""
    statement = (
        sa.select(
            *(field.of(models.Student) for field in fields_in("export")),
            _programmes().label("programmes"),
            _electives().label("electives"),
            _groups().label("groups"),
            _users(Role.SCHOOL_SUPERVISOR).label("supervisors"),
            _users(Role.COMPANY_SUPERVISOR).label("company_supervisors"),
            models.Student.extra,
        )
        .where(models.Student.id.in_(id_set(ids)))
        .order_by(models.Student.name_key, models.Student.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    yield from db.session.execute(statement)


def _names(name: Any) -> Any:
    return sa.select(sa.func.aggregate_strings(name, SEPARATOR))


def _programmes() -> sa.ScalarSelect[str]:
    found = _names(models.Programme.name).join(
        models.Enrolment, models.Enrolment.programme_id == models.Programme.id
    )
    return _of_student(found.where(models.Enrolment.student_id == models.Student.id))


def _electives() -> sa.ScalarSelect[str]:
    found = _names(models.Elective.code).join(
        models.Enrolment, models.Enrolment.elective_id == models.Elective.id
    )
    return _of_student(found.where(models.Enrolment.student_id == models.Student.id))


def _groups() -> sa.ScalarSelect[str]:
    member = membership().c
    theirs = (
        sa.select(member.group_id).where(member.student_id == models.Student.id).correlate(models.Student)
    )
    return _of_student(_names(models.StudentGroup.name).where(models.StudentGroup.id.in_(theirs)))


def _users(role: Role) -> sa.ScalarSelect[str]:
    full = models.User.first_name + " " + models.User.infix + " " + models.User.last_name
    found = _names(full).join(models.Supervision, models.Supervision.user_id == models.User.id)
    return _of_student(
        found.where(models.Supervision.student_id == models.Student.id, models.Supervision.role == role.value)
    )


def _of_student(found: Any) -> sa.ScalarSelect[str]:
    scalar: sa.ScalarSelect[str] = found.correlate(models.Student).scalar_subquery()
    return scalar
