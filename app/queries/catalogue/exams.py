"""What Examenbeheer shows: exams with their tasks, criteria under work processes, and the rule in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.entities.base import db
from app.entities.exams import Criterion, Exam, ExamTask
from app.entities.programmes import WorkProcess
from app.permissions import Actor, visible

LIST_LOAD = (joinedload(Exam.programme), joinedload(Exam.elective), joinedload(Exam.core_task))
SHOW_LOAD = (
    *LIST_LOAD,
    selectinload(Exam.tasks).selectinload(ExamTask.criteria).selectinload(Criterion.levels),
    selectinload(Exam.tasks).selectinload(ExamTask.criteria).joinedload(Criterion.work_process),
)


@dataclass(frozen=True)
class ProcessPart:
    """The criteria of one task that belong to one work process."""

    process: WorkProcess
    criteria: Sequence[Criterion]


@dataclass(frozen=True)
class TaskPart:
    task: ExamTask
    processes: Sequence[ProcessPart]

    @property
    def max_points(self) -> int:
        return sum(most(one) for one in self.task.criteria)


def task_counts(ids: Sequence[int]) -> Mapping[int, int]:
    """Exam id -> its number of tasks, for a page of exams that the reader may see."""
    counted = (
        select(ExamTask.exam_id, func.count()).where(ExamTask.exam_id.in_(ids)).group_by(ExamTask.exam_id)
    )
    return {row[0]: row[1] for row in db.session.execute(counted)}


def parts_of(exam: Exam) -> list[TaskPart]:
    """Tasks in order, each with its criteria grouped under their work processes (W2 before W10)."""
    return [TaskPart(task, _by_process(task)) for task in exam.tasks]


def max_points(exam: Exam) -> int:
    return sum(most(one) for task in exam.tasks for one in task.criteria)


def most(criterion: Criterion) -> int:
    return max((level.points for level in criterion.levels), default=0)


def other_versions(actor: Actor, exam: Exam) -> Sequence[Exam]:
    statement = visible(actor, Exam).where(Exam.key == exam.key, Exam.id != exam.id)
    return db.session.scalars(statement.order_by(Exam.id.desc())).all()


def _by_process(task: ExamTask) -> list[ProcessPart]:
    grouped: dict[int, list[Criterion]] = {}
    for criterion in task.criteria:
        grouped.setdefault(criterion.work_process_id, []).append(criterion)
    parts = [ProcessPart(own[0].work_process, own) for own in grouped.values()]
    return sorted(parts, key=lambda part: (part.process.core_task_id, part.process.position))
