"""The moments of examenaanmeldingen in words, and which have scores: for what removes or stops them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import orm

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set, lock_rows, lock_these
from app.permissions import Role
from app.queries.planning.facts import SCHOOL
from app.queries.planning.persons import lock_people
from app.queries.planning.when import when_label
from app.rules.steps import why_not_remove_planning, why_not_theirs
from app.rules.text import Reason
from app.school import current_school


@dataclass(frozen=True)
class Planned:
    """One moment. `scored`: somebody saved a sheet; `people`: (user id, role, whether a guest, full name)."""

    id: int
    registration_id: int
    student_id: int
    task: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    location: str
    scored: bool
    definitive: bool
    people: Sequence[tuple[int, str, bool, str]]
    note: str = ""
    stopped_at: dt.datetime | None = None

    @property
    def why_not(self) -> Reason | None:
        """Why this moment cannot be removed; None: it can."""
        return why_not_remove_planning(scored=self.scored, definitive=self.definitive)

    @property
    def goes(self) -> bool:
        return self.why_not is None

    @property
    def when(self) -> str:
        return when_label(self.starts_at, self.ends_at)

    @property
    def told(self) -> str:
        """All that is planned: "24-11-2026 09:30–10:30, Lokaal 2.04, Saskia de Boer (examinator school)"."""
        return ", ".join(filter(None, (self.when, self.location, self.note, *self.told_of(self.people))))

    @staticmethod
    def told_of(people: Sequence[tuple[int, str, bool, str]]) -> list[str]:
        """Each with the role, as the same person may come in another one."""
        return [f"{name} ({_(Role(role).label).lower()})" for _id, role, _guest, name in people]


def planned_in(registrations: Collection[int]) -> Sequence[Planned]:
    """Every moment of these registrations, by registration and task. Two queries."""
    scored = sa.exists().where(models.ScoreSheet.assessment_id == models.Assessment.id)
    rows = db.session.execute(
        sa.select(
            models.Sitting,
            models.ExamTask.title,
            models.Registration,
            scored.label("scored"),
            models.Assessment.definitive_at,
        )
        .join(models.ExamTask, models.ExamTask.id == models.Sitting.exam_task_id)
        .join(models.Registration, models.Registration.id == models.Sitting.registration_id)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(models.Sitting.registration_id.in_(id_set(sorted(registrations))))
        .order_by(models.Sitting.registration_id, models.ExamTask.position, models.Sitting.id)
        .execution_options(populate_existing=True)
    ).all()
    people = _people([row.Sitting.id for row in rows])
    return [
        Planned(
            sitting.id,
            sitting.registration_id,
            registration.student_id,
            title,
            sitting.starts_at,
            sitting.ends_at,
            sitting.location,
            bool(has_scores),
            definitive_at is not None,
            people.get(sitting.id, ()),
            sitting.note,
            registration.stopped_at,
        )
        for sitting, title, registration, has_scores, definitive_at in rows
    ]


def _people(sittings: Sequence[int]) -> Mapping[int, list[tuple[int, str, bool, str]]]:
    rows = db.session.execute(
        sa.select(models.SittingExaminer.sitting_id, models.SittingExaminer.role, models.User)
        .join(models.User, models.User.id == models.SittingExaminer.user_id)
        .where(models.SittingExaminer.sitting_id.in_(id_set(sittings)))
        .order_by(models.SittingExaminer.role != SCHOOL)
    )
    found: dict[int, list[tuple[int, str, bool, str]]] = defaultdict(list)
    for sitting_id, role, user in rows:
        found[sitting_id].append((user.id, role, user.guest, user.full_name))
    return found


def labels_of(registrations: Collection[int]) -> dict[int, str]:
    """Registration id -> "EX1, kans 1, Fleur de Vries", by the order of their ids. One query."""
    rows = db.session.scalars(
        sa.select(models.Registration)
        .where(models.Registration.id.in_(id_set(sorted(registrations))))
        .options(orm.joinedload(models.Registration.exam), orm.joinedload(models.Registration.student))
        .order_by(models.Registration.id)
    )
    return {
        row.id: _(
            "%(exam)s, kans %(attempt)s, %(student)s",
            exam=row.exam.code,
            attempt=row.attempt,
            student=row.student,
        )
        for row in rows
    }


def stops_of(registrations: Collection[int]) -> dict[int, str]:
    """Registration id -> "gestopt (12-11-2026 09:30, De student is ziek)", when it was stopped. One query."""
    own = models.Registration
    rows = db.session.execute(
        sa.select(own.id, own.stopped_at, own.stop_reason).where(own.id.in_(id_set(sorted(registrations))))
    )
    local, stopped = current_school().local, _("gestopt")
    return {
        id_: f"{stopped} ({', '.join(filter(None, (f'{local(at):%d-%m-%Y %H:%M}', why)))})"
        for id_, at, why in rows
        if at is not None
    }


def decided_among(registrations: Collection[int]) -> set[int]:
    """Those that have a result. One query."""
    statement = sa.select(models.Result.registration_id)
    return set(
        db.session.scalars(statement.where(models.Result.registration_id.in_(id_set(sorted(registrations)))))
    )


def not_theirs(registrations: Collection[int]) -> dict[int, Reason]:
    """Registration id -> why the student no longer has this exam, for those of whom that is so. One query."""
    own, of_exam, exclusion = models.Registration, models.Enrolment, models.ExamExclusion
    owner = (of_exam.programme_id == models.Exam.programme_id) | (
        of_exam.elective_id == models.Exam.elective_id
    )
    rows = db.session.execute(
        sa.select(
            own.id,
            models.Exam,
            sa.exists().where(of_exam.student_id == own.student_id, owner).label("coupled"),
            sa.exists()
            .where(exclusion.student_id == own.student_id, exclusion.exam_id == own.exam_id)
            .label("excluded"),
        )
        .join(models.Exam, models.Exam.id == own.exam_id)
        .where(own.id.in_(id_set(sorted(registrations))))
        .options(orm.joinedload(models.Exam.programme), orm.joinedload(models.Exam.elective))
    )
    reasons = {
        id_: why_not_theirs(
            coupled=bool(coupled), excluded=bool(excluded), owner=str(exam.elective or exam.programme)
        )
        for id_, exam, coupled, excluded in rows
    }
    return {id_: why for id_, why in reasons.items() if why is not None}


def unfinished_of(students: Sequence[int]) -> Sequence[int]:
    """The registrations of these students that go on and have a part that did not begin yet. One query."""
    begun = (
        sa.select(sa.func.count())
        .where(
            models.Sitting.registration_id == models.Registration.id, models.Sitting.starts_at <= utc_now()
        )
        .scalar_subquery()
    )
    parts = (
        sa.select(sa.func.count())
        .where(models.ExamTask.exam_id == models.Registration.exam_id)
        .scalar_subquery()
    )
    return db.session.scalars(
        sa.select(models.Registration.id)
        .where(
            models.Registration.student_id.in_(id_set(students)),
            models.Registration.stopped_at.is_(None),
            models.Registration.id.not_in(sa.select(models.Result.registration_id)),
            begun < parts,
        )
        .order_by(models.Registration.id)
    ).all()


def stopped_by_leaving(students: Sequence[int]) -> Sequence[int]:
    """The registrations of these students that were stopped when they were deactivated. One query."""
    return db.session.scalars(
        sa.select(models.Registration.id)
        .where(
            models.Registration.student_id.in_(id_set(students)),
            models.Registration.stopped_at.is_not(None),
            models.Registration.stop_reason == "",
        )
        .order_by(models.Registration.id)
    ).all()


def registrations_of(sittings: Collection[int]) -> Sequence[int]:
    """The registrations of these sittings. One query."""
    return db.session.scalars(
        sa.select(models.Sitting.registration_id)
        .where(models.Sitting.id.in_(id_set(sorted(sittings))))
        .distinct()
        .order_by(models.Sitting.registration_id)
    ).all()


def lock_exams(registrations: Collection[int]) -> None:
    """Lock students, examiners, registrations and sittings, each by id, so that people take turns."""
    chosen = id_set(sorted(registrations))
    students = sa.select(models.Registration.student_id).where(models.Registration.id.in_(chosen))
    sittings = sa.select(models.Sitting.id).where(models.Sitting.registration_id.in_(chosen))
    examine = sa.select(models.SittingExaminer.user_id).where(models.SittingExaminer.sitting_id.in_(sittings))
    lock_rows(models.Student.__table__, students)
    lock_people(examine)
    lock_these(models.Registration.__table__, chosen)
    lock_these(models.Sitting.__table__, sittings)
