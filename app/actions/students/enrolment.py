"""Koppelen aan opleiding (manual, step 4c). One student or 100,000 take the same few statements."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms.validators import DataRequired

from app import models
from app.actions import base
from app.actions.students import couplings
from app.actions.students.bulk_report import students_changed
from app.actions.students.electives import losing_examiners
from app.entities.base import db
from app.entities.bulk import add_missing
from app.entities.engine import QUIETLY, id_set
from app.errors import RuleBroken
from app.permissions import Actor, Permission, visible
from app.queries.base import asked
from app.rules.text import N_

UNKNOWN = N_("Kies een opleiding of keuzedeel uit de lijst.")


@dataclass(frozen=True)
class Goal:
    """A programme or an elective, and the column of an enrolment that names it."""

    row: models.Programme | models.Elective
    column: Any
    exam_column: Any

    @property
    def name(self) -> str:
        return str(self.row)

    @property
    def kind(self) -> str:
        return "programme" if isinstance(self.row, models.Programme) else "elective"


def goal_of(actor: Actor, key: str) -> Goal:
    """The programme or elective of "p12" or "e3". RuleBroken when this actor may not couple to it."""
    number = int(key[1:]) if asked.is_id(key[1:]) else 0
    row: models.Programme | models.Elective | None = None
    if key.startswith("p"):
        row = db.session.scalars(
            visible(actor, models.Programme).where(models.Programme.id == number)
        ).one_or_none()
    elif key.startswith("e"):
        row = db.session.scalars(
            visible(actor, models.Elective).where(models.Elective.id == number)
        ).one_or_none()
    if row is None:
        raise RuleBroken(UNKNOWN, field="target")
    if isinstance(row, models.Programme):
        return Goal(row, models.Enrolment.programme_id, models.Exam.programme_id)
    return Goal(row, models.Enrolment.elective_id, models.Exam.elective_id)


def enrol_one(actor: Actor, student_id: int, key: str) -> Goal:
    """Couple one student, who was just entered. Returns the programme or elective."""
    goal = goal_of(actor, key)
    db.session.add(models.Enrolment(student_id=student_id, **{goal.column.key: goal.row.id}))
    return goal


class CoupleForm(base.ActionForm):
    target = base.PickedOne(
        _l("Opleiding of keuzedeel"),
        [DataRequired(_l("Kies een opleiding of keuzedeel."))],
        source="opleidingen-en-keuzedelen",
        blank=("", _l("Maak een keuze")),
    )

    nothing_hint = _l("De leverancier zet de opleidingen klaar. Neem contact op als u er een mist.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(actor, self.target)
        if self.target.empty:
            self.nothing = _("Er is nog geen opleiding of keuzedeel om te kiezen")


@base.action(
    _l("Koppelen aan opleiding"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    form=CoupleForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Alle examens van de opleiding of het keuzedeel zijn daarna beschikbaar."),
)
def couple_programme(actor: Actor, targets: base.Targets[models.Student], *, target: str) -> base.Outcome:
    """Couple all these students to a programme or elective. Students who have it already stay as they are."""
    goal = goal_of(actor, target)
    coupled = sa.exists().where(models.Enrolment.student_id == models.Student.id, goal.column == goal.row.id)
    rows = sa.select(models.Student.id, sa.literal(goal.row.id)).where(
        models.Student.id.in_(targets.among()), ~coupled
    )
    # In order of id, so that two of these at once take turns and never deadlock.
    names = ["student_id", goal.column.key]
    made = add_missing(models.Enrolment, names, rows.order_by(models.Student.id), "student_id")
    new = sorted(row.student_id for row in made)
    summary = ngettext(
        "%(num)s student gekoppeld aan %(name)s.",
        "%(num)s studenten gekoppeld aan %(name)s.",
        len(new),
        name=goal.name,
    )
    if new:
        couplings.remember(actor, summary, [couplings.Piece(goal.kind, goal.row.id, new)])
    return students_changed(targets, new, summary, {"target": [None, goal.name]})


class UncoupleForm(CoupleForm):
    nothing_hint = _l("Kies in de lijst andere studenten.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(
            actor, self.target, asked=asked.Asked(having=targets.among() if targets is not None else None)
        )
        if self.target.empty:
            self.nothing = _("Deze studenten zijn aan geen opleiding of keuzedeel gekoppeld")


@base.action(
    _l("Ontkoppelen van opleiding"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    form=UncoupleForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l("U kunt alleen opleidingen en keuzedelen kiezen die deze studenten hebben."),
)
def uncouple_programme(actor: Actor, targets: base.Targets[models.Student], *, target: str) -> base.Outcome:
    """Uncouple a programme or elective. A student with an exam of it is refused, unless that was stopped."""
    goal = goal_of(actor, target)
    exams = sa.select(models.Exam.id).where(goal.exam_column == goal.row.id)
    registered = sa.exists().where(
        models.Registration.student_id == models.Student.id,
        models.Registration.exam_id.in_(exams),
        models.Registration.stopped_at.is_(None),
    )
    coupled = sa.exists().where(models.Enrolment.student_id == models.Student.id, goal.column == goal.row.id)
    rows = db.session.execute(
        sa.select(models.Student.id, registered.label("registered"))
        .where(models.Student.id.in_(targets.among()), coupled)
        .order_by(models.Student.id)
    ).all()
    free = [row.id for row in rows if not row.registered]
    held = [row.id for row in rows if row.registered]
    # The moments of coupling are kept, so that an undo can put them back.
    gone = db.session.execute(
        sa.delete(models.Enrolment)
        .where(models.Enrolment.student_id.in_(id_set(free)), goal.column == goal.row.id)
        .returning(
            models.Enrolment.student_id, sa.literal(goal.row.id), sa.literal(""), models.Enrolment.created_at
        )
        .execution_options(**QUIETLY)
    ).all()
    free = sorted(row.student_id for row in gone)  # who another is just uncoupling is not counted twice
    summary = ngettext(
        "%(num)s student ontkoppeld van %(name)s.",
        "%(num)s studenten ontkoppeld van %(name)s.",
        len(free),
        name=goal.name,
    )
    couplings.remember(actor, summary, couplings.pieces_of(goal.kind, gone, taken=True))
    losing = losing_examiners(free if goal.kind == "programme" else ())
    return students_changed(
        targets,
        free,
        " ".join(filter(None, (summary, losing.told))),
        {"target": [goal.name, None]},
        refused=_refused(held, goal),
        held=len(held),
        rests_on=losing.registrations,
    )


def _refused(students: list[int], goal: Goal) -> list[base.Refused]:
    if not students:
        return []
    reason = _("is aangemeld voor een examen van %(name)s", name=goal.name)
    rows = db.session.scalars(
        sa.select(models.Student)
        .where(models.Student.id.in_(id_set(students)))
        .order_by(models.Student.name_key, models.Student.id)
    )
    return [base.Refused(row.list_name, reason) for row in rows]
