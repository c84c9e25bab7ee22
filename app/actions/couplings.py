"""A bulk coupling remembers what it inserted, and can be undone for a day: those rows and no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Integer, delete, func, insert, literal, select
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.actions.base import ActionForm, Outcome, Refused, Targets, action
from app.actions.names import first_names
from app.entities.base import db, utc_now
from app.entities.couplings import CouplingRow, CouplingRun
from app.entities.engine import QUIETLY, id_set
from app.entities.students import Enrolment, Student, group_member
from app.errors import RuleBroken
from app.permissions import Actor, Permission, visible
from app.queries.couplings import pairs_of, undo_until_now, undoable
from app.rules.text import N_
from app.school import current_school

COLUMNS = ["run_id", "kind", "target_id", "student_id", "enrolment_id"]
GONE = N_("Deze koppeling is al ongedaan gemaakt, of is langer dan een dag geleden. Kies een andere.")


def remember(actor: Actor, summary: str, made: Sequence[Any]) -> None:
    """Keep what a bulk coupling makes, in its own transaction; what is older than a day is forgotten.

    `made`: a SELECT per target of (kind, target, student, enrolment), by `enrolled` or `joined`.
    """
    if actor.id is None:
        return
    old = CouplingRun.at <= undo_until_now()
    db.session.execute(delete(CouplingRun).where(old), execution_options=QUIETLY)
    run = CouplingRun(actor_id=actor.id, summary=summary)
    db.session.add(run)
    db.session.flush()
    for pairs in made:
        chosen = select(literal(run.id), *pairs.subquery().c)
        db.session.execute(insert(CouplingRow).from_select(COLUMNS, chosen))


def enrolled(column: Any, target_id: int, students: Sequence[int]) -> Any:
    """Enrolments just made, by their own ids: the same pair made again later is another row."""
    kind = "programme" if column.key == "programme_id" else "elective"
    return select(
        literal(kind).label("kind"), literal(target_id).label("target"), Enrolment.student_id, Enrolment.id
    ).where(column == target_id, Enrolment.student_id.in_(id_set(students)))


def joined(group_id: int, newcomers: Any, students: Sequence[int]) -> Any:
    """Who is about to come into a group; `newcomers` is the condition on Student."""
    nothing = literal(None, Integer)
    return select(
        literal("group").label("kind"), literal(group_id).label("target"), Student.id, nothing.label("made")
    ).where(Student.id.in_(id_set(students)), newcomers)


class UndoForm(ActionForm):
    run_id = RadioField(_l("Koppeling"), [InputRequired(_l("Kies een koppeling."))], coerce=int)

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        runs = db.session.scalars(undoable(actor)).all()
        local = current_school().local
        self.run_id.choices = [(run.id, f"{local(run.at):%d-%m %H:%M}: {run.summary}") for run in runs]
        if self.run_id.data is None and runs:
            self.run_id.data = runs[0].id


@action(
    _l("Koppeling ongedaan maken"),
    permission=Permission.STUDENTS_EDIT,
    form=UndoForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l("Wat u de laatste dag voor meer studenten tegelijk koppelde. Wat er al was, blijft."),
)
def undo_coupling(actor: Actor, *, run_id: int) -> Outcome:
    """Take away what one bulk coupling inserted; refused for who has been registered on it since."""
    run = db.session.scalars(undoable(actor).where(CouplingRun.id == run_id)).one_or_none()
    if run is None:
        raise RuleBroken(GONE, field="run_id")
    own = visible(actor, Student, Permission.STUDENTS_EDIT).with_only_columns(Student.id)
    pairs = pairs_of(run, own)
    free = [pair for pair in pairs if pair.there and not pair.used]
    _take_away(free)
    run.undone_at = utc_now()
    changed = sorted({pair.student_id for pair in free})
    return Outcome(
        done=len(changed),
        ids=changed,
        object_type="Student",
        names=first_names(changed),
        refused=[*_touched(pairs), *_out_of_sight(run, len(pairs))],
        summary=ngettext(
            "Ongedaan gemaakt voor %(num)s student: %(what)s",
            "Ongedaan gemaakt voor %(num)s studenten: %(what)s",
            len(changed),
            what=run.summary,
        ),
        details={"target": [run.summary, None]},
    )


def _take_away(pairs: Sequence[Any]) -> None:
    """One statement for enrolments, and one per group."""
    enrolments = [pair.enrolment_id for pair in pairs if pair.enrolment_id is not None]
    if enrolments:
        db.session.execute(
            delete(Enrolment).where(Enrolment.id.in_(id_set(enrolments))), execution_options=QUIETLY
        )
    for group_id in sorted({pair.target_id for pair in pairs if pair.kind == "group"}):
        members = [p.student_id for p in pairs if (p.kind, p.target_id) == ("group", group_id)]
        which = group_member.c.student_id.in_(id_set(members))
        db.session.execute(delete(group_member).where(group_member.c.group_id == group_id, which))


def _touched(pairs: Sequence[Any]) -> list[Refused]:
    """Who was touched since, by name and reason."""
    reasons = {
        pair.student_id: _("is sindsdien aangemeld voor een examen")
        if pair.there
        else _("is sindsdien al ontkoppeld")
        for pair in pairs
        if pair.used or not pair.there
    }
    if not reasons:
        return []
    rows = db.session.scalars(
        select(Student)
        .where(Student.id.in_(id_set(list(reasons))))
        .order_by(Student.last_name, Student.first_name, Student.id)
    )
    return [Refused(row.list_name, reasons[row.id]) for row in rows]


def _out_of_sight(run: CouplingRun, seen: int) -> list[Refused]:
    """Students who are no longer this actor's: counted, not named."""
    made = select(func.count()).select_from(CouplingRow).where(CouplingRow.run_id == run.id)
    hidden = (db.session.scalar(made) or 0) - seen
    if not hidden:
        return []
    who = ngettext("%(num)s student", "%(num)s studenten", hidden)
    return [Refused(who, _("u begeleidt deze studenten niet meer"))]
