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
from app.queries.planning.facts import when_label
from app.rules import steps
from app.rules.text import N_, Reason, reason

Sheets = Mapping[int, tuple[str, str]]  # who saved a sheet: user id -> (name, role)


@dataclass(frozen=True)
class Examined:
    """A sitting with its examiner in one role. `others`: who examines in the other role, or scored in it."""

    id: int
    registration_id: int
    label: str
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
    """These sittings with their examiner in this role, by moment. Four queries."""
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
    sheets, programmes = _sheets(chosen), _programmes(chosen)
    return [
        _examined(
            sitting,
            role,
            sheets.get(sitting.id, {}),
            definitive=definitive_at is not None,
            programmes=frozenset(programmes.get(sitting.id, ())),
        )
        for sitting, definitive_at in rows
    ]


def _examined(
    sitting: models.Sitting, role: str, sheets: Sheets, *, definitive: bool, programmes: frozenset[int]
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
    scored = {user: name for user, (name, in_role) in sheets.items() if in_role != role}
    return Examined(
        sitting.id,
        sitting.registration_id,
        label,
        sitting.starts_at,
        sitting.ends_at,
        now.user_id if now else None,
        now.user.full_name if now else None,
        now is not None and now.user_id in sheets,
        scored | {one.user_id: one.user.full_name for one in sitting.examiners if one.role != role},
        programmes,
        definitive,
        registration.stopped_at is not None,
    )


def why_not_replace(one: Examined, chosen: int | None) -> Reason | None:
    """Why this examiner cannot take over here. Nobody examines for both sides, now or before."""
    why = steps.why_not_change(stopped=one.stopped, definitive=one.definitive)
    if why is None and chosen is not None and chosen in one.others:
        return reason(
            N_("%(name)s beoordeelt hier al voor de andere kant, of deed dat eerder. Kies iemand anders."),
            name=one.others[chosen],
        )
    return why


def programmes_of(sittings: Collection[int]) -> Sequence[int]:
    """The programmes that examiners of these sittings come from. One query."""
    found = _programmes(id_set(sorted(sittings)))
    return sorted({programme for own in found.values() for programme in own})


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


def _sheets(sittings: Any) -> Mapping[int, Sheets]:
    """Sitting id -> who saved a sheet there. One query."""
    rows = db.session.execute(
        sa.select(models.Assessment.sitting_id, models.ScoreSheet.role, models.User)
        .join(models.ScoreSheet, models.ScoreSheet.assessment_id == models.Assessment.id)
        .join(models.User, models.User.id == models.ScoreSheet.examiner_id)
        .where(models.Assessment.sitting_id.in_(sittings))
    )
    found: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    for sitting_id, role, user in rows:
        found[sitting_id][user.id] = (user.full_name, role)
    return found
