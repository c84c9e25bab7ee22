"""What the pages of Studenten read: filters, choices, one student's exams."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, Permission, may, visible
from app.queries.planning.planning import load_registrations
from app.rules.blocks import Block
from app.rules.text import Reason

# One query per relation, however many students (trap 22).
STUDENT_PARTS = (
    orm.selectinload(models.Student.enrolments).options(
        orm.joinedload(models.Enrolment.programme), orm.joinedload(models.Enrolment.elective)
    ),
    orm.selectinload(models.Student.supervisions).joinedload(models.Supervision.user),
)


# -- what a selection of students has


def exams_for(students: sa.Select[tuple[int]]) -> Sequence[models.Exam]:
    """The current exams of the programmes and electives of these students, by owner. One query."""
    return db.session.scalars(_in_order(sa.select(models.Exam)).where(_current_of(students))).all()


def _current_of(students: sa.Select[tuple[int]]) -> sa.ColumnElement[bool]:
    programmes = sa.select(models.Enrolment.programme_id).where(models.Enrolment.student_id.in_(students))
    electives = sa.select(models.Enrolment.elective_id).where(models.Enrolment.student_id.in_(students))
    return sa.and_(
        models.Exam.current,
        sa.or_(models.Exam.programme_id.in_(programmes), models.Exam.elective_id.in_(electives)),
    )


def excluded_exams(students: sa.Select[tuple[int]]) -> Sequence[models.Exam]:
    """The exams that are not available to at least one of these students. One query."""
    excluded = sa.select(models.ExamExclusion.exam_id).where(models.ExamExclusion.student_id.in_(students))
    return db.session.scalars(_in_order(sa.select(models.Exam)).where(models.Exam.id.in_(excluded))).all()


def seen_exams(actor: Actor, ids: Collection[int]) -> Sequence[models.Exam]:
    """The exams among these that this actor sees. One query."""
    seen = visible(actor, models.Exam).where(models.Exam.id.in_(id_set(sorted(ids))))
    return db.session.scalars(_in_order(seen)).all()


def _in_order(statement: Any) -> Any:
    """Exams by owner, each with its owner."""
    return statement.options(
        orm.joinedload(models.Exam.programme), orm.joinedload(models.Exam.elective)
    ).order_by(
        models.Exam.programme_id.is_(None),
        models.Exam.programme_id,
        models.Exam.elective_id,
        models.Exam.code,
        models.Exam.id,
    )


# -- one student


@dataclass(frozen=True)
class StudentExam:
    """An exam of a student: an attempt with its block, or (both numbers 0) none yet."""

    exam: models.Exam
    registration_id: int
    attempt: int
    block: Block | None
    first_moment: datetime | None
    excluded: bool
    waits: Reason | None = None  # for an earlier attempt


def exams_of_student(
    actor: Actor, student: models.Student, *, now: datetime, every: bool
) -> Sequence[StudentExam]:
    """The exams of a student with their state; `every`: also those without an attempt. Four queries."""
    shown: sa.Select[Any] = (
        visible(actor, models.Registration, Permission.PLANNING_SEE)
        .with_only_columns(models.Registration.id)
        .where(models.Registration.student_id == student.id)
    )
    attempts = load_registrations(shown)
    found = _with_exclusion(student, {facts.exam_id for facts in attempts}, every=every)
    exams = {exam.id: exam for exam, _excluded in found}
    excluded = {exam.id for exam, excluded in found if excluded}
    tasks = _task_ids(list(exams))
    rows = []
    for exam in exams.values():
        own = [facts for facts in attempts if facts.exam_id == exam.id]
        for facts in own:
            block = facts.block(tasks.get(exam.id, ()), available=exam.id not in excluded, now=now)
            moments = [sitting.planned[0] for sitting in facts.sittings.values()]
            first = min(moments, default=None)
            rows.append(StudentExam(exam, facts.id, facts.attempt, block, first, False, facts.waits))
        if not own:
            rows.append(StudentExam(exam, 0, 0, None, None, exam.id in excluded))
    return rows


def _with_exclusion(
    student: models.Student, attempted: set[int], *, every: bool
) -> Sequence[sa.Row[models.Exam, bool]]:
    """(exam, excluded) of the attempted exams; `every`: also of the student's current exams. One query."""
    wanted: sa.ColumnElement[bool] = models.Exam.id.in_(attempted)
    if every:
        wanted = sa.or_(wanted, _current_of(id_set([student.id])))
    gone = sa.exists().where(
        models.ExamExclusion.exam_id == models.Exam.id, models.ExamExclusion.student_id == student.id
    )
    return db.session.execute(_in_order(sa.select(models.Exam, gone)).where(wanted)).all()


def _task_ids(exams: Sequence[int]) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = {}
    rows = db.session.execute(
        sa.select(models.ExamTask.exam_id, models.ExamTask.id)
        .where(models.ExamTask.exam_id.in_(exams))
        .order_by(models.ExamTask.exam_id, models.ExamTask.position)
    )
    for exam_id, task_id in rows:
        found.setdefault(exam_id, []).append(task_id)
    return found


def programmes_in_sight(actor: Actor, student: models.Student) -> set[int]:
    """The student's programmes that this actor may open. One query; none when they may open all."""
    own = {enrolment.programme_id for enrolment in student.enrolments if enrolment.programme_id}
    if not may(actor, Permission.PROGRAMMES_SEE):
        return set()
    seen = visible(actor, models.Programme)
    if seen.whereclause is None:
        return own
    return set(
        db.session.scalars(seen.with_only_columns(models.Programme.id).where(models.Programme.id.in_(own)))
    )


def progress_of(student: models.Student) -> tuple[int, datetime | None]:
    """How many ratings of work processes there are of a student, and when the last was given. One query."""
    found = sa.select(sa.func.count(), sa.func.max(models.ProgressMeasure.rated_at)).where(
        models.ProgressMeasure.student_id == student.id
    )
    number, latest = db.session.execute(found).one()
    return number, latest
