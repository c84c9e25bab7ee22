"""What the exam committee and the administrator read: results with their adoption, counts, the export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from app.entities.assessment import Adoption, Result
from app.entities.base import db
from app.entities.exams import Exam
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Programme
from app.entities.students import Enrolment, Student
from app.permissions import Actor, Permission, visible
from app.queries.students.search import found_by
from app.school import current_school

# What a list of results needs of each row, in one query.
RESULT_ROWS = (
    joinedload(Result.registration).joinedload(Registration.student),
    joinedload(Result.registration).joinedload(Registration.exam),
    joinedload(Result.adoption),
)


@dataclass(frozen=True)
class Counts:
    """Of the results on the list, and of what is still planned for those who failed."""

    to_adopt: int
    failed: int
    resits: int


def counts(results: Select[Any]) -> Counts:
    """Counted in the database, over all rows of this SELECT of results."""
    ids = results.with_only_columns(Result.id).order_by(None)
    adopted = exists().where(Adoption.result_id == Result.id)
    later, decided = aliased(Registration), aliased(Result)
    planned = later.id.in_(select(Sitting.registration_id))
    undecided = later.id.not_in(select(decided.registration_id))
    resits = (
        select(func.count(func.distinct(later.id)))
        .select_from(Result)
        .join(Registration, Registration.id == Result.registration_id)
        .join(
            later,
            (later.student_id == Registration.student_id)
            & (later.exam_id == Registration.exam_id)
            & (later.attempt > Registration.attempt),
        )
        .where(Result.id.in_(ids), planned, undecided)
    )
    row = db.session.execute(
        select(
            func.count().filter(~adopted).label("to_adopt"),
            func.count().filter(Result.passed.is_(False)).label("failed"),
        ).where(Result.id.in_(ids))
    ).one()
    return Counts(row.to_adopt, row.failed, db.session.scalar(resits) or 0)


# --- filters: (statement, value out of the URL) -> statement ----------------------------------


def of_student(statement: Select[Any], value: str) -> Select[Any]:
    students = select(Student.id).where(found_by(value))
    return _by_registration(statement, Registration.student_id.in_(students))


def of_programme(statement: Select[Any], value: str) -> Select[Any]:
    """Exams of the programme, and of electives that its students take."""
    programme = _number(value)
    enrolled = select(Enrolment.student_id).where(Enrolment.programme_id == programme)
    exams = select(Exam.id).where(or_(Exam.programme_id == programme, Exam.elective_id.is_not(None)))
    return _by_registration(
        statement, Registration.exam_id.in_(exams) & Registration.student_id.in_(enrolled)
    )


def of_exam(statement: Select[Any], value: str) -> Select[Any]:
    return _by_registration(statement, Registration.exam_id == _number(value))


def of_outcome(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(Result.passed.is_(value == "passed"))


def of_adoption(statement: Select[Any], value: str) -> Select[Any]:
    adopted = select(Adoption.result_id)
    return statement.where(Result.id.in_(adopted) if value == "yes" else Result.id.not_in(adopted))


def of_period(statement: Select[Any], value: str) -> Select[Any]:
    """ "7", "30", "90" days back, or "year": since 1 August, when a school year starts."""
    return statement.where(Result.decided_at >= period_start(value))


def period_start(value: str) -> datetime:
    school = current_school()
    today = school.today()
    if value == "year":
        first = date(today.year if today.month >= 8 else today.year - 1, 8, 1)
    else:
        first = today - timedelta(days=min(_number(value), 3650))
    return school.moment(first, datetime.min.time())


def _by_registration(statement: Select[Any], condition: Any) -> Select[Any]:
    return statement.where(Result.registration_id.in_(select(Registration.id).where(condition)))


def _number(value: str) -> int:
    """An id out of the URL; anything else matches nothing."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else 0


# --- choices ----------------------------------------------------------------------------------


def programme_choices(actor: Actor) -> Sequence[tuple[str, str]]:
    """Programmes of the students whose results this actor may see."""
    students = select(Registration.student_id).where(Registration.id.in_(_with_result(actor)))
    used = select(Enrolment.programme_id).where(Enrolment.student_id.in_(students))
    rows = db.session.scalars(
        select(Programme).where(Programme.id.in_(used)).order_by(Programme.name, Programme.cohort)
    )
    return [(str(row.id), str(row)) for row in rows]


def exam_choices(actor: Actor) -> Sequence[tuple[str, str]]:
    """Exams with a result that this actor may see."""
    used = select(Registration.exam_id).where(Registration.id.in_(_with_result(actor)))
    rows = db.session.execute(
        select(Exam.id, Exam.title, Exam.version).where(Exam.id.in_(used)).order_by(Exam.title, Exam.version)
    )
    return [(str(row.id), f"{row.title} ({row.version})") for row in rows]


def _with_result(actor: Actor) -> Select[Any]:
    return visible(actor, Result, Permission.RESULTS_SEE).with_only_columns(Result.registration_id)


# --- export -----------------------------------------------------------------------------------


def export_rows(results: Select[Any]) -> Sequence[Any]:
    """(number, first_name, infix, last_name, title, code, version, attempt, passed, grade, mark, points,
    max_points, decided_at, decided_on) of every result of this SELECT, by name; one query."""
    ids = results.with_only_columns(Result.id).order_by(None)
    return db.session.execute(
        select(
            Student.number,
            Student.first_name,
            Student.infix,
            Student.last_name,
            Exam.title,
            Exam.code,
            Exam.version,
            Registration.attempt,
            Result.passed,
            Result.grade,
            Result.mark,
            Result.points,
            Result.max_points,
            Result.decided_at,
            Adoption.decided_on,
        )
        .select_from(Result)
        .join(Registration, Registration.id == Result.registration_id)
        .join(Student, Student.id == Registration.student_id)
        .join(Exam, Exam.id == Registration.exam_id)
        .outerjoin(Adoption, Adoption.result_id == Result.id)
        .where(Result.id.in_(ids))
        .order_by(Student.name_key, Exam.code, Registration.attempt)
    ).all()
