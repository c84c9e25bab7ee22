"""A planned exam with its two examiners, and the steps of assessing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from app.actions.assessment.assessment import make_definitive, save_scores
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.entities.assessment import Assessment
from app.entities.base import db
from app.permissions import Actor, actor_of
from tests.factories.base import at_once, refresh
from tests.factories.exams import make_exam, make_programme
from tests.factories.planning import make_registration, make_sitting
from tests.factories.students import make_student
from tests.factories.users import make_user
from tests.support import clock


@dataclass
class PlannedExam:
    """A planned exam of today: ids and actors, so that a test can forget rows freely."""

    registration: int
    sittings: list[int]
    criteria: list[list[dict[str, int]]]  # per sitting, per criterion: label -> level id, and "id"
    school: Actor
    company: Actor

    def levels(self, label: str = "V", sitting: int = 0, count: int | None = None) -> dict[int, int]:
        chosen = self.criteria[sitting][:count]
        return {one["id"]: one[label] for one in chosen}


@at_once()
def plan_exam(
    tasks: int = 1,
    criteria: int = 3,
    days: int = 0,
    attempt: int = 1,
    student: Mapping[str, Any] = MappingProxyType({}),
    **values: Any,
) -> PlannedExam:
    programme = make_programme()
    made = make_exam(programme, tasks=tasks, criteria=criteria, **values)
    registration = make_registration(make_student(programme, **student), made, attempt=attempt)
    school, company = make_user("school_examiner"), make_user("company_examiner")
    start = clock.now() + timedelta(days=days)
    sittings = [
        make_sitting(registration, task, starts_at=start, school_examiner=school, company_examiner=company)
        for task in made.tasks
    ]
    return PlannedExam(
        registration=registration.id,
        sittings=[one.id for one in sittings],
        criteria=[
            [{"id": c.id, **{level.label: level.id for level in c.levels}} for c in task.criteria]
            for task in made.tasks
        ],
        school=actor_of(school),
        company=actor_of(company),
    )


def save_as(  # noqa: PLR0917 - as a form sends it
    actor: Actor,
    sitting: int,
    levels: dict[int, int],
    version: int = 0,
    remarks: Any = None,
    remark: str = "",
) -> Outcome:
    return run(
        save_scores, actor, [sitting], version=version, levels=levels, remarks=remarks or {}, remark=remark
    )


def close_as_school(exam: PlannedExam, sitting: int = 0, label: str = "V") -> Outcome:
    """The school examiner fills everything in and makes it definitive."""
    version = version_of(exam.sittings[sitting])
    save_as(exam.school, exam.sittings[sitting], exam.levels(label, sitting), version)
    return run(make_definitive, exam.school, [exam.sittings[sitting]])


def version_of(sitting: int) -> int:
    refresh()
    return db.session.scalar(select(Assessment.version).where(Assessment.sitting_id == sitting)) or 0
