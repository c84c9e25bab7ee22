"""What the assessment pages read: an examiner's sittings, one sitting with its score sheets, a result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, Permission, Role, visible
from app.queries.planning.attempts import waiting_for
from app.queries.planning.stopped import goes_on
from app.rules.text import Reason
from app.school import current_school

DONE_SHOWN = 20  # finished assessments on the page; the rest behind a link


@dataclass(frozen=True)
class SheetState:
    """How far an examiner is: `scored` criteria have a level."""

    examiner_id: int
    role: str
    saved_at: datetime
    scored: int


@dataclass(frozen=True)
class SittingLine:
    """A sitting in the list, with how far its assessment is."""

    sitting: models.Sitting
    criteria: int
    definitive_at: datetime | None = None
    sheets: Sequence[SheetState] = ()
    waits: Reason | None = None  # for an earlier attempt


@dataclass(frozen=True)
class Todo:
    """The sittings of an examiner: not definitive by moment, and the latest definitive ones."""

    waiting: Sequence[SittingLine] = ()
    done: Sequence[SittingLine] = ()
    done_count: int = 0


@dataclass(frozen=True)
class SittingView:
    """One sitting with its task, criteria, levels, examiners and, once somebody saved, the assessment."""

    sitting: models.Sitting
    assessment: models.Assessment | None
    sheets: Sequence[models.ScoreSheet] = field(default_factory=tuple)
    waits: Reason | None = None  # for an earlier attempt

    @property
    def stopped(self) -> bool:
        return self.sitting.registration.stopped_at is not None

    @property
    def earlier_sheets(self) -> Sequence[models.ScoreSheet]:
        """Those of examiners who were replaced."""
        present = {one.user_id for one in self.sitting.examiners}
        return [sheet for sheet in self.sheets if sheet.examiner_id not in present]

    @property
    def version(self) -> int:
        return self.assessment.version if self.assessment else 0

    def sheet_of(self, user_id: int | None) -> models.ScoreSheet | None:
        return next((sheet for sheet in self.sheets if sheet.examiner_id == user_id), None)

    def role_of(self, user_id: int | None) -> str:
        """The role in which a user is assigned to this sitting; empty: not assigned."""
        found = (one.role for one in self.sitting.examiners if one.user_id == user_id)
        return next(found, "") if user_id is not None else ""


def todo(actor: Actor, *, all_done: bool = False) -> Todo:
    """The examiner's own sittings, in a fixed number of queries."""
    mine = visible(actor, models.Sitting, Permission.ASSESSMENT_TODO)
    definitive = sa.select(models.Assessment.sitting_id).where(models.Assessment.definitive_at.is_not(None))
    waiting = _sittings(
        mine.where(models.Sitting.id.not_in(definitive), goes_on()).order_by(
            models.Sitting.starts_at, models.Sitting.id
        )
    )
    closed = mine.where(models.Sitting.id.in_(definitive))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(closed.subquery())) or 0
    latest = closed.order_by(models.Sitting.starts_at.desc(), models.Sitting.id.desc())
    done = _sittings(latest if all_done else latest.limit(DONE_SHOWN))
    lines = _lines([*waiting, *done])
    return Todo(
        waiting=[lines[sitting.id] for sitting in waiting],
        done=[lines[sitting.id] for sitting in done],
        done_count=count,
    )


def guest_moments(actor: Actor) -> Todo:
    """The moments that a guest is invited for, as far as they are open; in a fixed number of queries."""
    mine = visible(actor, models.Sitting, Permission.ASSESSMENT_FILL)
    waiting = _sittings(mine.order_by(models.Sitting.starts_at, models.Sitting.id))
    lines = _lines(waiting)
    return Todo(waiting=[lines[sitting.id] for sitting in waiting])


def _sittings(statement: sa.Select[Any]) -> Sequence[models.Sitting]:
    return (
        db.session.scalars(
            statement.options(
                orm.joinedload(models.Sitting.registration).joinedload(models.Registration.student),
                orm.joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
                orm.joinedload(models.Sitting.task),
                # One query however many sittings: selectinload would ask again for every 500.
                orm.subqueryload(models.Sitting.examiners).joinedload(models.SittingExaminer.user),
            )
        )
        .unique()
        .all()
    )


def _lines(sittings: Sequence[models.Sitting]) -> Mapping[int, SittingLine]:
    """Sitting id -> its line. Four queries."""
    ids = [sitting.id for sitting in sittings]
    sheets = _sheet_states(ids)
    moments = sa.select(models.Assessment.sitting_id, models.Assessment.definitive_at)
    definitive: dict[int, datetime | None] = {
        row.sitting_id: row.definitive_at
        for row in db.session.execute(moments.where(models.Assessment.sitting_id.in_(id_set(ids))))
    }
    criteria = _criteria_counts(sitting.exam_task_id for sitting in sittings)
    waits = waiting_for(sorted({sitting.registration_id for sitting in sittings}))
    return {
        sitting.id: SittingLine(
            sitting=sitting,
            criteria=criteria.get(sitting.exam_task_id, 0),
            definitive_at=definitive.get(sitting.id),
            sheets=sheets.get(sitting.id, ()),
            waits=waits.get(sitting.registration_id),
        )
        for sitting in sittings
    }


def _sheet_states(sitting_ids: Sequence[int]) -> Mapping[int, Sequence[SheetState]]:
    """Sitting id -> how far each of its examiners is. One query."""
    rows = db.session.execute(
        sa.select(
            models.Assessment.sitting_id,
            models.ScoreSheet.examiner_id,
            models.ScoreSheet.role,
            models.ScoreSheet.saved_at,
            sa.func.count(models.Score.level_id).label("scored"),
        )
        .join(models.ScoreSheet, models.ScoreSheet.assessment_id == models.Assessment.id)
        .outerjoin(models.Score, models.Score.sheet_id == models.ScoreSheet.id)
        .where(models.Assessment.sitting_id.in_(id_set(sitting_ids)))
        .group_by(models.Assessment.sitting_id, models.ScoreSheet.id)
    )
    states: dict[int, list[SheetState]] = {}
    for row in rows:
        state = SheetState(row.examiner_id, row.role, row.saved_at, row.scored)
        states.setdefault(row.sitting_id, []).append(state)
    return states


def _criteria_counts(task_ids: Iterable[int]) -> Mapping[int, int]:
    rows = db.session.execute(
        sa.select(models.Criterion.exam_task_id, sa.func.count().label("criteria"))
        .where(models.Criterion.exam_task_id.in_(id_set(sorted(set(task_ids)))))
        .group_by(models.Criterion.exam_task_id)
    )
    return {row.exam_task_id: row.criteria for row in rows}


def criteria_of(task_id: int) -> Sequence[models.Criterion]:
    """The criteria of a task with their levels, in order; the caller knows that its form was shown."""
    return db.session.scalars(
        sa.select(models.Criterion)
        .where(models.Criterion.exam_task_id == task_id)
        .options(orm.selectinload(models.Criterion.levels))
        .order_by(models.Criterion.position)
    ).all()


def sitting_view(actor: Actor, sitting_id: int) -> SittingView | None:
    """The sitting, when this actor may see its assessment; None otherwise."""
    statement = visible(actor, models.Sitting, Permission.ASSESSMENT_SEE).where(
        models.Sitting.id == sitting_id
    )
    sitting = db.session.scalars(whole_sitting(statement)).unique().one_or_none()
    if sitting is None:
        return None
    assessment = assessment_of(sitting_id)
    waits = _waits(sitting.registration_id, sitting.registration.attempt)
    return SittingView(sitting, assessment, tuple(assessment.sheets) if assessment else (), waits)


def _waits(registration_id: int, attempt: int) -> Reason | None:
    """Why it must wait for an earlier attempt; a first attempt has none, and costs no query."""
    return waiting_for([registration_id]).get(registration_id) if attempt > 1 else None


@dataclass(frozen=True)
class Saved:
    """What whoever just saved must know: who else saved since, and why the sitting must wait."""

    others: Sequence[str]
    waits: Reason | None


def after_saving(actor: Actor, sitting_id: int, *, version: int) -> Saved:
    """`version`: that of the assessment when the form was opened."""
    sheet, sitting = models.ScoreSheet, models.Sitting
    rows = db.session.execute(
        sa.select(sitting.registration_id, models.Registration.attempt, models.User)
        .join(models.Registration, models.Registration.id == sitting.registration_id)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == sitting.id)
        .outerjoin(
            sheet,
            (sheet.assessment_id == models.Assessment.id)
            & (sheet.version > version)
            & (sheet.examiner_id != actor.id),
        )
        .outerjoin(models.User, models.User.id == sheet.examiner_id)
        .options(orm.load_only(models.User.first_name, models.User.infix, models.User.last_name))
        .where(sitting.id == sitting_id)
        .order_by(sheet.id)
    ).all()
    waits = _waits(*rows[0][:2]) if rows else None
    return Saved([user.full_name for *_registration, user in rows if user is not None], waits)


def whole_sitting(statement: sa.Select[Any]) -> sa.Select[Any]:
    """The statement, with everything that a score form shows."""
    criteria = orm.joinedload(models.Sitting.task).selectinload(models.ExamTask.criteria)
    return statement.options(
        orm.joinedload(models.Sitting.registration).joinedload(models.Registration.student),
        orm.joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
        criteria.selectinload(models.Criterion.levels),
        criteria.joinedload(models.Criterion.work_process),
        orm.selectinload(models.Sitting.examiners).joinedload(models.SittingExaminer.user),
    )


def assessment_of(sitting_id: int, *, fresh: bool = False) -> models.Assessment | None:
    """The assessment with its sheets and scores; `fresh`: as it is in the database now."""
    return (
        db.session.scalars(
            sa.select(models.Assessment)
            .where(models.Assessment.sitting_id == sitting_id)
            .options(
                orm.selectinload(models.Assessment.sheets).joinedload(models.ScoreSheet.examiner),
                orm.selectinload(models.Assessment.sheets).selectinload(models.ScoreSheet.scores),
            )
            .execution_options(populate_existing=fresh)
        )
        .unique()
        .one_or_none()
    )


def result_of(actor: Actor, registration_id: int) -> models.Result | None:
    """The result of a registration, when this actor may see it."""
    return db.session.scalars(
        visible(actor, models.Result, Permission.RESULTS_SEE)
        .where(models.Result.registration_id == registration_id)
        .options(
            orm.joinedload(models.Result.registration).joinedload(models.Registration.student),
            orm.joinedload(models.Result.registration).joinedload(models.Registration.exam),
            orm.joinedload(models.Result.adoption),
        )
    ).one_or_none()


def definitive_by(assessment: models.Assessment | None) -> str:
    """The name of the examiner who made it definitive (they have a sheet); "" when nobody did."""
    if assessment is None or assessment.definitive_by_id is None:
        return ""
    names = {sheet.examiner_id: sheet.examiner.full_name for sheet in assessment.sheets}
    return names.get(assessment.definitive_by_id, "")


def has_result(registration_id: int) -> bool:
    return (
        db.session.scalar(sa.select(models.Result.id).where(models.Result.registration_id == registration_id))
        is not None
    )


def is_adopted(registration_id: int) -> bool:
    found = (
        sa.select(models.Adoption.result_id)
        .join(models.Result)
        .where(models.Result.registration_id == registration_id)
    )
    return db.session.scalar(found) is not None


def number_of(sitting: models.Sitting, criterion: models.Criterion) -> str:
    """What people call a criterion: "2.3" is the third of the second task."""
    return f"{sitting.task.position}.{criterion.position}"


def role_in(sitting: models.Sitting, actor: Actor) -> str:
    """The role in which the actor is assigned to this sitting, and which they still hold; "" for none."""
    for one in sitting.examiners:
        if actor.id is not None and one.user_id == actor.id and one.role in actor.roles:
            return one.role
    return ""


def company_sheet(sitting: models.Sitting, assessment: models.Assessment) -> models.ScoreSheet | None:
    """The company's scores: of who examines for it now; when nobody does any more, of the last who did."""
    theirs = [sheet for sheet in assessment.sheets if sheet.role == Role.COMPANY_EXAMINER]
    now = {one.user_id for one in sitting.examiners if one.role == Role.COMPANY_EXAMINER}
    chosen = [sheet for sheet in theirs if sheet.examiner_id in now] if now else theirs
    return max(chosen, key=lambda one: one.id, default=None)


def is_definitive(assessment: models.Assessment | None) -> bool:
    return assessment is not None and assessment.definitive_at is not None


def opens_for_scores(sitting: models.Sitting) -> bool:
    """Whether scores may be given: from the day of the sitting on, by the school's calendar."""
    school = current_school()
    return school.local(sitting.starts_at).date() <= school.today()
