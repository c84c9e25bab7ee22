"""What the start page shows: what waits for each role, in a few queries, whichever roles a user holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app import models
from app.entities.base import db
from app.permissions import Actor, Permission, Role, visible
from app.queries.library.library import READERS
from app.queries.planning import listed
from app.queries.planning.stopped import goes_on
from app.queries.school.updates import unread
from app.queries.students.filters import by_state
from app.queries.users import users as queries
from app.rules import blocks

SHOWN = 6
PAUSE = dt.timedelta(hours=2)  # tasks of one exam with at most this between them are one line


@dataclass(frozen=True)
class Moment:
    """A line of an agenda: one task, or the tasks of one exam that follow each other closely."""

    id: int
    registration_id: int
    student: str
    exam: str
    task: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    location: str
    tasks: int = 1

    def follows(self, earlier: Moment) -> bool:
        """Whether this is the next task of the same exam, at the same place and soon after."""
        same = (self.registration_id, self.location) == (earlier.registration_id, earlier.location)
        return same and dt.timedelta(0) <= self.starts_at - earlier.ends_at <= PAUSE


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
    block: blocks.Block
    decided_at: dt.datetime


@dataclass(frozen=True)
class OwnProgress:
    """A student's own exams: how many there are, and how many are passed."""

    student_id: int
    progress_available: bool
    exams: int
    passed: int


def school_counts(actor: Actor) -> Mapping[str, int]:
    """The state of the eight steps of the manual, in one query. Of supervisors and examiners: whether any."""
    students = visible(actor, models.Student).where(models.Student.active)
    users = visible(actor, models.User).where(models.User.active.is_(True))
    kept = visible(actor, models.LibraryDocument, Permission.LIBRARY_MANAGE).where(
        models.LibraryDocument.removed_at.is_(None)
    )
    shelved = sa.select(models.LibraryPlacement.role).where(
        models.LibraryPlacement.document_id.in_(kept.with_only_columns(models.LibraryDocument.id)),
        models.LibraryPlacement.role.in_(READERS),
    )
    planned = sa.exists().where(models.Sitting.registration_id == models.Registration.id)
    return _counted(
        programmes=visible(actor, models.Programme),
        electives=visible(actor, models.Elective),
        exams=visible(actor, models.Exam).where(models.Exam.current),
        users=visible(actor, models.User).where(queries.is_working_staff()),
        incomplete_users=visible(actor, models.User).where(queries.is_incomplete()),
        supervisors=users.where(queries.is_holder(Role.SCHOOL_SUPERVISOR)).limit(1),
        examiners=users.where(queries.is_holder(Role.SCHOOL_EXAMINER)).limit(1),
        students=students,
        loose_students=by_state(students, "no-programme"),
        groups=visible(actor, models.StudentGroup),
        documents=kept,
        shelves=shelved.distinct(),
        planned=visible(actor, models.Registration).where(planned),
        coming=listed.in_period(listed.all_moments(actor), "komend"),
        unread=unread(actor),
        to_adopt=_not_adopted(actor),
        profile=sa.select(models.User.id).where(models.User.id == actor.id, models.User.phone != ""),
    )


def own_students_counts(actor: Actor) -> Mapping[str, int]:
    """For a supervisor: own students, those with nothing planned, and taken exams that are not definitive."""
    students = visible(actor, models.Student).where(models.Student.active)
    return _counted(
        students=students,
        unplanned=by_state(students, "nothing-planned"),
        overdue=listed.in_state(listed.all_moments(actor), "te-beoordelen"),
    )


def planned_in(actor: Actor, period: str) -> Agenda:
    """The visible moments of a period (listed.PERIODS), by time; an exam's tasks together. Two queries."""
    inside = listed.in_period(listed.all_moments(actor), period)
    return _agenda(inside.order_by(models.Sitting.starts_at), together=True)


def to_assess(actor: Actor, first: dt.datetime, until: dt.datetime) -> Agenda:
    """An examiner's own open moments: those in [first, until) first, then older ones. Two queries."""
    mine = visible(actor, models.Sitting, Permission.ASSESSMENT_TODO)
    older = sa.case((models.Sitting.starts_at < first, 1), else_=0)
    return _agenda(
        mine.where(models.Sitting.starts_at < until, ~listed.is_definitive(), goes_on()).order_by(
            older, models.Sitting.starts_at
        )
    )


def own_moments(actor: Actor, now: dt.datetime) -> Agenda:
    """A student's coming moments, an exam's tasks together. Two queries."""
    coming = visible(actor, models.Sitting, Permission.OWN_EXAMS).where(
        models.Sitting.ends_at > now, goes_on()
    )
    return _agenda(coming.order_by(models.Sitting.starts_at), together=True)


def own_progress(actor: Actor) -> OwnProgress | None:
    """The exams of the student that this user is; None when they are no student. One query."""
    student = visible(actor, models.Student, Permission.OWN_EXAMS).subquery()
    enrolled = sa.select(models.Enrolment.programme_id, models.Enrolment.elective_id).where(
        models.Enrolment.student_id == student.c.id
    )
    excluded = sa.select(models.ExamExclusion.exam_id).where(models.ExamExclusion.student_id == student.c.id)
    exams = (
        sa.select(sa.func.count(models.Exam.id))
        .where(
            models.Exam.current,
            models.Exam.id.not_in(excluded),
            sa.or_(
                models.Exam.programme_id.in_(enrolled.with_only_columns(models.Enrolment.programme_id)),
                models.Exam.elective_id.in_(enrolled.with_only_columns(models.Enrolment.elective_id)),
            ),
        )
        .scalar_subquery()
    )
    passed = (
        sa.select(sa.func.count(sa.func.distinct(models.Registration.exam_id)))
        .join(models.Result, models.Result.registration_id == models.Registration.id)
        .where(models.Registration.student_id == student.c.id, models.Result.passed)
        .scalar_subquery()
    )
    # Both counts are parts of the one query for the student: without a student there is no row.
    row = db.session.execute(
        sa.select(student.c.id, student.c.progress_available, exams, passed).limit(1)
    ).first()
    return OwnProgress(row[0], row[1], row[2], row[3]) if row is not None else None


def waiting_results(actor: Actor) -> tuple[Sequence[Waiting], int]:
    """The oldest results that are not adopted, and how many there are. Two queries."""
    statement = _not_adopted(actor)
    rows = db.session.scalars(
        statement.options(
            joinedload(models.Result.registration).joinedload(models.Registration.student),
            joinedload(models.Result.registration).joinedload(models.Registration.exam),
        )
        .order_by(models.Result.decided_at, models.Result.id)
        .limit(SHOWN)
    ).all()
    shown = [
        Waiting(
            r.registration_id,
            r.registration.student.full_name,
            r.registration.exam.title,
            blocks.decided_block(blocks.ResultFacts(r.passed, r.grade, r.mark), adopted=False),
            r.decided_at,
        )
        for r in rows
    ]
    return shown, _count(statement)


def _not_adopted(actor: Actor) -> sa.Select[models.Result]:
    return visible(actor, models.Result).where(
        ~sa.exists().where(models.Adoption.result_id == models.Result.id)
    )


def _agenda(statement: sa.Select[Any], *, together: bool = False) -> Agenda:
    """The first moments and how many there are in all: one query, whether the list is full or not."""
    found = db.session.execute(
        statement.options(
            joinedload(models.Sitting.registration).joinedload(models.Registration.student),
            joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
            joinedload(models.Sitting.task),
        )
        .add_columns(_number(statement))
        .order_by(models.Sitting.id)
        .limit(SHOWN * 4 if together else SHOWN)
    ).all()
    rows = [sitting for sitting, _total in found]
    moments = [_moment(row) for row in rows]
    shown = (_together(moments) if together else moments)[:SHOWN]
    return Agenda(shown, found[0][1] if found else 0)


def _moment(row: models.Sitting) -> Moment:
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


def _counted(**statements: sa.Select[Any]) -> Mapping[str, int]:
    """One query with a count per name."""
    columns = [_number(statement).label(name) for name, statement in statements.items()]
    return dict(db.session.execute(sa.select(*columns)).one()._mapping)


def _count(statement: sa.Select[Any]) -> int:
    return db.session.scalar(sa.select(_number(statement))) or 0


def _number(statement: sa.Select[Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(statement.order_by(None).subquery()).scalar_subquery()
