"""Makes students and groups, and couples students to programmes, electives and users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert

from app.entities.base import db
from app.entities.programmes import Elective, Programme
from app.entities.students import (
    Enrolment,
    Student,
    StudentGroup,
    Supervision,
    group_member,
    group_rule,
)
from app.entities.users import User
from app.rules.people import name_key
from app.rules.student_fields import Gender
from tests.factories.base import at_once, numbers, save, saved


@at_once()
def make_student(
    *targets: Programme | Elective, supervisors: tuple[tuple[User, str], ...] = (), **values: Any
) -> Student:
    """A student enrolled in these programmes and electives; supervisors as (user, role name)."""
    n = next(numbers)
    given: dict[str, Any] = {
        "number": f"0{20000 + n}",
        "first_name": "Fleur",
        "infix": "van der",
        "last_name": f"Berg{n:05}",
        "gender": Gender.FEMALE,
        "birth_date": date(2008, 3, 14),
        "email": f"student{n}@example.nl",
        "search": f"fleur van der berg{n:05} 0{20000 + n}",
        **values,
    }
    key = name_key(given["first_name"], given["infix"], given["last_name"])
    student = saved(Student(**{"name_key": key, **given}))
    enrol(student, *targets)
    for user, role in supervisors:
        supervise(student, user, role)
    return student


def enrol(student: Student, *targets: Programme | Elective) -> None:
    save(
        *(
            Enrolment(
                student_id=student.id,
                programme_id=target.id if isinstance(target, Programme) else None,
                elective_id=target.id if isinstance(target, Elective) else None,
            )
            for target in targets
        )
    )


def supervise(student: Student, user: User, role: str) -> None:
    save(Supervision(student_id=student.id, user_id=user.id, role=role))


@at_once()
def make_group(*students: Student, rule: Sequence[Programme] = (), **values: Any) -> StudentGroup:
    """A group with these students in it, or with a rule: the students of these programmes."""
    n = next(numbers)
    group = saved(StudentGroup(**{"name": f"Groep {n}", "cohort": 2025, **values}))
    members = [{"group_id": group.id, "student_id": one.id} for one in students]
    rules = [{"group_id": group.id, "programme_id": one.id} for one in rule]
    for table, rows in ((group_member, members), (group_rule, rules)):
        if rows:
            db.session.execute(insert(table), rows)
    return group
