"""What the pages of Studenten read: filters, choices, one student's exams and trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.exams import Exam, ExamTask
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Elective, Programme
from app.entities.students import Enrolment, ExamExclusion, Student, StudentGroup, Supervision, group_member
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import User
from app.permissions import Actor, Permission, Role, visible
from app.queries.asked import is_id
from app.queries.planning import load_registrations
from app.queries.student_search import found_by
from app.rules.blocks import Block

Choices = Sequence[tuple[str, str]]
TRAIL_SHOWN = 50
MANY = 300  # more choices than this: a name is typed instead

# One query per relation, however many students (trap 22).
STUDENT_PARTS = (
    selectinload(Student.enrolments).options(joinedload(Enrolment.programme), joinedload(Enrolment.elective)),
    selectinload(Student.supervisions).joinedload(Supervision.user),
    selectinload(Student.groups),
)


# -- filters of the list


def by_words(statement: Select[Any], words: str) -> Select[Any]:
    """Every word begins a word of name, number or e-mail address; accents and capitals do not matter."""
    return statement.where(found_by(words))


def by_target(statement: Select[Any], key: str) -> Select[Any]:
    """Students of a programme ("12") or of an elective ("k3")."""
    column = Enrolment.elective_id if key.startswith("k") else Enrolment.programme_id
    number = key.removeprefix("k")
    if not is_id(number):
        return statement.where(Student.id.is_(None))
    return statement.where(Student.id.in_(select(Enrolment.student_id).where(column == int(number))))


def by_group(statement: Select[Any], group: str) -> Select[Any]:
    """Students in this group: by id, or by (a part of) its name."""
    members = select(group_member.c.student_id)
    if is_id(group):
        return statement.where(Student.id.in_(members.where(group_member.c.group_id == int(group))))
    named = select(StudentGroup.id).where(_contains(StudentGroup.name, group))
    return statement.where(Student.id.in_(members.where(group_member.c.group_id.in_(named))))


def by_supervisor(statement: Select[Any], user: str) -> Select[Any]:
    """Students of this praktijkbegeleider: by id, or by words of the name."""
    if is_id(user):
        return statement.where(Student.id.in_(_supervised().where(Supervision.user_id == int(user))))
    named = select(User.id)
    for word in user.split():
        named = named.where(
            or_(
                _contains(User.first_name, word), _contains(User.infix, word), _contains(User.last_name, word)
            )
        )
    return statement.where(Student.id.in_(_supervised().where(Supervision.user_id.in_(named))))


def _contains(column: Any, text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(text.lower(), autoescape=True)


def by_state(statement: Select[Any], state: str) -> Select[Any]:
    """What still has to be done for a student; the keys are those of STATES in the page."""
    planned = exists().where(
        Registration.student_id == Student.id, Sitting.registration_id == Registration.id
    )
    conditions = {
        "no-programme": ~exists().where(
            Enrolment.student_id == Student.id, Enrolment.programme_id.is_not(None)
        ),
        "no-supervisor": Student.id.not_in(_supervised()),
        "nothing-planned": ~planned,
        "no-progress": ~Student.progress_available,
    }
    condition = conditions.get(state)
    return statement.where(Student.id.is_(None) if condition is None else condition)


def _supervised() -> Select[Any]:
    return select(Supervision.student_id).where(Supervision.role == Role.SCHOOL_SUPERVISOR)


# -- choices of filters and forms


def target_filter_choices(actor: Actor) -> Choices:
    """Programmes and electives that the visible students have. One query each."""
    rows: list[tuple[str, str]] = []
    for key, model, column in (
        ("", Programme, Enrolment.programme_id), ("k", Elective, Enrolment.elective_id),
    ):  # fmt: skip
        entity: Any = model
        used = exists().where(column == entity.id, Enrolment.student_id.in_(_ids(actor)))
        found = db.session.scalars(select(entity).where(used).order_by(entity.name, entity.id))
        rows += [(f"{key}{row.id}", str(row)) for row in found]
    return rows


def group_filter_choices(actor: Actor) -> Choices | None:
    """Groups with a visible student; None when there are too many to choose from."""
    used = select(group_member.c.group_id).where(group_member.c.student_id.in_(_ids(actor)))
    rows = db.session.execute(
        select(StudentGroup.id, StudentGroup.name)
        .where(StudentGroup.id.in_(used))
        .order_by(StudentGroup.name)
        .limit(MANY + 1)
    ).all()
    return [(str(row.id), row.name) for row in rows] if len(rows) <= MANY else None


def supervisor_filter_choices(actor: Actor) -> Choices | None:
    """Praktijkbegeleiders of the visible students; None when there are too many to choose from."""
    # IN, not EXISTS: SQLite then reads the coupled users once instead of trying 100,000 students per user.
    used = select(Supervision.user_id).where(
        Supervision.role == Role.SCHOOL_SUPERVISOR, Supervision.student_id.in_(_ids(actor))
    )
    rows = db.session.scalars(
        select(User)
        .where(User.id.in_(used))
        .order_by(User.last_name, User.first_name, User.id)
        .limit(MANY + 1)
    ).all()
    return [(str(row.id), row.full_name) for row in rows] if len(rows) <= MANY else None


def _ids(actor: Actor) -> Select[tuple[int]]:
    return visible(actor, Student).with_only_columns(Student.id)


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
