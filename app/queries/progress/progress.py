"""What the pages of Onderwijsvoortgang read: one student's work processes and assignments, and who rated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, select

from app.entities.base import db
from app.entities.programmes import CoreTask, Elective, Programme, WorkProcess
from app.entities.progress import AssignmentDone, ConditionalAssignment, ProgressMeasure
from app.entities.students import Enrolment, Student
from app.entities.users import User
from app.permissions import Actor, Permission, visible


def open_for_self(actor: Actor) -> bool:
    """Whether this actor is a student whose progress was made available: what shows the tab. One query."""
    found = visible(actor, Student, Permission.OWN_PROGRESS).where(Student.progress_available)
    return bool(db.session.scalar(select(exists(found.with_only_columns(Student.id)))))


def own_student(actor: Actor) -> Student | None:
    """The actor's own student, when the progress was made available."""
    return db.session.scalars(
        visible(actor, Student, Permission.OWN_PROGRESS).where(Student.progress_available)
    ).one_or_none()


def by_availability(statement: Select[Student], choice: str) -> Select[Student]:
    """Students whose progress is available ("ja") or not ("nee")."""
    if choice not in ("ja", "nee"):
        return statement.where(Student.id.is_(None))
    return statement.where(Student.progress_available.is_(choice == "ja"))


@dataclass(frozen=True)
class Rating:
    """One rating of one work process. `own`: the student's; otherwise a supervisor's."""

    id: int
    rating: int
    rater_id: int
    rater: str
    at: datetime
    own: bool


@dataclass(frozen=True)
class ProcessFacts:
    """A work process with its ratings by kind ("baseline", "progress"), newest first."""

    id: int
    code: str
    name: str
    ratings: Mapping[str, Sequence[Rating]]

    def rating_of(self, kind: str, rater_id: int | None) -> Rating | None:
        return next((one for one in self.ratings[kind] if one.rater_id == rater_id), None)

    def latest(self, kind: str, *, own: bool) -> Rating | None:
        return next((one for one in self.ratings[kind] if one.own is own), None)


@dataclass(frozen=True)
class TaskFacts:
    """A core task of a programme, with its work processes in order."""

    programme: str
    title: str
    processes: Sequence[ProcessFacts]


@dataclass(frozen=True)
class AssignmentFacts:
    """A conditional assignment; `done_at` and `done_by` when it is done."""

    id: int
    elective: str
    title: str
    description: str
    done_at: datetime | None
    done_by: str


@dataclass(frozen=True)
class ProgressSheet:
    tasks: Sequence[TaskFacts]
    assignments: Sequence[AssignmentFacts]

    @property
    def processes(self) -> Sequence[ProcessFacts]:
        return [process for task in self.tasks for process in task.processes]


def load_sheet(student: Student) -> ProgressSheet:
    """Everything of one student's progress, in three queries. The caller has checked who asks."""
    ratings = _ratings(student)
    tasks: dict[int, TaskFacts] = {}
    processes: dict[int, list[ProcessFacts]] = {}
    rows = db.session.execute(
        select(Programme.name, CoreTask, WorkProcess)
        .join(CoreTask, CoreTask.programme_id == Programme.id)
        .join(WorkProcess, WorkProcess.core_task_id == CoreTask.id)
        .where(Programme.id.in_(_enrolled(student, Enrolment.programme_id)))
        .order_by(Programme.name, Programme.id, CoreTask.position, WorkProcess.position)
    )
    for programme, task, process in rows:
        own = processes.setdefault(task.id, [])
        tasks.setdefault(task.id, TaskFacts(programme, str(task), own))
        own.append(ProcessFacts(process.id, process.code, process.name, _by_kind(ratings, process.id)))
    return ProgressSheet(list(tasks.values()), _assignments(student))


def _enrolled(student: Student, column: object) -> Select[tuple[int]]:
    found: Select[tuple[int]] = select(column).where(Enrolment.student_id == student.id)  # type: ignore[call-overload]
    return found


def _ratings(student: Student) -> Mapping[tuple[int, str], list[Rating]]:
    rows = db.session.execute(
        select(ProgressMeasure, User)
        .join(User, User.id == ProgressMeasure.rated_by_id)
        .where(ProgressMeasure.student_id == student.id)
        .order_by(ProgressMeasure.rated_at.desc(), ProgressMeasure.id.desc())
    )
    found: dict[tuple[int, str], list[Rating]] = {}
    for measure, user in rows:
        rating = Rating(
            measure.id,
            measure.rating,
            user.id,
            user.full_name,
            measure.rated_at,
            own=user.id == student.user_id,
        )
        found.setdefault((measure.work_process_id, measure.kind), []).append(rating)
    return found


def _by_kind(
    ratings: Mapping[tuple[int, str], list[Rating]], process_id: int
) -> Mapping[str, Sequence[Rating]]:
    return {kind: ratings.get((process_id, kind), []) for kind in ("baseline", "progress")}


def _assignments(student: Student) -> Sequence[AssignmentFacts]:
    rows = db.session.execute(
        select(ConditionalAssignment, Elective, AssignmentDone, User)
        .join(Elective, Elective.id == ConditionalAssignment.elective_id)
        .outerjoin(
            AssignmentDone,
            (AssignmentDone.assignment_id == ConditionalAssignment.id)
            & (AssignmentDone.student_id == student.id),
        )
        .outerjoin(User, User.id == AssignmentDone.recorded_by_id)
        .where(ConditionalAssignment.elective_id.in_(_enrolled(student, Enrolment.elective_id)))
        .order_by(Elective.name, ConditionalAssignment.position)
    )
    return [
        AssignmentFacts(
            assignment.id,
            str(elective),
            assignment.title,
            assignment.description,
            done.done_at if done is not None else None,
            user.full_name if user is not None else "",
        )
        for assignment, elective, done, user in rows  # the last two are None when it is not done
    ]
