"""What the pages of Studenten read: filters, choices, one student's exams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.exams import Exam, ExamTask
from app.entities.planning import Registration
from app.entities.programmes import Programme
from app.entities.progress import ProgressMeasure
from app.entities.students import Enrolment, ExamExclusion, Student, Supervision
from app.permissions import Actor, Permission, may, visible
from app.queries.planning.planning import load_registrations
from app.rules.blocks import Block

# One query per relation, however many students (trap 22).
STUDENT_PARTS = (
    selectinload(Student.enrolments).options(joinedload(Enrolment.programme), joinedload(Enrolment.elective)),
    selectinload(Student.supervisions).joinedload(Supervision.user),
)


# -- what a selection of students has


def exams_for(students: Select[tuple[int]]) -> Sequence[Exam]:
    """The current exams of the programmes and electives of these students, by owner. One query."""
    return db.session.scalars(_in_order(select(Exam)).where(_current_of(students))).all()


def _current_of(students: Select[tuple[int]]) -> ColumnElement[bool]:
    programmes = select(Enrolment.programme_id).where(Enrolment.student_id.in_(students))
    electives = select(Enrolment.elective_id).where(Enrolment.student_id.in_(students))
    return and_(Exam.current, or_(Exam.programme_id.in_(programmes), Exam.elective_id.in_(electives)))


def excluded_exams(students: Select[tuple[int]]) -> Sequence[Exam]:
    """The exams that are not available to at least one of these students. One query."""
    excluded = select(ExamExclusion.exam_id).where(ExamExclusion.student_id.in_(students))
    return db.session.scalars(_in_order(select(Exam)).where(Exam.id.in_(excluded))).all()


def _in_order(statement: Any) -> Any:
    """Exams by owner, each with its owner."""
    return statement.options(joinedload(Exam.programme), joinedload(Exam.elective)).order_by(
        Exam.programme_id.is_(None), Exam.programme_id, Exam.elective_id, Exam.code, Exam.id
    )


# -- one student


@dataclass(frozen=True)
class StudentExam:
    """An exam of a student: an attempt with its block, or (both numbers 0) none yet."""

    exam: Exam
    registration_id: int
    attempt: int
    block: Block | None
    first_moment: datetime | None
    excluded: bool


def exams_of_student(actor: Actor, student: Student, *, now: datetime, every: bool) -> Sequence[StudentExam]:
    """The exams of a student with their state; `every`: also those without an attempt. Four queries."""
    shown: Select[Any] = (
        visible(actor, Registration, Permission.PLANNING_SEE)
        .with_only_columns(Registration.id)
        .where(Registration.student_id == student.id)
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
            rows.append(StudentExam(exam, facts.id, facts.attempt, block, min(moments, default=None), False))
        if not own:
            rows.append(StudentExam(exam, 0, 0, None, None, exam.id in excluded))
    return rows


def _with_exclusion(student: Student, attempted: set[int], *, every: bool) -> Sequence[Row[Exam, bool]]:
    """The exams that were attempted and (`every`) all current ones of what the student follows; one query."""
    wanted: ColumnElement[bool] = Exam.id.in_(attempted)
    if every:
        wanted = or_(wanted, _current_of(id_set([student.id])))
    gone = exists().where(ExamExclusion.exam_id == Exam.id, ExamExclusion.student_id == student.id)
    return db.session.execute(_in_order(select(Exam, gone)).where(wanted)).all()


def _task_ids(exams: Sequence[int]) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = {}
    rows = db.session.execute(
        select(ExamTask.exam_id, ExamTask.id)
        .where(ExamTask.exam_id.in_(exams))
        .order_by(ExamTask.exam_id, ExamTask.position)
    )
    for exam_id, task_id in rows:
        found.setdefault(exam_id, []).append(task_id)
    return found


def programmes_in_sight(actor: Actor, student: Student) -> set[int]:
    """Of the student's programmes those that this actor may open. One query; none for who may open all."""
    own = {enrolment.programme_id for enrolment in student.enrolments if enrolment.programme_id}
    if not may(actor, Permission.PROGRAMMES_SEE):
        return set()
    seen = visible(actor, Programme)
    if seen.whereclause is None:
        return own
    return set(db.session.scalars(seen.with_only_columns(Programme.id).where(Programme.id.in_(own))))


def progress_of(student: Student) -> tuple[int, datetime | None]:
    """How many ratings of work processes there are of a student, and when the last was given. One query."""
    found = select(func.count(), func.max(ProgressMeasure.rated_at)).where(
        ProgressMeasure.student_id == student.id
    )
    number, latest = db.session.execute(found).one()
    return number, latest
