"""What Opleidingen shows: counts per programme, and what belongs to one programme or elective."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.permissions import Actor, visible


@dataclass(frozen=True)
class Counts:
    exams: int = 0
    students: int = 0


def exams_of_programme(programme_id: int) -> sa.ColumnElement[bool]:
    """The exams of a programme: its own and those of the electives that it offers (manual, step 2)."""
    offered = sa.select(models.ProgrammeElective.elective_id).where(
        models.ProgrammeElective.programme_id == programme_id
    )
    return sa.or_(models.Exam.programme_id == programme_id, models.Exam.elective_id.in_(offered))


def programme_counts(actor: Actor, ids: Sequence[int]) -> Mapping[int, Counts]:
    """Programme id -> its current exams, also of its electives, and its visible students. Three queries."""
    exams = _pairs(
        sa.select(models.Exam.programme_id, sa.func.count())
        .where(models.Exam.programme_id.in_(ids), _current(actor))
        .group_by(models.Exam.programme_id)
    )
    offered = _pairs(
        sa.select(models.ProgrammeElective.programme_id, sa.func.count())
        .join(models.Exam, models.Exam.elective_id == models.ProgrammeElective.elective_id)
        .where(models.ProgrammeElective.programme_id.in_(ids), _current(actor))
        .group_by(models.ProgrammeElective.programme_id)
    )
    students = _students(actor, models.Enrolment.programme_id, ids)
    return {key: Counts(exams.get(key, 0) + offered.get(key, 0), students.get(key, 0)) for key in ids}


def elective_counts(actor: Actor, ids: Sequence[int]) -> Mapping[int, Counts]:
    """Elective id -> its current exams and its visible students. Two queries."""
    exams = _pairs(
        sa.select(models.Exam.elective_id, sa.func.count())
        .where(models.Exam.elective_id.in_(ids), _current(actor))
        .group_by(models.Exam.elective_id)
    )
    students = _students(actor, models.Enrolment.elective_id, ids)
    return {key: Counts(exams.get(key, 0), students.get(key, 0)) for key in ids}


def exams_under(actor: Actor, condition: sa.ColumnElement[bool]) -> Sequence[models.Exam]:
    """Current exams that meet the condition, by title."""
    statement = (
        visible(actor, models.Exam)
        .where(condition, models.Exam.current)
        .order_by(models.Exam.title, models.Exam.id)
    )
    return db.session.scalars(statement).all()


def electives_of(actor: Actor, programme_id: int) -> Sequence[models.Elective]:
    offered = sa.select(models.ProgrammeElective.elective_id).where(
        models.ProgrammeElective.programme_id == programme_id
    )
    return db.session.scalars(
        visible(actor, models.Elective).where(models.Elective.id.in_(offered)).order_by(models.Elective.code)
    ).all()


def programmes_offering(actor: Actor, elective_id: int) -> Sequence[models.Programme]:
    offering = sa.select(models.ProgrammeElective.programme_id).where(
        models.ProgrammeElective.elective_id == elective_id
    )
    statement = visible(actor, models.Programme).where(models.Programme.id.in_(offering))
    return db.session.scalars(statement.order_by(models.Programme.name, models.Programme.cohort)).all()


def assignments_of(elective_id: int) -> Sequence[models.ConditionalAssignment]:
    statement = sa.select(models.ConditionalAssignment).where(
        models.ConditionalAssignment.elective_id == elective_id
    )
    return db.session.scalars(statement.order_by(models.ConditionalAssignment.position)).all()


def programme_choices(actor: Actor) -> list[tuple[str, str]]:
    """(id, name and cohort) of the visible programmes, for a filter."""
    rows = db.session.scalars(
        visible(actor, models.Programme).order_by(models.Programme.name, models.Programme.cohort)
    ).all()
    return [(str(row.id), f"{row.name} ({row.cohort})") for row in rows]


def cohort_choices(actor: Actor) -> list[tuple[str, str]]:
    cohorts = visible(actor, models.Programme).with_only_columns(models.Programme.cohort).distinct()
    return [
        (str(cohort), str(cohort))
        for cohort in db.session.scalars(cohorts.order_by(models.Programme.cohort.desc()))
    ]


def _current(actor: Actor) -> sa.ColumnElement[bool]:
    return models.Exam.id.in_(
        visible(actor, models.Exam).where(models.Exam.current).with_only_columns(models.Exam.id)
    )


def _students(actor: Actor, column: Any, ids: Sequence[int]) -> Mapping[int, int]:
    seen = visible(actor, models.Student).where(models.Student.active).with_only_columns(models.Student.id)
    return _pairs(
        sa.select(column, sa.func.count())
        .where(column.in_(ids), models.Enrolment.student_id.in_(seen))
        .group_by(column)
    )


def _pairs(statement: sa.Select[Any, Any]) -> Mapping[int, int]:
    return {key: count for key, count in db.session.execute(statement) if key is not None}
