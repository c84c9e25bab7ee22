"""What the start page shows: per role what waits, in a few queries for whoever holds whichever roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, exists, func, or_, select
from sqlalchemy.orm import joinedload

from app.entities.assessment import Adoption, Assessment, Result
from app.entities.base import db
from app.entities.exams import Exam
from app.entities.library import LibraryDocument, LibraryPlacement
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Elective, Programme
from app.entities.students import Enrolment, ExamExclusion, Student, StudentGroup
from app.entities.users import User
from app.permissions import Actor, Permission, Role, visible
from app.queries.library.library import READERS
from app.queries.school.updates import unread
from app.queries.students.filters import by_state
from app.queries.users.users import is_holder, is_incomplete
from app.rules.blocks import Block, ResultFacts, decided_block

SHOWN = 6
PAUSE = timedelta(hours=2)  # tasks of one exam with at most this between them are one line
STAFF = (Role.SCHOOL_SUPERVISOR, Role.COMPANY_SUPERVISOR, Role.SCHOOL_EXAMINER, Role.COMPANY_EXAMINER)


@dataclass(frozen=True)
class Moment:
    """A line of an agenda: one task, or the tasks of one exam that follow each other on one day."""

    id: int
    registration_id: int
    student: str
    exam: str
    task: str
    starts_at: datetime
    ends_at: datetime
    location: str
    tasks: int = 1

    def follows(self, earlier: Moment) -> bool:
        """Whether this is a next task of the same exam, soon after."""
        same = (self.registration_id, self.location) == (earlier.registration_id, earlier.location)
        return same and timedelta(0) <= self.starts_at - earlier.ends_at <= PAUSE


@dataclass(frozen=True)
class Agenda:
    """The first few moments, and how many there are in all."""

    moments: Sequence[Moment]
    count: int


@dataclass(frozen=True)
class Waiting:
    """A result that the exam committee has not adopted yet."""

    registration_id: int
    student: str
    exam: str
    block: Block
    decided_at: datetime


@dataclass(frozen=True)
class OwnProgress:
    """A student's own exams: how many there are, and how many are passed."""

    student_id: int
    progress_available: bool
    exams: int
    passed: int


def school_counts(actor: Actor) -> Mapping[str, int]:
    """The state of the eight steps of the manual, in one query."""
    students = visible(actor, Student).where(Student.active)
    users = visible(actor, User).where(User.active.is_(True))
    kept = visible(actor, LibraryDocument, Permission.LIBRARY_MANAGE).where(
        LibraryDocument.removed_at.is_(None)
    )
    shelved = select(LibraryPlacement.role).where(
        LibraryPlacement.document_id.in_(kept.with_only_columns(LibraryDocument.id)),
        LibraryPlacement.role.in_(READERS),
    )
    planned = exists().where(Sitting.registration_id == Registration.id)
    return _counted(
        programmes=visible(actor, Programme),
        electives=visible(actor, Elective),
        exams=visible(actor, Exam).where(Exam.current),
        users=users.where(is_holder(*STAFF)),
        incomplete_users=users.where(is_incomplete()),
        supervisors=users.where(is_holder(Role.SCHOOL_SUPERVISOR)),
        examiners=users.where(is_holder(Role.SCHOOL_EXAMINER)),
        students=students,
        loose_students=by_state(students, "no-programme"),
        groups=visible(actor, StudentGroup),
        documents=kept,
        shelves=shelved.distinct(),
        planned=visible(actor, Registration).where(planned),
        unread=unread(actor),
        to_adopt=_not_adopted(actor),
        profile=select(User.id).where(User.id == actor.id, User.phone != ""),
    )


def own_students_counts(actor: Actor, since: datetime) -> Mapping[str, int]:
    """For a supervisor: own students, those with nothing planned, and taken exams that are not definitive."""
    planned = exists().where(
        Registration.student_id == Student.id, Sitting.registration_id == Registration.id
    )
    students = visible(actor, Student).where(Student.active)
    return _counted(
        students=students,
        unplanned=students.where(~planned),
        overdue=visible(actor, Sitting).where(Sitting.ends_at < since, ~_definitive()),
    )


def planned_between(actor: Actor, first: datetime, until: datetime) -> Agenda:
    """The moments in sight that begin in [first, until), by time, an exam's tasks together. Two queries."""
    inside = visible(actor, Sitting).where(Sitting.starts_at >= first, Sitting.starts_at < until)
    return _agenda(inside.order_by(Sitting.starts_at), together=True)


def to_assess(actor: Actor, first: datetime, until: datetime) -> Agenda:
    """An examiner's own open moments: those in [first, until) first, then older ones. Two queries."""
    mine = visible(actor, Sitting, Permission.ASSESSMENT_TODO)
    older = case((Sitting.starts_at < first, 1), else_=0)
    return _agenda(mine.where(Sitting.starts_at < until, ~_definitive()).order_by(older, Sitting.starts_at))


def own_moments(actor: Actor, now: datetime) -> Agenda:
    """A student's coming moments, an exam's tasks together. Two queries."""
    coming = visible(actor, Sitting, Permission.OWN_EXAMS).where(Sitting.ends_at > now)
    return _agenda(coming.order_by(Sitting.starts_at), together=True)


def own_progress(actor: Actor) -> OwnProgress | None:
    """The student that this user is; None without one. One query."""
    student = visible(actor, Student, Permission.OWN_EXAMS).subquery()
    enrolled = select(Enrolment.programme_id, Enrolment.elective_id).where(
        Enrolment.student_id == student.c.id
    )
    excluded = select(ExamExclusion.exam_id).where(ExamExclusion.student_id == student.c.id)
    exams = (
        select(func.count(Exam.id))
        .where(
            Exam.current,
            Exam.id.not_in(excluded),
            or_(
                Exam.programme_id.in_(enrolled.with_only_columns(Enrolment.programme_id)),
                Exam.elective_id.in_(enrolled.with_only_columns(Enrolment.elective_id)),
            ),
        )
        .scalar_subquery()
    )
    passed = (
        select(func.count(func.distinct(Registration.exam_id)))
        .join(Result, Result.registration_id == Registration.id)
        .where(Registration.student_id == student.c.id, Result.passed)
        .scalar_subquery()
    )
    row = db.session.execute(
        select(student.c.id, student.c.progress_available, exams, passed).limit(1)
    ).first()
    return OwnProgress(row[0], row[1], row[2], row[3]) if row is not None else None


def waiting_results(actor: Actor) -> tuple[Sequence[Waiting], int]:
    """The oldest results that are not adopted, and how many there are. Two queries."""
    statement = _not_adopted(actor)
    rows = db.session.scalars(
        statement.options(
            joinedload(Result.registration).joinedload(Registration.student),
            joinedload(Result.registration).joinedload(Registration.exam),
        )
        .order_by(Result.decided_at, Result.id)
        .limit(SHOWN)
    ).all()
    shown = [
        Waiting(
            r.registration_id,
            r.registration.student.full_name,
            r.registration.exam.title,
            decided_block(ResultFacts(r.passed, r.grade, r.mark), adopted=False),
            r.decided_at,
        )
        for r in rows
    ]
    return shown, _count(statement)


def _not_adopted(actor: Actor) -> Select[Result]:
    return visible(actor, Result).where(~exists().where(Adoption.result_id == Result.id))


def _definitive() -> ColumnElement[bool]:
    return exists().where(Assessment.sitting_id == Sitting.id, Assessment.definitive_at.is_not(None))


def _agenda(statement: Select[Any], *, together: bool = False) -> Agenda:
    """The first moments and how many there are in all: one query, whether the list is full or not."""
    found = db.session.execute(
        statement.options(
            joinedload(Sitting.registration).joinedload(Registration.student),
            joinedload(Sitting.registration).joinedload(Registration.exam),
            joinedload(Sitting.task),
        )
        .add_columns(_number(statement))
        .order_by(Sitting.id)
        .limit(SHOWN * 4 if together else SHOWN)
    ).all()
    rows = [sitting for sitting, _total in found]
    moments = [_moment(row) for row in rows]
    shown = (_together(moments) if together else moments)[:SHOWN]
    return Agenda(shown, found[0][1] if found else 0)


def _moment(row: Sitting) -> Moment:
    return Moment(
        id=row.id,
        registration_id=row.registration_id,
        student=row.registration.student.full_name,
        exam=row.registration.exam.title,
        task=row.task.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        location=row.location,
    )


def _together(moments: Sequence[Moment]) -> list[Moment]:
    """Tasks of one exam that follow each other become one line, at the place of the first."""
    lines: list[Moment] = []
    last: dict[int, int] = {}  # registration -> its latest line
    for moment in moments:
        at = last.get(moment.registration_id)
        if at is not None and moment.follows(lines[at]):
            lines[at] = replace(lines[at], ends_at=moment.ends_at, tasks=lines[at].tasks + 1)
        else:
            last[moment.registration_id] = len(lines)
            lines.append(moment)
    return lines


def _counted(**statements: Select[Any]) -> Mapping[str, int]:
    """One query with a count per name."""
    columns = [_number(statement).label(name) for name, statement in statements.items()]
    return dict(db.session.execute(select(*columns)).one()._mapping)


def _count(statement: Select[Any]) -> int:
    return db.session.scalar(select(_number(statement))) or 0


def _number(statement: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(statement.order_by(None).subquery()).scalar_subquery()
