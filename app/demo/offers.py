"""What the school offers, read once: programmes with their electives and exams, ready to plan and score."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app import models
from app.demo import names
from app.entities.base import db
from app.rules import pass_rules

DAY_MINUTES = 480  # a task that takes longer is taken within one school day in the demo school


@dataclass(frozen=True, slots=True)
class CriterionOffer:
    """A criterion as its pass rule knows it, and the ids of its levels, in the same order."""

    id: int
    facts: pass_rules.Criterion
    level_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TaskOffer:
    id: int
    minutes: int
    criteria: tuple[CriterionOffer, ...]


@dataclass(frozen=True, slots=True)
class ExamOffer:
    id: int
    title: str
    in_practice: bool
    rule: pass_rules.Rule
    tasks: tuple[TaskOffer, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme: its own exams, and the exams of each of its electives."""

    id: int
    crebo: str
    cohort: int
    exams: tuple[ExamOffer, ...]
    electives: tuple[tuple[int, tuple[ExamOffer, ...]], ...]


def load_offers() -> Sequence[Offer]:
    """The programmes that have names for groups and companies, by crebo. A fixed number of queries."""
    # Every exam with all its parts first; an exam belongs to a programme or to an elective.
    with_parts = (
        selectinload(models.Exam.tasks)
        .selectinload(models.ExamTask.criteria)
        .selectinload(models.Criterion.levels),
        selectinload(models.Exam.tasks)
        .selectinload(models.ExamTask.criteria)
        .selectinload(models.Criterion.work_process),
    )
    of_programme: dict[int | None, list[ExamOffer]] = defaultdict(list)
    of_elective: dict[int | None, list[ExamOffer]] = defaultdict(list)
    for exam in db.session.scalars(
        sa.select(models.Exam).where(models.Exam.current).order_by(models.Exam.key).options(*with_parts)
    ):
        if exam.programme_id is not None:
            of_programme[exam.programme_id].append(_exam(exam))
        else:
            of_elective[exam.elective_id].append(_exam(exam))
    electives: dict[int, list[int]] = defaultdict(list)
    for link in db.session.scalars(
        sa.select(models.ProgrammeElective).order_by(models.ProgrammeElective.elective_id)
    ):
        electives[link.programme_id].append(link.elective_id)
    return [
        Offer(
            row.id,
            row.crebo,
            row.cohort,
            tuple(of_programme[row.id]),
            tuple((one, tuple(of_elective[one])) for one in electives[row.id]),
        )
        for row in db.session.scalars(
            sa.select(models.Programme).order_by(models.Programme.crebo, models.Programme.cohort.desc())
        )
        if row.crebo in names.GROUPS
    ]


def _exam(exam: models.Exam) -> ExamOffer:
    tasks = tuple(
        TaskOffer(
            task.id,
            min(task.duration_minutes, DAY_MINUTES),
            tuple(
                CriterionOffer(
                    one.id,
                    one.facts,
                    tuple(level.id for level in one.levels),
                )
                for one in task.criteria
            ),
        )
        for task in exam.tasks
    )
    in_practice = exam.place == "Beroepspraktijk"
    return ExamOffer(exam.id, exam.title, in_practice, pass_rules.read(exam.pass_rule), tasks)
