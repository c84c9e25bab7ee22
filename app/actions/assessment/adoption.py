"""Vaststelling: the administrator records what the exam committee decided, for one result or for many."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Select, insert, literal, select
from wtforms import DateField
from wtforms.validators import InputRequired

from app.actions.base.action import ActionForm, Outcome, Refused, Targets, action
from app.clock import utc_now
from app.entities.assessment import Adoption, Result
from app.entities.base import Moment, db
from app.entities.engine import id_set
from app.entities.exams import Exam
from app.entities.planning import Registration
from app.entities.students import Student
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.rules.text import N_
from app.school import current_school

NAMES_SHOWN = 10


class AdoptionForm(ActionForm):
    decided_on = DateField(
        _l("Datum van het besluit"),
        [InputRequired()],
        description=_l("De dag waarop de examencommissie de uitslagen vaststelde."),
    )

    @classmethod
    def initial(cls, actor: Actor, targets: Targets[Any] | None) -> dict[str, Any]:
        return {"decided_on": current_school().today()}


@action(
    _l("Vaststelling vastleggen"),
    permission=Permission.ADOPTION_RECORD,
    on=Result,
    form=AdoptionForm,
    confirm=True,
    noun=_l("uitslagen"),
    intro=_l("Leg vast dat de examencommissie deze uitslagen heeft vastgesteld. Daarna liggen ze vast."),
    words={"decided_on": N_("Datum van het besluit")},
)
def record_adoption(actor: Actor, targets: Targets[Result], *, decided_on: date) -> Outcome:
    """Record the committee's decision on every chosen result that has none yet.

    A date in the future is refused; a result that is younger than the decision stays as it is, by name.
    """
    school = current_school()
    if decided_on > school.today():
        raise RuleBroken(N_("De datum van het besluit ligt in de toekomst."), field="decided_on")
    next_day = school.moment(decided_on + timedelta(days=1), time(0))
    adopted = select(Adoption.result_id)
    waiting = select(Result.id).where(Result.id.in_(targets.among()), Result.id.not_in(adopted))
    ids = db.session.scalars(waiting.where(Result.decided_at < next_day).order_by(Result.id)).all()
    refused = [
        Refused(name, _("De uitslag is van na dit besluit."))
        for name in _names(waiting.where(Result.decided_at >= next_day))
    ]
    if ids:
        now = literal(utc_now(), Moment())
        chosen = select(Result.id, literal(decided_on), literal(actor.id), now).where(
            Result.id.in_(id_set(ids))
        )
        db.session.execute(
            insert(Adoption).from_select(["result_id", "decided_on", "recorded_by_id", "recorded_at"], chosen)
        )
    return Outcome(
        done=len(ids),
        unchanged=targets.count - len(ids) - len(refused),
        refused=refused,
        ids=ids,
        names=_names(select(Result.id).where(Result.id.in_(id_set(ids))), most=NAMES_SHOWN),
        details={"decided_on": [None, decided_on]},
        summary=_summary(len(ids), decided_on),
    )


def _names(results: Select[Any], most: int | None = None) -> list[str]:
    """ "Fleur de Vries, Proeve … (1)", in the order of the list."""
    rows = db.session.execute(
        select(Student.first_name, Student.infix, Student.last_name, Exam.title, Registration.attempt)
        .select_from(Result)
        .join(Registration, Registration.id == Result.registration_id)
        .join(Student, Student.id == Registration.student_id)
        .join(Exam, Exam.id == Registration.exam_id)
        .where(Result.id.in_(results))
        .order_by(Student.name_key, Result.id)
        .limit(most)
    )
    return [
        f"{' '.join(part for part in (row.first_name, row.infix, row.last_name) if part)}, "
        f"{row.title} ({row.attempt})"
        for row in rows
    ]


def _summary(count: int, decided_on: date) -> str:
    if not count:
        return _("Er is niets vastgelegd: deze uitslagen waren al vastgesteld of konden niet mee.")
    return ngettext(
        "%(num)s uitslag vastgesteld op %(day)s.",
        "%(num)s uitslagen vastgesteld op %(day)s.",
        count,
        day=decided_on.strftime("%d-%m-%Y"),
    )
