"""A student whose first attempt is definitive and failed, and the people around the second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from sqlalchemy import select

from app.actions.assessment.assessment import make_definitive, reopen_assessment, save_scores
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.actions.planning.planning import plan_exam
from app.entities.assessment import Assessment
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.planning import Registration, Sitting
from app.permissions import Actor, actor_of
from app.queries.planning.plan import Slot, Wish
from app.school import current_school
from tests.factories import make_exam, make_programme, make_student, make_user, refresh, supervise
from tests.support import clock

WHY = "De scores stonden verkeerd."
MONDAY = clock.monday()


@dataclass
class Resit:
    """Ids and actors, so that a test can forget rows freely."""

    planner: Actor
    office: Actor
    exam: int
    student: int
    first: Actor  # the examiner of the first attempt
    second: Actor  # the examiner of the second

    def plan(self, day: int = 0, hour: int = 9, *, by: Actor | None = None, **more: Any) -> Outcome:
        examiner = self.second.id or 0
        slot = Slot(examiner, None, MONDAY + timedelta(days=day), time(hour, 0), 60)
        wish = Wish(together=slot)
        return run(plan_exam, by or self.planner, [self.student], exam_id=self.exam, wish=wish, **more)

    def attempt(self, number: int) -> Registration:
        refresh()
        own = (Registration.student_id == self.student) & (Registration.attempt == number)
        return db.session.scalars(select(Registration).where(own)).one()

    def sitting(self, number: int) -> int:
        return self.attempt(number).sittings[0].id

    def score(self, number: int, label: str, by: Actor) -> Outcome:
        """Fill everything in."""
        sitting = db.session.get_one(Sitting, self.sitting(number))
        levels = {
            one.id: next(level.id for level in one.levels if level.label == label)
            for one in sitting.task.criteria
        }
        own = select(Assessment.version).where(Assessment.sitting_id == sitting.id)
        version = db.session.scalar(own) or 0
        return run(save_scores, by, [sitting.id], version=version, levels=levels, remarks={})

    def close(self, number: int, label: str, by: Actor) -> Outcome:
        self.score(number, label, by)
        return run(make_definitive, by, [self.sitting(number)])

    def reopen(self, number: int = 1) -> Outcome:
        return run(reopen_assessment, self.office, [self.sitting(number)], reason=WHY)

    def take_second(self) -> None:
        """The second attempt is today, after the first."""
        with transaction():
            sitting = db.session.get_one(Sitting, self.sitting(2))
            sitting.starts_at, sitting.ends_at = clock.now(), clock.now() + timedelta(hours=1)


def make_resit() -> Resit:
    programme = make_programme()
    exam = make_exam(programme, tasks=1)
    student = make_student(programme)
    first, second = (make_user("school_examiner", programmes=[programme]) for _n in range(2))
    planner = make_user("school_supervisor")
    supervise(student, planner, "school_supervisor")
    made = Resit(
        actor_of(planner),
        actor_of(make_user("administrator")),
        exam.id,
        student.id,
        actor_of(first),
        actor_of(second),
    )
    yesterday = current_school().local(clock.now() - timedelta(days=1))
    slot = Slot(first.id, None, yesterday.date(), time(9, 0), 60)
    refresh()
    run(plan_exam, made.office, [made.student], exam_id=made.exam, wish=Wish(together=slot))
    made.close(1, "O", made.first)
    return made
