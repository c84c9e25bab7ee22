"""Vaststelling: the administrator records what the exam committee decided, for one result or for many."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms.validators import InputRequired

from app import models
from app.actions import base
from app.clock import utc_now
from app.entities.base import Moment, db
from app.entities.engine import id_set
from app.entities.planning import attempt_name
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.planning.when import weekday
from app.rules.text import N_
from app.school import current_school

NAMES_SHOWN = 10


class AdoptionForm(base.ActionForm):
    decided_on = base.DayField(
        _l("Datum van het besluit"),
        [InputRequired()],
        description=_l("De dag waarop de examencommissie de uitslagen vaststelde."),
    )

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        return {"decided_on": current_school().today()}


@base.action(
    _l("Vaststelling vastleggen"),
    permission=Permission.ADOPTION_RECORD,
    on=models.Result,
    form=AdoptionForm,
    confirm=True,
    noun=_l("uitslagen"),
    intro=_l("Leg vast dat de examencommissie deze uitslagen heeft vastgesteld. Daarna liggen ze vast."),
    words={"decided_on": N_("Datum van het besluit")},
)
def record_adoption(
    actor: Actor, targets: base.Targets[models.Result], *, decided_on: dt.date
) -> base.Outcome:
    """Record the committee's decision on every chosen result that has none yet.

    A date in the future is refused. A result from after the decision is left alone and named in the report.
    """
    school = current_school()
    if decided_on > school.today():
        raise RuleBroken(N_("De datum van het besluit ligt in de toekomst."), field="decided_on")
    # A result of the day of the decision itself still counts.
    next_day = school.day_begins(decided_on + dt.timedelta(days=1))
    adopted = sa.select(models.Adoption.result_id)
    waiting = sa.select(models.Result.id).where(
        models.Result.id.in_(targets.among()), models.Result.id.not_in(adopted)
    )
    ids = db.session.scalars(
        waiting.where(models.Result.decided_at < next_day).order_by(models.Result.id)
    ).all()
    refused = [
        base.Refused(name, _("De uitslag is van na dit besluit."))
        for name in _names(waiting.where(models.Result.decided_at >= next_day))
    ]
    if ids:
        now = sa.literal(utc_now(), Moment())
        chosen = sa.select(models.Result.id, sa.literal(decided_on), sa.literal(actor.id), now).where(
            models.Result.id.in_(id_set(ids))
        )
        db.session.execute(
            sa.insert(models.Adoption).from_select(
                ["result_id", "decided_on", "recorded_by_id", "recorded_at"], chosen
            )
        )
    return base.Outcome(
        done=len(ids),
        unchanged=targets.count - len(ids) - len(refused),
        refused=refused,
        ids=ids,
        names=_names(sa.select(models.Result.id).where(models.Result.id.in_(id_set(ids))), most=NAMES_SHOWN),
        details={"decided_on": [None, decided_on]},
        summary=_summary(len(ids), decided_on),
    )


def _names(results: sa.Select[Any], most: int | None = None) -> list[str]:
    """The results as "Fleur de Vries, Proeve …, kans 1", in the order of the list."""
    rows = db.session.execute(
        sa.select(
            models.Student.first_name,
            models.Student.infix,
            models.Student.last_name,
            models.Exam.title,
            models.Registration.attempt,
        )
        .select_from(models.Result)
        .join(models.Registration, models.Registration.id == models.Result.registration_id)
        .join(models.Student, models.Student.id == models.Registration.student_id)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .where(models.Result.id.in_(results))
        .order_by(models.Student.name_key, models.Result.id)
        .limit(most)
    )
    return [
        attempt_name(
            " ".join(part for part in (row.first_name, row.infix, row.last_name) if part),
            row.title,
            row.attempt,
        )
        for row in rows
    ]


def _summary(count: int, decided_on: dt.date) -> str:
    if not count:
        return _("Er is niets vastgelegd: deze uitslagen waren al vastgesteld of konden niet mee.")
    return ngettext(
        "%(num)s uitslag vastgesteld op %(day)s.",
        "%(num)s uitslagen vastgesteld op %(day)s.",
        count,
        day=f"{weekday(decided_on)} {decided_on:%d-%m-%Y}",
    )
