from __future__ import annotations

from datetime import date
from typing import Any

from app.entities.programmes import Elective, Programme
from app.entities.students import Enrolment, Gender, Student, StudentGroup, Supervision
from app.entities.users import User
from tests.factories.base import numbers, save, saved


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
    student = saved(Student(**given))
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


def make_group(*students: Student, **values: Any) -> StudentGroup:
    n = next(numbers)
    given: dict[str, Any] = {"name": f"Groep {n}", "cohort": 2025, **values}
    return saved(StudentGroup(**given, students=list(students)))
