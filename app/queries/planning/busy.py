"""When people are taken: every moment of students and examiners, whoever may see it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, Permission, visible
from app.queries.planning.stopped import goes_on


@dataclass(frozen=True)
class Busy:
    """A moment that takes a person: `seen` says whether the actor may know what it is."""

    sitting_id: int
    starts_at: datetime
    ends_at: datetime
    student_id: int
    student: str
    exam: str
    task: str
    examiner_ids: tuple[int, ...]
    seen: bool


def busy_moments(
    actor: Actor,
    *,
    users: Collection[int],
    students: Collection[int],
    start: datetime,
    end: datetime,
    leaving_out: Collection[int],
) -> Sequence[Busy]:
    """Every moment of these people between `start` and `end`, whoever may see it. Two queries.

    `users`: with everybody who is the same person as one of them (persons.py).
    """
    assigned = sa.select(models.SittingExaminer.sitting_id).where(
        models.SittingExaminer.user_id.in_(id_set(sorted(users)))
    )
    # A clash counts whoever may see it: what the actor may not see is only marked as not `seen`.
    then = models.Sitting.starts_at < end, models.Sitting.ends_at > start
    shown = (
        visible(actor, models.Registration, Permission.PLANNING_SEE)
        .where(models.Registration.id.in_(sa.select(models.Sitting.registration_id).where(*then)))
        .with_only_columns(models.Registration.id)
    )
    rows = db.session.execute(
        sa.select(
            models.Sitting,
            models.Student,
            models.Exam.code,
            models.ExamTask.title,
            models.Registration.id.in_(shown).label("seen"),
        )
        .join(models.Registration, models.Registration.id == models.Sitting.registration_id)
        .join(models.Student, models.Student.id == models.Registration.student_id)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .join(models.ExamTask, models.ExamTask.id == models.Sitting.exam_task_id)
        .where(
            goes_on(),
            *then,
            models.Sitting.id.not_in(id_set(sorted(leaving_out))),
            sa.or_(
                models.Registration.student_id.in_(id_set(sorted(students))), models.Sitting.id.in_(assigned)
            ),
        )
    ).all()
    people: dict[int, list[int]] = defaultdict(list)
    links = sa.select(models.SittingExaminer.sitting_id, models.SittingExaminer.user_id).where(
        models.SittingExaminer.sitting_id.in_(id_set([row.Sitting.id for row in rows]))
    )
    for sitting_id, user_id in db.session.execute(links):
        people[sitting_id].append(user_id)
    return [
        Busy(
            s.id,
            s.starts_at,
            s.ends_at,
            student.id,
            str(student),
            code,
            title,
            tuple(people[s.id]),
            bool(seen),
        )
        for s, student, code, title, seen in rows
    ]
