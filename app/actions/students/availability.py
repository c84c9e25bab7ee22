"""Which exams a student takes (manual, step 4d) and whether the progress tab is open (step 4e)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import validators

from app import models
from app.actions import base
from app.actions.students.bulk_report import students_changed
from app.entities.base import db
from app.entities.bulk import add_missing
from app.entities.engine import QUIETLY, id_set
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.students import students
from app.rules.text import N_

EXCLUSION = (models.ExamExclusion.student_id, models.ExamExclusion.exam_id)
NOT_THEIRS = N_("Kies examens uit de lijst: die van de opleidingen en keuzedelen van deze studenten.")


def exam_choices(exams: Sequence[models.Exam]) -> dict[str, list[tuple[Any, str]]]:
    """Exams as choices, grouped under the name of their programme or elective."""
    choices: dict[str, list[tuple[Any, str]]] = defaultdict(list)
    for exam in exams:
        choices[str(exam.programme or exam.elective)].append((exam.id, str(exam)))
    return dict(choices)


class ExcludeForm(base.ActionForm):
    exams = wtforms.SelectMultipleField(
        _l("Examens"), [validators.DataRequired(_l("Kies minstens één examen."))], coerce=int
    )

    nothing_hint = _l(
        "Koppel ze eerst aan een opleiding of keuzedeel: alle examens daarvan zijn dan beschikbaar."
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self.exams.choices = exam_choices(students.exams_for(targets.among())) if targets is not None else {}
        self.nothing = "" if self.exams.choices else _("Deze studenten hebben nog geen examens")

    def recall(self, actor: Actor) -> None:
        self.exams.choices = exam_choices(students.seen_exams(actor, self.exams.data or ()))


@base.action(
    _l("Maak een examen niet-beschikbaar"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    form=ExcludeForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Kies de examens die u bij deze studenten niet wilt inzetten. Alle andere blijven beschikbaar."),
)
def exclude_exam(
    actor: Actor, targets: base.Targets[models.Student], *, exams: Sequence[int]
) -> base.Outcome:
    """Make exams unavailable. A student who is registered for one keeps that one, unless it was stopped."""
    chosen = [exam for exam in students.exams_for(targets.among()) if exam.id in set(exams)]
    if not chosen or len(chosen) != len(set(exams)):
        raise RuleBroken(NOT_THEIRS, field="exams")
    pairs = _pairs(targets, [exam.id for exam in chosen])
    registered = sa.exists().where(
        models.Registration.student_id == models.Student.id,
        models.Registration.exam_id == models.Exam.id,
        models.Registration.stopped_at.is_(None),
    )
    excluded = sa.exists().where(
        models.ExamExclusion.student_id == models.Student.id, models.ExamExclusion.exam_id == models.Exam.id
    )
    refused = _already_registered(pairs.where(registered))
    new = pairs.with_only_columns(models.Student.id, models.Exam.id).where(~registered, ~excluded)
    names = ["student_id", "exam_id"]
    made = add_missing(models.ExamExclusion, names, new, *names)
    changed = sorted({row.student_id for row in made})
    # A student may be registered for one of the exams and lose another: that one counts as changed.
    held = set(refused) - set(changed)
    summary = ngettext(
        "%(exams)s: niet meer beschikbaar voor %(num)s student.",
        "%(exams)s: niet meer beschikbaar voor %(num)s studenten.",
        len(changed),
        exams=_titles(chosen),
    )
    others = _others(targets, chosen)
    outcome = students_changed(
        targets,
        changed,
        _and_others(summary, others),
        {},
        refused=refused.values(),
        held=len(held) + others,
    )
    outcome.parts = _told(made, chosen)
    return outcome


class IncludeForm(ExcludeForm):
    nothing_hint = _l("Een examen dat u bij hen niet-beschikbaar maakt, staat daarna hier.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self.exams.choices = (
            exam_choices(students.excluded_exams(targets.among())) if targets is not None else {}
        )
        self.nothing = "" if self.exams.choices else _("Alle examens van deze studenten zijn beschikbaar")


@base.action(
    _l("Maak een examen weer beschikbaar"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    form=IncludeForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Hier staan alleen examens die voor deze studenten niet beschikbaar zijn."),
)
def include_exam(
    actor: Actor, targets: base.Targets[models.Student], *, exams: Sequence[int]
) -> base.Outcome:
    """Make exams available again."""
    chosen = [exam for exam in students.excluded_exams(targets.among()) if exam.id in set(exams)]
    if not chosen or len(chosen) != len(set(exams)):
        raise RuleBroken(NOT_THEIRS, field="exams")
    others = _others(targets, chosen)
    which = models.ExamExclusion.exam_id.in_([exam.id for exam in chosen])
    gone = db.session.execute(
        sa.delete(models.ExamExclusion)
        .where(models.ExamExclusion.student_id.in_(targets.among()), which)
        .returning(*EXCLUSION)
        .execution_options(**QUIETLY)
    ).all()
    changed = sorted({row.student_id for row in gone})
    summary = ngettext(
        "%(exams)s: weer beschikbaar voor %(num)s student.",
        "%(exams)s: weer beschikbaar voor %(num)s studenten.",
        len(changed),
        exams=_titles(chosen),
    )
    outcome = students_changed(targets, changed, _and_others(summary, others), {}, held=others)
    outcome.parts = _told(gone, chosen)
    return outcome


def _told(rows: Sequence[Any], exams: Sequence[models.Exam]) -> list[base.Part]:
    """For the trail: of each student the exams that changed, from (student, exam) for each."""
    titles = {exam.id: str(exam) for exam in exams}
    return base.parts_of(rows, lambda some: {"exams": [titles[one] for one in some]})


class ReleaseForm(base.ActionForm):
    available = wtforms.RadioField(
        _l("Tabblad “Mijn onderwijsvoortgang”"),
        [validators.InputRequired(_l("Kies aan of uit."))],
        default="on",
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self.available.choices = [
            ("on", _("Aan: de student ziet het tabblad")),
            ("off", _("Uit: de student ziet het tabblad niet")),
        ]


@base.action(
    _l("Stel studievoortgang beschikbaar"),
    permission=Permission.PROGRESS_RELEASE,
    on=models.Student,
    form=ReleaseForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Dit zijn de nulmeting en voortgangsmeting, en bij keuzedelen de voorwaardelijke opdrachten."),
)
def release_progress(actor: Actor, targets: base.Targets[models.Student], *, available: str) -> base.Outcome:
    """Open ("on") or close ("off") the progress tab of all these students."""
    if available not in {"on", "off"}:
        raise RuleBroken(N_("Kies aan of uit."), field="available")
    wanted = available == "on"
    changed = db.session.scalars(
        sa.select(models.Student.id)
        .where(models.Student.id.in_(targets.among()), models.Student.progress_available.is_not(wanted))
        .order_by(models.Student.id)
    ).all()
    db.session.execute(
        sa.update(models.Student)
        .where(models.Student.id.in_(id_set(changed)))
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


def _others(targets: base.Targets[models.Student], exams: Sequence[models.Exam]) -> int:
    """How many of these students have nothing to do with the exams: not theirs, and not made unavailable."""
    own = sa.exists().where(
        models.Enrolment.student_id == models.Student.id,
        sa.or_(
            models.Enrolment.programme_id.in_([exam.programme_id for exam in exams if exam.programme_id]),
            models.Enrolment.elective_id.in_([exam.elective_id for exam in exams if exam.elective_id]),
        ),
    )
    excluded = sa.exists().where(
        models.ExamExclusion.student_id == models.Student.id,
        models.ExamExclusion.exam_id.in_([exam.id for exam in exams]),
    )
    none = (
        sa.select(sa.func.count())
        .select_from(models.Student)
        .where(models.Student.id.in_(targets.among()), ~own, ~excluded)
    )
    return db.session.scalar(none) or 0


def _and_others(summary: str, others: int) -> str:
    """The summary, with the students who have none of these exams named apart from the unchanged ones."""
    if not others:
        return summary
    told = ngettext(
        "Bij %(num)s student hoort geen van de gekozen examens.",
        "Bij %(num)s studenten hoort geen van de gekozen examens.",
        others,
    )
    return f"{summary} {told}"


def _pairs(targets: base.Targets[models.Student], exams: Sequence[int]) -> Any:
    """The (student, exam) pairs where the student is coupled to the exam's programme or elective."""
    owned = sa.exists().where(
        models.Enrolment.student_id == models.Student.id,
        sa.or_(
            sa.and_(
                models.Exam.programme_id.is_not(None),
                models.Enrolment.programme_id == models.Exam.programme_id,
            ),
            sa.and_(
                models.Exam.elective_id.is_not(None), models.Enrolment.elective_id == models.Exam.elective_id
            ),
        ),
    )
    return (
        sa.select(models.Student, models.Exam)
        .select_from(models.Student)
        .join(models.Exam, models.Exam.id.in_(exams))
        .where(models.Student.id.in_(targets.among()), owned)
    )


def _already_registered(pairs: Any) -> dict[int, base.Refused]:
    """Student id -> the refusal, with the exams that they are registered for."""
    rows = db.session.execute(
        pairs.with_only_columns(models.Student, models.Exam).order_by(
            models.Student.name_key, models.Student.id, models.Exam.code
        )
    )
    held: dict[models.Student, list[models.Exam]] = defaultdict(list)
    for student, exam in rows:
        held[student].append(exam)
    return {
        student.id: base.Refused(student.list_name, _("is al aangemeld voor %(exam)s", exam=_titles(exams)))
        for student, exams in held.items()
    }


def _titles(exams: Sequence[models.Exam]) -> str:
    return ", ".join(str(exam) for exam in exams)
