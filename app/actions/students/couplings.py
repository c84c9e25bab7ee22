"""A bulk coupling, or uncoupling, remembers what it did, and for a day just that can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import case, delete, insert, literal, select, update
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.actions.base.action import ActionForm, Outcome, Refused, Targets, action
from app.actions.students.bulk_report import IN_ORDER, SHOWN, first_names, read, told
from app.clock import utc_now
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.engine import QUIETLY, id_set, moment_set
from app.entities.students import Enrolment, Student, Supervision, group_member
from app.errors import RuleBroken
from app.permissions import Actor, Permission, visible
from app.queries.students.couplings import condition_now, undoable
from app.rules.text import N_
from app.school import current_school

GONE = N_("Deze koppeling is al ongedaan gemaakt, of is langer dan een dag geleden. Kies een andere.")


@dataclass
class Piece:
    """Students coupled to one target, or (`taken`) uncoupled from it; `since`: when each was coupled then."""

    kind: str  # programme, elective, group, user
    target: int
    students: list[int] = field(default_factory=list)
    role: str = ""
    taken: bool = False
    since: list[str] = field(default_factory=list)


def pieces_of(kind: str, rows: Iterable[Any], *, taken: bool = False) -> list[Piece]:
    """Of rows of (student, target, role, coupled at): a piece per target."""
    found: dict[tuple[int, str], Piece] = {}
    for student, target, role, *since in rows:
        piece = found.get((target, role))
        if piece is None:
            piece = found[target, role] = Piece(kind, target, [], role, taken)
        piece.students.append(student)
        if taken:
            piece.since.append(since[0].isoformat() if since[0] else "")
    return list(found.values())


def remember(actor: Actor, summary: str, pieces: Sequence[Piece]) -> None:
    """Keep what a bulk action did, in its own transaction. One statement."""
    if actor.id is not None and pieces:
        db.session.add(CouplingRun(actor_id=actor.id, summary=summary, pieces=[vars(one) for one in pieces]))
        db.session.flush()


class UndoForm(ActionForm):
    run_id = RadioField(_l("Koppeling"), [InputRequired(_l("Kies een koppeling."))], coerce=int)
    nothing_hint = _l(
        "Vink in de lijst studenten aan en koppel of ontkoppel ze: "
        "dat staat hier daarna een dag lang, tot u het ongedaan maakt."
    )

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        columns = (CouplingRun.id, CouplingRun.at, CouplingRun.summary)
        runs = db.session.execute(undoable(actor).with_only_columns(*columns)).all()
        local = current_school().local
        self.run_id.choices = [(run.id, f"{local(run.at):%d-%m-%Y %H:%M}: {run.summary}") for run in runs]
        if not runs:
            self.nothing = _("Er is niets om ongedaan te maken")
        elif self.run_id.data is None:
            self.run_id.data = runs[0].id


@action(
    _l("Koppeling ongedaan maken"),
    permission=Permission.STUDENTS_EDIT,
    changes=Student,
    form=UndoForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l(
        "Wat u de laatste dag voor meer studenten tegelijk koppelde of ontkoppelde. "
        "Wat er sindsdien anders is, blijft."
    ),
)
def undo_coupling(actor: Actor, *, run_id: int) -> Outcome:
    """Take back what one bulk action did; refused, by name, for who was touched since."""
    run = db.session.scalars(undoable(actor).where(CouplingRun.id == run_id)).one_or_none()
    if run is None:
        raise RuleBroken(GONE, field="run_id")
    changed: set[int] = set()
    seen: set[int] = set()
    reasons: dict[int, str] = {}
    pieces = [Piece(**one) for one in run.pieces]
    for piece in pieces:
        found = db.session.execute(_students(actor, run, piece)).all()
        seen |= {row.id for row in found}
        refused = {row.id: why for row in found if (why := _why_not(piece, row))}
        reasons |= refused
        free = {row.id for row in found} - set(refused)
        _take_back(piece, free)
        changed |= free
    raise_version(sorted(changed))
    run.undone_at = utc_now()
    hidden = {student for piece in pieces for student in piece.students} - seen
    return Outcome(
        done=len(changed),
        ids=sorted(changed),
        object_type="Student",
        names=first_names(sorted(changed)),
        refused=[*_touched(reasons), *_out_of_sight(len(hidden))],
        summary=ngettext(
            "Ongedaan gemaakt voor %(num)s student: %(what)s",
            "Ongedaan gemaakt voor %(num)s studenten: %(what)s",
            len(changed),
            what=run.summary,
        ),
        details={"target": [run.summary, None]},
    )


def _students(actor: Actor, run: CouplingRun, piece: Piece) -> Any:
    """The students of a piece that are still this actor's, and how it stands with them now. One query."""
    own = visible(actor, Student, Permission.STUDENTS_EDIT)
    before = None if piece.taken else run.at
    there, used, able = condition_now(piece.kind, piece.target, piece.role, before=before)
    return own.with_only_columns(
        Student.id, there.label("there"), used.label("used"), able.label("able")
    ).where(Student.id.in_(id_set(piece.students)), Student.created_at <= run.at)


def _why_not(piece: Piece, row: Any) -> str:
    if piece.taken and row.there:
        return _("is sindsdien al weer gekoppeld")
    if piece.taken and not row.able:
        return _("is niet meer te koppelen: de groep of de rol van de gebruiker is er niet meer")
    if not piece.taken and not row.there:
        return _("is sindsdien al ontkoppeld")
    return _("is sindsdien aangemeld voor een examen") if not piece.taken and row.used else ""


# -- a piece, undone for these students: one statement


def _take_back(piece: Piece, students: set[int]) -> None:
    if not students:
        return
    (_couple_again if piece.taken else _uncouple)(piece, id_set(sorted(students)), students)


def _uncouple(piece: Piece, among: Any, _students: set[int]) -> None:
    if piece.kind == "group":
        which = (group_member.c.group_id == piece.target) & group_member.c.student_id.in_(among)
        db.session.execute(delete(group_member).where(which))
    elif piece.kind == "user":
        theirs = (Supervision.user_id == piece.target) & (Supervision.role == piece.role)
        gone = delete(Supervision).where(theirs, Supervision.student_id.in_(among))
        db.session.execute(gone, execution_options=QUIETLY)
    else:
        own = _column(piece) == piece.target
        gone = delete(Enrolment).where(own, Enrolment.student_id.in_(among))
        db.session.execute(gone, execution_options=QUIETLY)


def _couple_again(piece: Piece, among: Any, students: set[int]) -> None:
    """As it was: coupled since then."""
    if piece.kind == "group":
        rows = select(literal(piece.target), Student.id).where(Student.id.in_(among))
        db.session.execute(insert(group_member).from_select(["group_id", "student_id"], rows))
        return
    pairs = zip(piece.students, piece.since, strict=True)
    since = moment_set(
        (student, datetime.fromisoformat(at) if at else None) for student, at in pairs if student in students
    ).subquery()
    if piece.kind == "user":
        couple = insert(Supervision).from_select(
            ["student_id", "created_at", "user_id", "role"],
            select(*since.c, literal(piece.target), literal(piece.role)),
        )
    else:
        names = ["student_id", "created_at", _column(piece).key]
        couple = insert(Enrolment).from_select(names, select(*since.c, literal(piece.target)))
    db.session.execute(couple)


def _column(piece: Piece) -> Any:
    return Enrolment.programme_id if piece.kind == "programme" else Enrolment.elective_id


def raise_version(students: Sequence[int]) -> list[str]:
    """The pencil shows the users too: a form opened earlier is now old. Gives the first names."""
    among = Student.id.in_(id_set(students))
    first = select(Student.id).where(among).order_by(*IN_ORDER).limit(SHOWN)
    named = case((Student.id.in_(select(*first.subquery().c)), told()))
    raised = update(Student).where(among).values(version=Student.version + 1).returning(named)
    return read(row for row in db.session.scalars(raised, execution_options=QUIETLY) if row)


# -- who stays as he is


def _touched(reasons: dict[int, str]) -> list[Refused]:
    """Who was touched since, by name and reason."""
    if not reasons:
        return []
    rows = db.session.scalars(
        select(Student).where(Student.id.in_(id_set(list(reasons)))).order_by(Student.name_key, Student.id)
    )
    return [Refused(row.list_name, reasons[row.id]) for row in rows]


def _out_of_sight(hidden: int) -> list[Refused]:
    """Students who are no longer this actor's: counted, not named."""
    if not hidden:
        return []
    who = ngettext("%(num)s student", "%(num)s studenten", hidden)
    return [Refused(who, _("u begeleidt deze studenten niet meer"))]
