"""Which exams a student takes (manual, step 4d) and whether the progress tab is open (step 4e)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import and_, delete, exists, func, insert, or_, select, update
from wtforms import RadioField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired

from app.actions.base.action import ActionForm, Outcome, Refused, Targets, action
from app.actions.students.bulk_report import students_changed
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.exams import Exam
from app.entities.planning import Registration
from app.entities.students import Enrolment, ExamExclusion, Student
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.students.students import exams_for, excluded_exams
from app.rules.text import N_

NOT_THEIRS = N_("Kies examens uit de lijst: die van de opleidingen en keuzedelen van deze studenten.")


def exam_choices(exams: Sequence[Exam]) -> dict[str, list[tuple[Any, str]]]:
    """Exams under the name of their programme or elective."""
    choices: dict[str, list[tuple[Any, str]]] = defaultdict(list)
    for exam in exams:
        choices[str(exam.programme or exam.elective)].append((exam.id, str(exam)))
    return dict(choices)


class ExcludeForm(ActionForm):
    exams = SelectMultipleField(_l("Examens"), [DataRequired(_l("Kies minstens één examen."))], coerce=int)

    nothing_hint = _l(
        "Koppel ze eerst aan een opleiding of keuzedeel: alle examens daarvan zijn dan beschikbaar."
    )

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self.exams.choices = exam_choices(exams_for(targets.among())) if targets is not None else {}
        self.nothing = "" if self.exams.choices else _("Deze studenten hebben nog geen examens")


@action(
    _l("Maak een examen niet-beschikbaar"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    form=ExcludeForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Kies de examens die u bij deze studenten niet wilt inzetten. Alle andere blijven beschikbaar."),
)
def exclude_exam(actor: Actor, targets: Targets[Student], *, exams: Sequence[int]) -> Outcome:
    """Make exams unavailable; a student already registered for one keeps that one."""
    chosen = [exam for exam in exams_for(targets.among()) if exam.id in set(exams)]
    if not chosen or len(chosen) != len(set(exams)):
        raise RuleBroken(NOT_THEIRS, field="exams")
    pairs = _pairs(targets, [exam.id for exam in chosen])
    registered = exists().where(Registration.student_id == Student.id, Registration.exam_id == Exam.id)
    excluded = exists().where(ExamExclusion.student_id == Student.id, ExamExclusion.exam_id == Exam.id)
    changed = sorted(
        set(db.session.scalars(pairs.with_only_columns(Student.id).where(~registered, ~excluded)))
    )
    refused = _already_registered(pairs.where(registered))
    db.session.execute(
        insert(ExamExclusion).from_select(
            ["student_id", "exam_id"],
            pairs.with_only_columns(Student.id, Exam.id).where(~registered, ~excluded),
        )
    )
    held = set(refused) - set(changed)
    summary = ngettext(
        "%(exams)s: niet meer beschikbaar voor %(num)s student.",
        "%(exams)s: niet meer beschikbaar voor %(num)s studenten.",
        len(changed),
        exams=_titles(chosen),
    )
    others = _others(targets, chosen)
    return students_changed(
        targets,
        changed,
        _and_others(summary, others),
        {"exams": [str(exam) for exam in chosen]},
        refused=refused.values(),
        held=len(held) + others,
    )


class IncludeForm(ExcludeForm):
    nothing_hint = _l("Een examen dat u bij hen niet-beschikbaar maakt, staat daarna hier.")

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self.exams.choices = exam_choices(excluded_exams(targets.among())) if targets is not None else {}
        self.nothing = "" if self.exams.choices else _("Alle examens van deze studenten zijn beschikbaar")


@action(
    _l("Maak een examen weer beschikbaar"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    form=IncludeForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Hier staan alleen examens die voor deze studenten niet beschikbaar zijn."),
)
def include_exam(actor: Actor, targets: Targets[Student], *, exams: Sequence[int]) -> Outcome:
    """Make exams available again."""
    chosen = [exam for exam in excluded_exams(targets.among()) if exam.id in set(exams)]
    if not chosen or len(chosen) != len(set(exams)):
        raise RuleBroken(NOT_THEIRS, field="exams")
    others = _others(targets, chosen)
    which = ExamExclusion.exam_id.in_([exam.id for exam in chosen])
    changed = db.session.scalars(
        select(ExamExclusion.student_id)
        .where(ExamExclusion.student_id.in_(targets.among()), which)
        .distinct()
        .order_by(ExamExclusion.student_id)
    ).all()
    db.session.execute(
        delete(ExamExclusion)
        .where(ExamExclusion.student_id.in_(id_set(changed)), which)
        .execution_options(**QUIETLY)
    )
    summary = ngettext(
        "%(exams)s: weer beschikbaar voor %(num)s student.",
        "%(exams)s: weer beschikbaar voor %(num)s studenten.",
        len(changed),
        exams=_titles(chosen),
    )
    return students_changed(
        targets, changed, _and_others(summary, others), {"exams": [str(exam) for exam in chosen]}, held=others
    )


class ReleaseForm(ActionForm):
    available = RadioField(
        _l("Tabblad “Mijn onderwijsvoortgang”"), [InputRequired(_l("Kies aan of uit."))], default="on"
    )

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self.available.choices = [
            ("on", _("Aan: de student ziet het tabblad")),
            ("off", _("Uit: de student ziet het tabblad niet")),
        ]


@action(
    _l("Stel studievoortgang beschikbaar"),
    permission=Permission.PROGRESS_RELEASE,
    on=Student,
    form=ReleaseForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Dit zijn de nulmeting en voortgangsmeting, en bij keuzedelen de voorwaardelijke opdrachten."),
)
def release_progress(actor: Actor, targets: Targets[Student], *, available: str) -> Outcome:
    """Open ("on") or close ("off") the progress tab of all these students."""
    if available not in {"on", "off"}:
        raise RuleBroken(N_("Kies aan of uit."), field="available")
    wanted = available == "on"
    changed = db.session.scalars(
        select(Student.id)
        .where(Student.id.in_(targets.among()), Student.progress_available.is_not(wanted))
        .order_by(Student.id)
    ).all()
    db.session.execute(
        update(Student)
        .where(Student.id.in_(id_set(changed)))
        .values(progress_available=wanted)
        .execution_options(**QUIETLY)
    )
    on = ngettext(
        "Studievoortgang beschikbaar voor %(num)s student.",
        "Studievoortgang beschikbaar voor %(num)s studenten.",
        len(changed),
    )
    off = ngettext(
        "Studievoortgang uitgezet voor %(num)s student.",
        "Studievoortgang uitgezet voor %(num)s studenten.",
        len(changed),
    )
    return students_changed(
        targets,
        changed,
        on if wanted else off,
        {"progress_available": [not wanted, wanted]},
    )


def _others(targets: Targets[Student], exams: Sequence[Exam]) -> int:
    """How many of these students have none of the exams: not theirs, and not made unavailable either."""
    own = exists().where(
        Enrolment.student_id == Student.id,
        or_(
            Enrolment.programme_id.in_([exam.programme_id for exam in exams if exam.programme_id]),
            Enrolment.elective_id.in_([exam.elective_id for exam in exams if exam.elective_id]),
        ),
    )
    excluded = exists().where(
        ExamExclusion.student_id == Student.id, ExamExclusion.exam_id.in_([exam.id for exam in exams])
    )
    none = select(func.count()).select_from(Student).where(Student.id.in_(targets.among()), ~own, ~excluded)
    return db.session.scalar(none) or 0


def _and_others(summary: str, others: int) -> str:
    """Who has none of these exams is told apart: for them it is not "already so"."""
    if not others:
        return summary
    told = ngettext(
        "Bij %(num)s student hoort geen van de gekozen examens.",
        "Bij %(num)s studenten hoort geen van de gekozen examens.",
        others,
    )
    return f"{summary} {told}"


def _pairs(targets: Targets[Student], exams: Sequence[int]) -> Any:
    """Every (student, exam) of these where the exam belongs to what the student is coupled to."""
    owned = exists().where(
        Enrolment.student_id == Student.id,
        or_(
            and_(Exam.programme_id.is_not(None), Enrolment.programme_id == Exam.programme_id),
            and_(Exam.elective_id.is_not(None), Enrolment.elective_id == Exam.elective_id),
        ),
    )
    return (
        select(Student, Exam)
        .select_from(Student)
        .join(Exam, Exam.id.in_(exams))
        .where(Student.id.in_(targets.among()), owned)
    )


def _already_registered(pairs: Any) -> dict[int, Refused]:
    """Per student why not: the exams that are planned already."""
    rows = db.session.execute(
        pairs.with_only_columns(Student, Exam).order_by(Student.name_key, Student.id, Exam.code)
    )
    held: dict[Student, list[Exam]] = defaultdict(list)
    for student, exam in rows:
        held[student].append(exam)
    return {
        student.id: Refused(student.list_name, _("is al aangemeld voor %(exam)s", exam=_titles(exams)))
        for student, exams in held.items()
    }


def _titles(exams: Sequence[Exam]) -> str:
    return ", ".join(str(exam) for exam in exams)
