"""Remembers what a bulk coupling or uncoupling of students did, so that it can be undone for a day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.sql.dml import ReturningDelete
from wtforms import RadioField
from wtforms.validators import InputRequired

from app import models
from app.actions import base
from app.actions.students import bulk_report
from app.actions.students.electives import losing_examiners
from app.clock import utc_now
from app.entities.base import db
from app.entities.bulk import add_missing
from app.entities.engine import QUIETLY, hold_rows, id_set, lock_rows, moment_set
from app.entities.imports import What
from app.entities.students import group_member
from app.errors import RuleBroken
from app.permissions import Actor, Permission, Role, visible
from app.queries.base.made import made_in
from app.queries.students import couplings as queries
from app.rules.text import N_
from app.school import current_school

GONE = N_("Deze koppeling is al ongedaan gemaakt, of is langer dan een dag geleden. Kies een andere.")


@dataclass
class Piece:
    """Students coupled to one target, or (`taken`) uncoupled from it.

    `since`, for uncoupled students: when each had been coupled, as ISO text.
    """

    kind: str  # programme, elective, group, user
    target: int
    students: list[int] = field(default_factory=list)
    role: str = ""
    taken: bool = False
    since: list[str] = field(default_factory=list)


def pieces_of(kind: str, rows: Iterable[Any], *, taken: bool = False) -> list[Piece]:
    """A piece per target and role, from rows of (student, target, role, coupled at)."""
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
    """Keep what a bulk action did, inside the transaction of that action."""
    if actor.id is not None and pieces:
        db.session.add(
            models.CouplingRun(actor_id=actor.id, summary=summary, pieces=[vars(one) for one in pieces])
        )
        db.session.flush()


class UndoForm(base.ActionForm):
    run_id = RadioField(_l("Koppeling"), [InputRequired(_l("Kies een koppeling."))], coerce=int)
    nothing_hint = _l(
        "Vink in de lijst studenten aan en koppel of ontkoppel ze: "
        "dat staat hier daarna een dag lang, tot u het ongedaan maakt."
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        columns = (models.CouplingRun.id, models.CouplingRun.at, models.CouplingRun.summary)
        runs = db.session.execute(queries.undoable(actor).with_only_columns(*columns)).all()
        local = current_school().local
        self.run_id.choices = [(run.id, f"{local(run.at):%d-%m-%Y %H:%M}: {run.summary}") for run in runs]
        if not runs:
            self.nothing = _("Er is niets om ongedaan te maken")
        elif self.run_id.data is None:
            self.run_id.data = runs[0].id


@base.action(
    _l("Koppeling ongedaan maken"),
    permission=Permission.STUDENTS_EDIT,
    changes=models.Student,
    form=UndoForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l(
        "Wat u de laatste dag voor meer studenten tegelijk koppelde of ontkoppelde. "
        "Wat er sindsdien anders is, blijft."
    ),
)
def undo_coupling(actor: Actor, *, run_id: int) -> base.Outcome:
    """Undo one bulk action. A student whose coupling changed since then is refused, by name."""
    run = db.session.scalars(queries.undoable(actor).where(models.CouplingRun.id == run_id)).one_or_none()
    if run is None:
        raise RuleBroken(GONE, field="run_id")
    changed: set[int] = set()
    seen: set[int] = set()
    reasons: dict[int, str] = {}
    undone: list[tuple[int, int]] = []  # (student, place of the piece)
    pieces = [Piece(**one) for one in run.pieces]
    # Nobody takes a stopped exam up again meanwhile.
    lock_rows(models.Student.__table__, id_set(sorted({one for piece in pieces for one in piece.students})))
    _hold([piece for piece in pieces if piece.taken])
    for place, piece in enumerate(pieces):
        found = db.session.execute(_students(actor, run, piece)).all()
        seen |= {row.id for row in found}
        # A student may be refused for one piece and undone for another: both are reported.
        refused = {row.id: why for row in found if (why := _why_not(piece, row))}
        reasons |= refused
        free = {row.id for row in found} - set(refused)
        back = _take_back(run, piece, free)
        reasons |= dict.fromkeys(free - back, _too_late(piece))
        free = back
        changed |= free
        undone += [(student, place) for student in free]
    _raise_versions(run, pieces, undone)
    run.undone_at = utc_now()
    programmes = [piece.kind == "programme" and not piece.taken for piece in pieces]
    losing = losing_examiners(sorted({student for student, place in undone if programmes[place]}))
    # Students whom the actor may no longer see.
    hidden = {student for piece in pieces for student in piece.students} - seen
    summary = ngettext(
        "Ongedaan gemaakt voor %(num)s student: %(what)s",
        "Ongedaan gemaakt voor %(num)s studenten: %(what)s",
        len(changed),
        what=run.summary,
    )
    return base.Outcome(
        done=len(changed),
        ids=sorted(changed),
        object_type="Student",
        names=bulk_report.first_names(sorted(changed)),
        refused=[*_touched(reasons), *_out_of_sight(len(hidden))],
        summary=" ".join(filter(None, (summary, losing.told))),
        parts=_told(pieces, undone),
        rests_on=[run.id, run.at, sorted(changed), losing.registrations],
    )


def _hold(pieces: Sequence[Piece]) -> None:
    """Keep the groups and users to couple to again as they are: able to be coupled to, or not."""
    for kind, model in (("group", models.StudentGroup), ("user", models.User)):
        hold_rows(model.__table__, sorted({one.target for one in pieces if one.kind == kind}))


def _students(actor: Actor, run: models.CouplingRun, piece: Piece) -> Any:
    """The students of a piece whom the actor still may see, with the present state of their coupling."""
    own = visible(actor, models.Student, Permission.STUDENTS_EDIT)
    coupled, used, able = queries.condition_now(piece.kind, piece.target, piece.role)
    there, *_rest = queries.condition_now(piece.kind, piece.target, piece.role, made_by=run)
    return own.with_only_columns(
        models.Student.id,
        coupled.label("coupled"),  # now, by whatever
        there.label("there"),  # now, by this run itself
        used.label("used"),
        able.label("able"),
    ).where(models.Student.id.in_(id_set(piece.students)), models.Student.created_at <= run.at)


def _told(pieces: Sequence[Piece], undone: Sequence[tuple[int, int]]) -> list[base.Part]:
    """For the trail: what each student was coupled to again, or uncoupled from."""
    if not undone:
        return []
    names = queries.names_of(pieces[0].kind, [piece.target for piece in pieces])
    word = "coupled" if pieces[0].taken else "uncoupled"  # a run does one of the two, for one kind

    def named(some: Sequence[int]) -> dict[str, Any]:
        return {word: "; ".join(sorted(_called(pieces[place], names) for place in some))}

    def groups(some: Sequence[int]) -> dict[str, list[int]]:
        theirs = sorted(pieces[place].target for place in some)
        return {"StudentGroup": theirs} if pieces[0].kind == "group" else {}

    return base.parts_of(undone, named, groups)


def _called(piece: Piece, names: Mapping[int, str]) -> str:
    """As "Bakker, Sanne (Praktijkopleider)", in the language of the trail."""
    name = names[piece.target]
    return f"{name} ({Role(piece.role).label})" if piece.role else name


def _why_not(piece: Piece, row: Any) -> str:
    if piece.taken and row.coupled:
        return _too_late(piece)
    if piece.taken and not row.able:
        return _("is niet meer te koppelen: de groep of de rol van de gebruiker is er niet meer")
    if not piece.taken and not row.there:
        if row.coupled:
            return _("is sindsdien opnieuw gekoppeld; dat blijft zo")
        if piece.kind == "group" and not row.able:
            return _("de leden van deze groep volgen nu uit een regel; die blijft zo")
        return _too_late(piece)
    return _("is sindsdien aangemeld voor een examen") if not piece.taken and row.used else ""


def _too_late(piece: Piece) -> str:
    return _("is sindsdien al weer gekoppeld") if piece.taken else _("is sindsdien al ontkoppeld")


# -- undoing a piece for these students, in one statement


def _take_back(run: models.CouplingRun, piece: Piece, students: set[int]) -> set[int]:
    """Undo a piece for these students. Gives those for whom it was: another may just have done so."""
    if not students:
        return set()
    if piece.taken:
        return {row.student_id for row in _couple_again(piece, students)}
    return set(db.session.scalars(_uncouple(run, piece, id_set(sorted(students)))))


def _uncouple(run: models.CouplingRun, piece: Piece, among: Any) -> ReturningDelete[tuple[int]]:
    """Delete the couplings of this run, and no other's."""
    table: Any = group_member
    if piece.kind == "group":
        which = table.c.group_id == piece.target
    elif piece.kind == "user":
        table = models.Supervision.__table__
        which = (table.c.user_id == piece.target) & (table.c.role == piece.role)
    else:
        table = models.Enrolment.__table__
        which = table.c[_column(piece).key] == piece.target
    own = made_in(table.c.created_at, run.rows_at, run.at)
    gone = sa.delete(table).where(which, own, table.c.student_id.in_(among))
    return gone.returning(table.c.student_id)


def _couple_again(piece: Piece, students: set[int]) -> Sequence[Any]:
    """Couple the students again, with the moment at which they had been coupled."""
    pairs = zip(piece.students, piece.since, strict=True)
    since = moment_set(
        (student, datetime.fromisoformat(at) if at else None) for student, at in pairs if student in students
    ).subquery()
    if piece.kind == "group":
        names = ["student_id", "created_at", "group_id"]
        member = sa.select(*since.c, sa.literal(piece.target))
        return add_missing(group_member, names, member.where(sa.true()), "student_id")
    if piece.kind == "user":
        whole = sa.select(*since.c, sa.literal(piece.target), sa.literal(piece.role))
        names = ["student_id", "created_at", "user_id", "role"]
        return add_missing(models.Supervision, names, whole.where(sa.true()), "student_id")
    names = ["student_id", "created_at", _column(piece).key]
    pair = sa.select(*since.c, sa.literal(piece.target))
    return add_missing(models.Enrolment, names, pair.where(sa.true()), "student_id")


def _column(piece: Piece) -> Any:
    return models.Enrolment.programme_id if piece.kind == "programme" else models.Enrolment.elective_id


def _raise_versions(
    run: models.CouplingRun, pieces: Sequence[Piece], undone: Sequence[tuple[int, int]]
) -> None:
    """Raise the version of the students whose coupling was undone.

    Where nothing else changed since an import, undoing that import can still put the student back: what it
    remembers as the version that it left becomes the present one. Coupling a user raised the version as well.
    """
    raise_version(sorted({student for student, _place in undone}))
    users = {student for student, place in undone if pieces[place].kind == "user"}
    _hand_on(run, {student for student, _place in undone} - users, raised=1)
    _hand_on(run, users, raised=2)


def _hand_on(run: models.CouplingRun, students: Collection[int], *, raised: int) -> None:
    """Let imports of before this coupling, since which only it raised the version, know the present one."""
    now = sa.select(models.Student.version).where(models.Student.id == models.ImportChange.row_id)
    before = sa.select(models.ImportRun.id).where(models.ImportRun.finished_at < run.at)
    db.session.execute(
        sa.update(models.ImportChange)
        .where(
            models.ImportChange.kind == What.STUDENT,
            models.ImportChange.row_id.in_(id_set(sorted(students))),
            models.ImportChange.version + raised == now.scalar_subquery(),
            models.ImportChange.run_id.in_(before),
        )
        .values(version=models.ImportChange.version + raised),
        execution_options=QUIETLY,
    )


def raise_version(students: Sequence[int]) -> list[str]:
    """Raise the version of these students. Returns the first names.

    The pencil's form shows couplings too, so a form that was opened earlier is now outdated.
    """
    among = models.Student.id.in_(id_set(students))
    first = sa.select(models.Student.id).where(among).order_by(*bulk_report.IN_ORDER).limit(bulk_report.SHOWN)
    named = sa.case((models.Student.id.in_(sa.select(*first.subquery().c)), bulk_report.told()))
    raised = (
        sa.update(models.Student).where(among).values(version=models.Student.version + 1).returning(named)
    )
    return bulk_report.read(row for row in db.session.scalars(raised, execution_options=QUIETLY) if row)


# -- students who stay as they are


def _touched(reasons: dict[int, str]) -> list[base.Refused]:
    """The students whose coupling changed since then, by name, with the reason."""
    if not reasons:
        return []
    rows = db.session.scalars(
        sa.select(models.Student)
        .where(models.Student.id.in_(id_set(list(reasons))))
        .order_by(models.Student.name_key, models.Student.id)
    )
    return [base.Refused(row.list_name, reasons[row.id]) for row in rows]


def _out_of_sight(hidden: int) -> list[base.Refused]:
    """The students whom the actor may no longer see: counted, not named."""
    if not hidden:
        return []
    who = ngettext("%(num)s student", "%(num)s studenten", hidden)
    return [base.Refused(who, _("u begeleidt deze studenten niet meer"))]
