"""What an export of students holds: one statement, read as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ScalarSelect, func, select

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.membership import membership
from app.entities.programmes import Elective, Programme
from app.entities.students import Enrolment, Student, StudentGroup, Supervision
from app.entities.users import User
from app.permissions import Role
from app.rules.student_fields import fields_in

SEPARATOR = "\x1f"  # between names, in no name
AT_A_TIME = 1000


def export_rows(ids: Sequence[int]) -> Iterator[Any]:
    """These students, as lists order them; of what they have several of: names with SEPARATOR between."""
    statement = (
        select(
            *(field.of(Student) for field in fields_in("export")),
            _programmes().label("programmes"),
            _electives().label("electives"),
            _groups().label("groups"),
            _users(Role.SCHOOL_SUPERVISOR).label("supervisors"),
            _users(Role.COMPANY_SUPERVISOR).label("company_supervisors"),
            Student.extra,
        )
        .where(Student.id.in_(id_set(ids)))
        .order_by(Student.name_key, Student.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    yield from db.session.execute(statement)


def _names(name: Any) -> Any:
    return select(func.aggregate_strings(name, SEPARATOR))


def _programmes() -> ScalarSelect[str]:
    found = _names(Programme.name).join(Enrolment, Enrolment.programme_id == Programme.id)
    return _of_student(found.where(Enrolment.student_id == Student.id))


def _electives() -> ScalarSelect[str]:
    found = _names(Elective.code).join(Enrolment, Enrolment.elective_id == Elective.id)
    return _of_student(found.where(Enrolment.student_id == Student.id))


def _groups() -> ScalarSelect[str]:
    member = membership().c
    theirs = select(member.group_id).where(member.student_id == Student.id).correlate(Student)
    return _of_student(_names(StudentGroup.name).where(StudentGroup.id.in_(theirs)))


def _users(role: Role) -> ScalarSelect[str]:
    full = User.first_name + " " + User.infix + " " + User.last_name
    found = _names(full).join(Supervision, Supervision.user_id == User.id)
    return _of_student(found.where(Supervision.student_id == Student.id, Supervision.role == role.value))


def _of_student(found: Any) -> ScalarSelect[str]:
    scalar: ScalarSelect[str] = found.correlate(Student).scalar_subquery()
    return scalar
