"""What the pages of Onderwijsvoortgang read: one student's work processes and assignments, and who rated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, Permission, visible


def open_for_self(actor: Actor) -> bool:
    """Whether this actor is a student whose progress was made available, and so has the tab. One query."""
    found = visible(actor, models.Student, Permission.OWN_PROGRESS).where(models.Student.progress_available)
    return bool(db.session.scalar(sa.select(sa.exists(found.with_only_columns(models.Student.id)))))


def own_student(actor: Actor) -> models.Student | None:
    """The actor's own student, when the progress was made available."""
    return db.session.scalars(
        visible(actor, models.Student, Permission.OWN_PROGRESS).where(models.Student.progress_available)
    ).one_or_none()


def by_availability(statement: sa.Select[models.Student], choice: str) -> sa.Select[models.Student]:
    """Students whose progress is available ("ja") or not ("nee")."""
    if choice not in ("ja", "nee"):
        return statement.where(models.Student.id.is_(None))
    return statement.where(models.Student.progress_available.is_(choice == "ja"))


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


def load_sheet(student: models.Student) -> ProgressSheet:
    """One student's whole progress. Three queries. The caller has checked that the actor may see it."""
    ratings = _ratings(student)
    tasks: dict[int, TaskFacts] = {}
    processes: dict[int, list[ProcessFacts]] = {}
    rows = db.session.execute(
        sa.select(models.Programme.name, models.CoreTask, models.WorkProcess)
        .join(models.CoreTask, models.CoreTask.programme_id == models.Programme.id)
        .join(models.WorkProcess, models.WorkProcess.core_task_id == models.CoreTask.id)
        .where(models.Programme.id.in_(_enrolled(student, models.Enrolment.programme_id)))
        .order_by(
            models.Programme.name, models.Programme.id, models.CoreTask.position, models.WorkProcess.position
        )
    )
    for programme, task, process in rows:
        own = processes.setdefault(task.id, [])
        tasks.setdefault(task.id, TaskFacts(programme, str(task), own))
        own.append(ProcessFacts(process.id, process.code, process.name, _by_kind(ratings, process.id)))
    return ProgressSheet(list(tasks.values()), _assignments(student))


def processes(ids: Sequence[int]) -> Mapping[int, models.WorkProcess]:
    """Work processes by id."""
    found = db.session.scalars(sa.select(models.WorkProcess).where(models.WorkProcess.id.in_(id_set(ids))))
    return {one.id: one for one in found}


def _enrolled(student: models.Student, column: Any) -> sa.Select[tuple[int]]:
    return sa.select(column).where(models.Enrolment.student_id == student.id)


def _ratings(student: models.Student) -> Mapping[tuple[int, str], list[Rating]]:
    rows = db.session.execute(
        sa.select(models.ProgressMeasure, models.User)
        .join(models.User, models.User.id == models.ProgressMeasure.rated_by_id)
        .where(models.ProgressMeasure.student_id == student.id)
        .order_by(models.ProgressMeasure.rated_at.desc(), models.ProgressMeasure.id.desc())
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


def _assignments(student: models.Student) -> Sequence[AssignmentFacts]:
    rows = db.session.execute(
        sa.select(models.ConditionalAssignment, models.Elective, models.AssignmentDone, models.User)
        .join(models.Elective, models.Elective.id == models.ConditionalAssignment.elective_id)
        .outerjoin(
            models.AssignmentDone,
            (models.AssignmentDone.assignment_id == models.ConditionalAssignment.id)
            & (models.AssignmentDone.student_id == student.id),
        )
        .outerjoin(models.User, models.User.id == models.AssignmentDone.recorded_by_id)
        .where(models.ConditionalAssignment.elective_id.in_(_enrolled(student, models.Enrolment.elective_id)))
        .order_by(models.Elective.name, models.ConditionalAssignment.position)
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
