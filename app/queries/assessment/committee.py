"""What the exam committee and the administrator read: results with their adoption, counts, the export."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.permissions import Actor, Permission, visible
from app.queries.students.search import found_by
from app.school import current_school

# What a list of results needs of each row, in one query.
RESULT_ROWS = (
    orm.joinedload(models.Result.registration).joinedload(models.Registration.student),
    orm.joinedload(models.Result.registration).joinedload(models.Registration.exam),
    orm.joinedload(models.Result.adoption),
)


@dataclass(frozen=True)
class Counts:
    """Counts of a list of results; `resits`: planned attempts after one of them, without a result yet."""

    to_adopt: int
    failed: int
    resits: int


def counts(results: sa.Select[Any]) -> Counts:
    """Counted in the database, over all rows of this SELECT of results."""
    ids = results.with_only_columns(models.Result.id).order_by(None)
    adopted = sa.exists().where(models.Adoption.result_id == models.Result.id)
    later, decided = orm.aliased(models.Registration), orm.aliased(models.Result)
    planned = later.id.in_(sa.select(models.Sitting.registration_id))
    undecided = later.id.not_in(sa.select(decided.registration_id))
    resits = (
        sa.select(sa.func.count(sa.func.distinct(later.id)))
        .select_from(models.Result)
        .join(models.Registration, models.Registration.id == models.Result.registration_id)
        .join(
            later,
            (later.student_id == models.Registration.student_id)
            & (later.exam_id == models.Registration.exam_id)
            & (later.attempt > models.Registration.attempt),
        )
        .where(models.Result.id.in_(ids), planned, undecided, later.stopped_at.is_(None))
    )
    row = db.session.execute(
        sa.select(
            sa.func.count().filter(~adopted).label("to_adopt"),
            sa.func.count().filter(models.Result.passed.is_(False)).label("failed"),
        ).where(models.Result.id.in_(ids))
    ).one()
    return Counts(row.to_adopt, row.failed, db.session.scalar(resits) or 0)


# --- filters: (statement, value out of the URL) -> statement ----------------------------------


def of_student(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    students = sa.select(models.Student.id).where(found_by(value))
    return _by_registration(statement, models.Registration.student_id.in_(students))


def of_programme(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    """Results of the programme's students, in its exams and in those of electives."""
    programme = _number(value)
    enrolled = sa.select(models.Enrolment.student_id).where(models.Enrolment.programme_id == programme)
    exams = sa.select(models.Exam.id).where(
        sa.or_(models.Exam.programme_id == programme, models.Exam.elective_id.is_not(None))
    )
    return _by_registration(
        statement, models.Registration.exam_id.in_(exams) & models.Registration.student_id.in_(enrolled)
    )


def of_exam(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return _by_registration(statement, models.Registration.exam_id == _number(value))


def of_outcome(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(models.Result.passed.is_(value == "passed"))


def of_adoption(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    adopted = sa.select(models.Adoption.result_id)
    return statement.where(
        models.Result.id.in_(adopted) if value == "yes" else models.Result.id.not_in(adopted)
    )


def of_period(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    """Results decided in this period (see period_start)."""
    return statement.where(models.Result.decided_at >= period_start(value))


def period_start(value: str) -> dt.datetime:
    """The start of a period: so many days back ("30"), or "year": 1 August, when the school year starts."""
    school = current_school()
    today = school.today()
    if value == "year":
        first = dt.date(today.year if today.month >= 8 else today.year - 1, 8, 1)
    else:
        first = today - dt.timedelta(days=min(_number(value), 3650))
    return school.day_begins(first)


def _by_registration(statement: sa.Select[Any], condition: Any) -> sa.Select[Any]:
    return statement.where(
        models.Result.registration_id.in_(sa.select(models.Registration.id).where(condition))
    )


def _number(value: str) -> int:
    """An id out of the URL; anything else matches nothing."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else 0


# --- choices ----------------------------------------------------------------------------------


def programme_choices(actor: Actor) -> Sequence[tuple[str, str]]:
    """Programmes of the students whose results this actor may see."""
    students = sa.select(models.Registration.student_id).where(
        models.Registration.id.in_(_with_result(actor))
    )
    used = sa.select(models.Enrolment.programme_id).where(models.Enrolment.student_id.in_(students))
    rows = db.session.scalars(
        sa.select(models.Programme)
        .where(models.Programme.id.in_(used))
        .order_by(models.Programme.name, models.Programme.cohort)
    )
    return [(str(row.id), str(row)) for row in rows]


def exam_choices(actor: Actor) -> Sequence[tuple[str, str]]:
    """Exams with a result that this actor may see."""
    used = sa.select(models.Registration.exam_id).where(models.Registration.id.in_(_with_result(actor)))
    rows = db.session.execute(
        sa.select(models.Exam.id, models.Exam.title, models.Exam.version)
        .where(models.Exam.id.in_(used))
        .order_by(models.Exam.title, models.Exam.version)
    )
    return [(str(row.id), f"{row.title} ({row.version})") for row in rows]


def _with_result(actor: Actor) -> sa.Select[Any]:
    return visible(actor, models.Result, Permission.RESULTS_SEE).with_only_columns(
        models.Result.registration_id
    )


# --- export -----------------------------------------------------------------------------------


def export_rows(results: sa.Select[Any]) -> Sequence[Any]:
    """A row for every result of this SELECT, by the student's name. One query.

    (number, first_name, infix, last_name, title, code, version, attempt, passed, grade, mark, points,
    max_points, decided_at, decided_on)
    """
    ids = results.with_only_columns(models.Result.id).order_by(None)
    return db.session.execute(
        sa.select(
            models.Student.number,
            models.Student.first_name,
            models.Student.infix,
            models.Student.last_name,
            models.Exam.title,
            models.Exam.code,
            models.Exam.version,
            models.Registration.attempt,
            models.Result.passed,
            models.Result.grade,
            models.Result.mark,
            models.Result.points,
            models.Result.max_points,
            models.Result.decided_at,
            models.Adoption.decided_on,
        )
        .select_from(models.Result)
        .join(models.Registration, models.Registration.id == models.Result.registration_id)
        .join(models.Student, models.Student.id == models.Registration.student_id)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .outerjoin(models.Adoption, models.Adoption.result_id == models.Result.id)
        .where(models.Result.id.in_(ids))
        .order_by(models.Student.name_key, models.Exam.code, models.Registration.attempt)
    ).all()
