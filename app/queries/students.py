"""What the pages of Studenten read: filters, choices, one student's exams and trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.exams import Exam, ExamTask
from app.entities.planning import Registration
from app.entities.students import Enrolment, ExamExclusion, Student, Supervision
from app.entities.trail import AuditEntry, AuditObject
from app.permissions import Actor, Permission, visible
from app.queries.planning import load_registrations
from app.rules.blocks import Block

TRAIL_SHOWN = 50

# One query per relation, however many students (trap 22).
STUDENT_PARTS = (
    selectinload(Student.enrolments).options(joinedload(Enrolment.programme), joinedload(Enrolment.elective)),
    selectinload(Student.supervisions).joinedload(Supervision.user),
)


# -- what a selection of students has


def exams_for(students: Select[tuple[int]]) -> Sequence[Exam]:
    """The current exams of the programmes and electives of these students, by owner. One query."""
    programme_ids = select(Enrolment.programme_id).where(Enrolment.student_id.in_(students))
    elective_ids = select(Enrolment.elective_id).where(Enrolment.student_id.in_(students))
    return _exams(Exam.current, or_(Exam.programme_id.in_(programme_ids), Exam.elective_id.in_(elective_ids)))


def excluded_exams(students: Select[tuple[int]]) -> Sequence[Exam]:
    """The exams that are not available to at least one of these students. One query."""
    excluded = select(ExamExclusion.exam_id).where(ExamExclusion.student_id.in_(students))
    return _exams(Exam.id.in_(excluded))


def _exams(*conditions: Any) -> Sequence[Exam]:
    return db.session.scalars(
        select(Exam)
        .options(joinedload(Exam.programme), joinedload(Exam.elective))
        .where(*conditions)
        .order_by(Exam.programme_id.is_(None), Exam.programme_id, Exam.elective_id, Exam.code, Exam.id)
    ).all()


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
    """The exams of a student with their state; `every`: also those without an attempt. Six queries."""
    shown: Select[Any] = (
        visible(actor, Registration, Permission.PLANNING_SEE)
        .with_only_columns(Registration.id)
        .where(Registration.student_id == student.id)
    )
    attempts = load_registrations(shown)
    exam_ids = {facts.exam_id for facts in attempts}
    one = id_set([student.id])
    exams = {exam.id: exam for exam in _exams(Exam.id.in_(exam_ids))}
    if every:
        exams |= {exam.id: exam for exam in exams_for(one)}
    excluded = set(
        db.session.scalars(select(ExamExclusion.exam_id).where(ExamExclusion.student_id == student.id))
    )
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


def trail_of(object_type: str, object_id: int, *, most: int = TRAIL_SHOWN) -> Sequence[AuditEntry]:
    """The newest entries about one row. One query; only for who may read the trail."""
    return db.session.scalars(
        select(AuditEntry)
        .join(AuditObject, AuditObject.entry_id == AuditEntry.id)
        .where(AuditObject.object_type == object_type, AuditObject.object_id == object_id)
        .order_by(AuditEntry.id.desc())
        .limit(most)
    ).all()
