"""Koppelen aan opleiding (manual, step 4c): one student or a hundred thousand, in the same few statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import delete, exists, insert, literal, select
from wtforms.validators import DataRequired

from app.actions.base.action import ActionForm, Outcome, Refused, Targets, action
from app.actions.base.picker import PickedOne, offer
from app.actions.students.bulk_report import students_changed
from app.actions.students.couplings import Piece, pieces_of, remember
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.exams import Exam
from app.entities.planning import Registration
from app.entities.programmes import Elective, Programme
from app.entities.students import Enrolment, Student
from app.errors import RuleBroken
from app.permissions import Actor, Permission, visible
from app.queries.base.asked import Asked, is_id
from app.rules.text import N_

UNKNOWN = N_("Kies een opleiding of keuzedeel uit de lijst.")


@dataclass(frozen=True)
class Goal:
    """A programme or an elective, and the column of an enrolment that names it."""

    row: Programme | Elective
    column: Any
    exam_column: Any

    @property
    def name(self) -> str:
        return str(self.row)

    @property
    def kind(self) -> str:
        return "programme" if isinstance(self.row, Programme) else "elective"


def goal_of(actor: Actor, key: str) -> Goal:
    """The programme or elective behind "p12" or "e3", when this actor may couple to it."""
    number = int(key[1:]) if is_id(key[1:]) else 0
    row: Programme | Elective | None = None
    if key.startswith("p"):
        row = db.session.scalars(visible(actor, Programme).where(Programme.id == number)).one_or_none()
    elif key.startswith("e"):
        row = db.session.scalars(visible(actor, Elective).where(Elective.id == number)).one_or_none()
    if row is None:
        raise RuleBroken(UNKNOWN, field="target")
    if isinstance(row, Programme):
        return Goal(row, Enrolment.programme_id, Exam.programme_id)
    return Goal(row, Enrolment.elective_id, Exam.elective_id)


def enrol_one(actor: Actor, student_id: int, key: str) -> Goal:
    """Couple a student who was just entered."""
    goal = goal_of(actor, key)
    db.session.add(Enrolment(student_id=student_id, **{goal.column.key: goal.row.id}))
    return goal


class CoupleForm(ActionForm):
    target = PickedOne(
        _l("Opleiding of keuzedeel"),
        [DataRequired(_l("Kies een opleiding of keuzedeel."))],
        source="opleidingen-en-keuzedelen",
        blank=("", _l("Maak een keuze")),
    )

    nothing_hint = _l("De leverancier zet de opleidingen klaar. Neem contact op als u er een mist.")

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        offer(actor, self.target)
        if self.target.empty:
            self.nothing = _("Er is nog geen opleiding of keuzedeel om te kiezen")


@action(
    _l("Koppelen aan opleiding"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    form=CoupleForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Alle examens van de opleiding of het keuzedeel zijn daarna beschikbaar."),
)
def couple_programme(actor: Actor, targets: Targets[Student], *, target: str) -> Outcome:
    """Couple all these students to a programme or elective; who has it already stays as is."""
    goal = goal_of(actor, target)
    coupled = exists().where(Enrolment.student_id == Student.id, goal.column == goal.row.id)
    rows = select(Student.id, literal(goal.row.id)).where(Student.id.in_(targets.among()), ~coupled)
    # In the order of ids, so that two of these at once wait for each other, and neither for ever.
    couple = insert(Enrolment).from_select(["student_id", goal.column.key], rows.order_by(Student.id))
    new = sorted(db.session.scalars(couple.returning(Enrolment.student_id)))
    summary = ngettext(
        "%(num)s student gekoppeld aan %(name)s.",
        "%(num)s studenten gekoppeld aan %(name)s.",
        len(new),
        name=goal.name,
    )
    if new:
        remember(actor, summary, [Piece(goal.kind, goal.row.id, new)])
    return students_changed(targets, new, summary, {"target": [None, goal.name]})


class UncoupleForm(CoupleForm):
    nothing_hint = _l("Kies in de lijst andere studenten.")

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        offer(actor, self.target, asked=Asked(having=targets.among() if targets is not None else None))
        if self.target.empty:
            self.nothing = _("Deze studenten zijn aan geen opleiding of keuzedeel gekoppeld")


@action(
    _l("Ontkoppelen van opleiding"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    form=UncoupleForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l("U kunt alleen opleidingen en keuzedelen kiezen die deze studenten hebben."),
)
def uncouple_programme(actor: Actor, targets: Targets[Student], *, target: str) -> Outcome:
    """Take a programme or elective away; refused for who is registered for one of its exams."""
    goal = goal_of(actor, target)
    exams = select(Exam.id).where(goal.exam_column == goal.row.id)
    registered = exists().where(Registration.student_id == Student.id, Registration.exam_id.in_(exams))
    coupled = exists().where(Enrolment.student_id == Student.id, goal.column == goal.row.id)
    rows = db.session.execute(
        select(Student.id, registered.label("registered"))
        .where(Student.id.in_(targets.among()), coupled)
        .order_by(Student.id)
    ).all()
    free = [row.id for row in rows if not row.registered]
    held = [row.id for row in rows if row.registered]
    gone = db.session.execute(
        delete(Enrolment)
        .where(Enrolment.student_id.in_(id_set(free)), goal.column == goal.row.id)
        .returning(Enrolment.student_id, literal(goal.row.id), literal(""), Enrolment.created_at)
        .execution_options(**QUIETLY)
    ).all()
    summary = ngettext(
        "%(num)s student ontkoppeld van %(name)s.",
        "%(num)s studenten ontkoppeld van %(name)s.",
        len(free),
        name=goal.name,
    )
    remember(actor, summary, pieces_of(goal.kind, gone, taken=True))
    return students_changed(
        targets,
        free,
        summary,
        {"target": [goal.name, None]},
        refused=_refused(held, goal),
        held=len(held),
    )


def _refused(students: list[int], goal: Goal) -> list[Refused]:
    if not students:
        return []
    reason = _("is aangemeld voor een examen van %(name)s", name=goal.name)
    rows = db.session.scalars(
        select(Student).where(Student.id.in_(id_set(students))).order_by(Student.name_key, Student.id)
    )
    return [Refused(row.list_name, reason) for row in rows]
