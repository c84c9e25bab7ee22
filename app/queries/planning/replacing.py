"""The examiners of sittings, for replacing one of them: who it is, who may, and why not."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.queries.planning.sides import others_at
from app.queries.planning.when import when_label
from app.rules import sides, steps
from app.rules.text import Reason


@dataclass(frozen=True)
class Examined:
    """A sitting with its examiner in one role. `others`: who examines in the other role, or scored in it."""

    id: int
    registration_id: int
    label: str
    student: str
    elective: bool
    starts_at: dt.datetime
    ends_at: dt.datetime
    examiner_id: int | None
    examiner: str | None
    has_sheet: bool
    others: Mapping[int, str]
    programmes: frozenset[int]
    definitive: bool
    stopped: bool


def examined(sittings: Collection[int], role: str) -> Sequence[Examined]:
    """These sittings with their examiner in this role, by moment. Six queries."""
    chosen = id_set(sorted(sittings))
    rows = db.session.execute(
        sa.select(models.Sitting, models.Assessment.definitive_at)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(models.Sitting.id.in_(chosen))
        .options(
            orm.joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
            orm.joinedload(models.Sitting.registration).joinedload(models.Registration.student),
            orm.joinedload(models.Sitting.task),
            orm.subqueryload(models.Sitting.examiners).joinedload(models.SittingExaminer.user),
        )
        .order_by(models.Sitting.starts_at, models.Sitting.id)
        .execution_options(populate_existing=True)
    ).all()
    sheets, programmes, others = _sheets(chosen), _programmes(chosen), others_at(sittings, role)
    return [
        _examined(
            sitting,
            role,
            sheets.get(sitting.id, set()),
            others.get(sitting.id, {}),
            definitive=definitive_at is not None,
            programmes=frozenset(programmes.get(sitting.id, ())),
        )
        for sitting, definitive_at in rows
    ]


def _examined(
    sitting: models.Sitting,
    role: str,
    sheets: Collection[int],
    others: Mapping[int, str],
    *,
    definitive: bool,
    programmes: frozenset[int],
) -> Examined:
    registration = sitting.registration
    now = next((one for one in sitting.examiners if one.role == role), None)
    label = _(
        "%(exam)s, %(task)s, %(student)s, %(when)s",
        exam=registration.exam.code,
        task=sitting.task.title,
        student=registration.student,
        when=when_label(sitting.starts_at, sitting.ends_at),
    )
    return Examined(
        sitting.id,
        sitting.registration_id,
        label,
        str(registration.student),
        registration.exam.elective_id is not None,
        sitting.starts_at,
        sitting.ends_at,
        now.user_id if now else None,
        now.user.full_name if now else None,
        now is not None and now.user_id in sheets,
        others,
        programmes,
        definitive,
        registration.stopped_at is not None,
    )


def why_not_replace(one: Examined, chosen: int | None, person: Mapping[int, int]) -> Reason | None:
    """Why this examiner cannot take over here. `person`: user id -> who that is, at least of the chosen."""
    why = steps.why_not_change(stopped=one.stopped, definitive=one.definitive)
    if why is not None or chosen is None:
        return why
    return sides.why_not_both(chosen, one.others, person)


def programmes_of(sittings: Collection[int]) -> Sequence[int]:
    """The programmes that examiners of these sittings come from. One query."""
    found = _programmes(id_set(sorted(sittings)))
    return sorted({programme for own in found.values() for programme in own})


def without_programme(sittings: Collection[int]) -> Sequence[str]:
    """The students of these sittings who follow no programme, where examiners come from it. One query."""
    follows = sa.exists().where(
        models.Enrolment.student_id == models.Student.id, models.Enrolment.programme_id.is_not(None)
    )
    theirs = (
        sa.select(models.Registration.student_id)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .join(models.Sitting, models.Sitting.registration_id == models.Registration.id)
        .where(models.Sitting.id.in_(id_set(sorted(sittings))), models.Exam.elective_id.is_not(None))
    )
    alone = (
        sa.select(models.Student)
        .where(models.Student.id.in_(theirs), ~follows)
        .order_by(models.Student.name_key, models.Student.id)
    )
    return [str(one) for one in db.session.scalars(alone)]


def _programmes(sittings: Any) -> Mapping[int, set[int]]:
    """Sitting id -> the programme of its exam; for an elective, those of the student. One query."""
    own = sa.func.coalesce(models.Exam.programme_id, models.Enrolment.programme_id)
    rows = db.session.execute(
        sa.select(models.Sitting.id, own)
        .join(models.Registration, models.Registration.id == models.Sitting.registration_id)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .outerjoin(models.Enrolment, models.Enrolment.student_id == models.Registration.student_id)
        .where(models.Sitting.id.in_(sittings), own.is_not(None))
    )
    found: dict[int, set[int]] = defaultdict(set)
    for sitting_id, programme_id in rows:
        found[sitting_id].add(programme_id)
    return found


def _sheets(sittings: Any) -> Mapping[int, set[int]]:
    """Sitting id -> who saved a sheet there. One query."""
    rows = db.session.execute(
        sa.select(models.Assessment.sitting_id, models.ScoreSheet.examiner_id)
        .join(models.ScoreSheet, models.ScoreSheet.assessment_id == models.Assessment.id)
        .where(models.Assessment.sitting_id.in_(sittings))
    )
    found: dict[int, set[int]] = defaultdict(set)
    for sitting_id, user_id in rows:
        found[sitting_id].add(user_id)
    return found
