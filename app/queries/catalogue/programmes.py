"""What Opleidingen shows: counts per programme, and what hangs on one programme or elective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.entities.base import db
from app.entities.exams import Exam
from app.entities.programmes import Elective, Programme, ProgrammeElective
from app.entities.progress import ConditionalAssignment
from app.entities.students import Enrolment, Student
from app.permissions import Actor, visible


@dataclass(frozen=True)
class Counts:
    exams: int = 0
    students: int = 0


def exams_of_programme(programme_id: int) -> ColumnElement[bool]:
    """The exams of a programme: its own and those of the electives that it offers (manual, step 2)."""
    offered = select(ProgrammeElective.elective_id).where(ProgrammeElective.programme_id == programme_id)
    return or_(Exam.programme_id == programme_id, Exam.elective_id.in_(offered))


def programme_counts(actor: Actor, ids: Sequence[int]) -> Mapping[int, Counts]:
    """Per programme: current exams, those of its electives too, and the students in sight. Three queries."""
    exams = _pairs(
        select(Exam.programme_id, func.count())
        .where(Exam.programme_id.in_(ids), _current(actor))
        .group_by(Exam.programme_id)
    )
    offered = _pairs(
        select(ProgrammeElective.programme_id, func.count())
        .join(Exam, Exam.elective_id == ProgrammeElective.elective_id)
        .where(ProgrammeElective.programme_id.in_(ids), _current(actor))
        .group_by(ProgrammeElective.programme_id)
    )
    students = _students(actor, Enrolment.programme_id, ids)
    return {key: Counts(exams.get(key, 0) + offered.get(key, 0), students.get(key, 0)) for key in ids}


def elective_counts(actor: Actor, ids: Sequence[int]) -> Mapping[int, Counts]:
    """Per elective: its current exams and the students in sight. Two queries."""
    exams = _pairs(
        select(Exam.elective_id, func.count())
        .where(Exam.elective_id.in_(ids), _current(actor))
        .group_by(Exam.elective_id)
    )
    students = _students(actor, Enrolment.elective_id, ids)
    return {key: Counts(exams.get(key, 0), students.get(key, 0)) for key in ids}


def exams_under(actor: Actor, condition: ColumnElement[bool]) -> Sequence[Exam]:
    """Current exams that meet the condition, by title."""
    statement = visible(actor, Exam).where(condition, Exam.current).order_by(Exam.title, Exam.id)
    return db.session.scalars(statement).all()


def electives_of(actor: Actor, programme_id: int) -> Sequence[Elective]:
    offered = select(ProgrammeElective.elective_id).where(ProgrammeElective.programme_id == programme_id)
    return db.session.scalars(
        visible(actor, Elective).where(Elective.id.in_(offered)).order_by(Elective.code)
    ).all()


def programmes_offering(actor: Actor, elective_id: int) -> Sequence[Programme]:
    offering = select(ProgrammeElective.programme_id).where(ProgrammeElective.elective_id == elective_id)
    statement = visible(actor, Programme).where(Programme.id.in_(offering))
    return db.session.scalars(statement.order_by(Programme.name, Programme.cohort)).all()


def assignments_of(elective_id: int) -> Sequence[ConditionalAssignment]:
    statement = select(ConditionalAssignment).where(ConditionalAssignment.elective_id == elective_id)
    return db.session.scalars(statement.order_by(ConditionalAssignment.position)).all()


def programme_choices(actor: Actor) -> list[tuple[str, str]]:
    """(id, name and cohort) of the programmes in sight, for a filter."""
    rows = db.session.scalars(visible(actor, Programme).order_by(Programme.name, Programme.cohort)).all()
    return [(str(row.id), f"{row.name} ({row.cohort})") for row in rows]


def cohort_choices(actor: Actor) -> list[tuple[str, str]]:
    cohorts = visible(actor, Programme).with_only_columns(Programme.cohort).distinct()
    return [
        (str(cohort), str(cohort)) for cohort in db.session.scalars(cohorts.order_by(Programme.cohort.desc()))
    ]


def _current(actor: Actor) -> ColumnElement[bool]:
    return Exam.id.in_(visible(actor, Exam).where(Exam.current).with_only_columns(Exam.id))


def _students(actor: Actor, column: Any, ids: Sequence[int]) -> Mapping[int, int]:
    seen = visible(actor, Student).where(Student.active).with_only_columns(Student.id)
    return _pairs(
        select(column, func.count()).where(column.in_(ids), Enrolment.student_id.in_(seen)).group_by(column)
    )


def _pairs(statement: Select[Any, Any]) -> Mapping[int, int]:
    return {key: count for key, count in db.session.execute(statement) if key is not None}
