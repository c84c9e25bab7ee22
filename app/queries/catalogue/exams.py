"""What Examenbeheer shows: exams with their tasks, criteria under work processes, and the rule in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.permissions import Actor, visible

LIST_LOAD = (
    orm.joinedload(models.Exam.programme),
    orm.joinedload(models.Exam.elective),
    orm.joinedload(models.Exam.core_task),
)
SHOW_LOAD = (
    *LIST_LOAD,
    orm.selectinload(models.Exam.tasks)
    .selectinload(models.ExamTask.criteria)
    .selectinload(models.Criterion.levels),
    orm.selectinload(models.Exam.tasks)
    .selectinload(models.ExamTask.criteria)
    .joinedload(models.Criterion.work_process),
)


@dataclass(frozen=True)
class ProcessPart:
    """The criteria of one task that belong to one work process."""

    process: models.WorkProcess
    criteria: Sequence[models.Criterion]


@dataclass(frozen=True)
class TaskPart:
    task: models.ExamTask
    processes: Sequence[ProcessPart]

    @property
    def max_points(self) -> int:
        return sum(most(one) for one in self.task.criteria)


def task_counts(ids: Sequence[int]) -> Mapping[int, int]:
    """Exam id -> its number of tasks, for a page of exams that the reader may see."""
    counted = (
        sa.select(models.ExamTask.exam_id, sa.func.count())
        .where(models.ExamTask.exam_id.in_(ids))
        .group_by(models.ExamTask.exam_id)
    )
    return {row[0]: row[1] for row in db.session.execute(counted)}


def parts_of(exam: models.Exam) -> list[TaskPart]:
    """Tasks in order, each with its criteria grouped under their work processes (W2 before W10)."""
    return [TaskPart(task, _by_process(task)) for task in exam.tasks]


def max_points(exam: models.Exam) -> int:
    return sum(most(one) for task in exam.tasks for one in task.criteria)


def most(criterion: models.Criterion) -> int:
    """The points of the criterion's best level."""
    return max((level.points for level in criterion.levels), default=0)


def other_versions(actor: Actor, exam: models.Exam) -> Sequence[models.Exam]:
    statement = visible(actor, models.Exam).where(models.Exam.key == exam.key, models.Exam.id != exam.id)
    return db.session.scalars(statement.order_by(models.Exam.id.desc())).all()


def _by_process(task: models.ExamTask) -> list[ProcessPart]:
    grouped: dict[int, list[models.Criterion]] = {}
    for criterion in task.criteria:
        grouped.setdefault(criterion.work_process_id, []).append(criterion)
    parts = [ProcessPart(own[0].work_process, own) for own in grouped.values()]
    return sorted(parts, key=lambda part: (part.process.core_task_id, part.process.position))
