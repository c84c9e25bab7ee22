"""Which examenmomenten a list holds: by period, by how far they are, by programme.

Start counts with the same conditions, so that its numbers are those of the lists behind them.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, Permission, visible
from app.queries.base.asked import is_id
from app.queries.planning.stopped import goes_on
from app.rules.text import N_
from app.school import current_school

DAYS_AHEAD = 7
PERIODS = {
    "vandaag": N_("Vandaag"),
    "week": N_("Vandaag en de komende dagen"),
    "morgen": N_("De komende dagen, vanaf morgen"),
    "komend": N_("Vandaag en later"),
    "geweest": N_("Voor vandaag"),
}
STATES = {
    "te-beoordelen": N_("Afgenomen, nog niet definitief"),
    "definitief": N_("Definitief beoordeeld"),
}
ROWS = (
    orm.joinedload(models.Sitting.registration).joinedload(models.Registration.student),
    orm.joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
    orm.joinedload(models.Sitting.task),
    orm.subqueryload(models.Sitting.examiners).joinedload(models.SittingExaminer.user),
)


@dataclass(frozen=True)
class Progress:
    """How far the assessment of an examenmoment is."""

    scored: bool = False
    definitive: bool = False


def all_moments(actor: Actor) -> sa.Select[models.Sitting]:
    """The examenmomenten that this actor may see; without those of exams that were stopped."""
    return visible(actor, models.Sitting, Permission.PLANNING_SEE).where(goes_on())


def in_period(statement: sa.Select[models.Sitting], period: str) -> sa.Select[models.Sitting]:
    """Those that begin in this period (PERIODS), by days of the school's calendar; another word: none."""
    if period not in PERIODS:
        return statement.where(sa.false())
    first, until = _days(period)
    if first is not None:
        statement = statement.where(models.Sitting.starts_at >= _begin_of(first))
    return statement if until is None else statement.where(models.Sitting.starts_at < _begin_of(until))


def _days(period: str) -> tuple[int | None, int | None]:
    """The days from today on which a period begins, and has ended; None: it has no such end."""
    ends: dict[str, tuple[int | None, int | None]] = {
        "vandaag": (0, 1),
        "week": (0, DAYS_AHEAD),
        "morgen": (1, DAYS_AHEAD),
        "komend": (0, None),
        "geweest": (None, 0),
    }
    return ends[period]


def _begin_of(days: int) -> dt.datetime:
    school = current_school()
    return school.day_begins(school.today() + dt.timedelta(days=days))


def in_state(statement: sa.Select[models.Sitting], state: str) -> sa.Select[models.Sitting]:
    """Those that are this far (STATES); another word: none."""
    if state == "te-beoordelen":
        return statement.where(models.Sitting.ends_at < utc_now(), ~is_definitive())
    return statement.where(is_definitive() if state == "definitief" else sa.false())


def of_programme(statement: sa.Select[models.Sitting], value: str) -> sa.Select[models.Sitting]:
    """Those of the programme's students, in its exams and in those of electives: the blocks of Examens."""
    if not is_id(value):
        return statement.where(sa.false())
    enrolled = sa.select(models.Enrolment.student_id).where(models.Enrolment.programme_id == int(value))
    exams = sa.select(models.Exam.id).where(
        sa.or_(models.Exam.programme_id == int(value), models.Exam.elective_id.is_not(None))
    )
    wanted = sa.select(models.Registration.id).where(
        models.Registration.student_id.in_(enrolled), models.Registration.exam_id.in_(exams)
    )
    return statement.where(models.Sitting.registration_id.in_(wanted))


def is_definitive() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        models.Assessment.sitting_id == models.Sitting.id, models.Assessment.definitive_at.is_not(None)
    )


def progress_of(ids: Collection[int]) -> Mapping[int, Progress]:
    """Sitting id -> how far its assessment is; without one it is not in here. One query."""
    scored = sa.exists().where(models.ScoreSheet.assessment_id == models.Assessment.id)
    rows = db.session.execute(
        sa.select(
            models.Assessment.sitting_id, scored.label("scored"), models.Assessment.definitive_at
        ).where(models.Assessment.sitting_id.in_(id_set(sorted(ids))))
    )
    return {row.sitting_id: Progress(bool(row.scored), row.definitive_at is not None) for row in rows}
