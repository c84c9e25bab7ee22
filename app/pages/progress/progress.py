"""Tabs Mijn onderwijsvoortgang (students) and Onderwijsvoortgang (supervisors) (manual, step 4e)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import orm

from app import errors, models
from app.actions import base as actions
from app.actions.progress import progress
from app.pages import base
from app.pages.progress.typed import NOTHING, Typed, typed
from app.pages.students.students import where_students_come_from
from app.permissions import Actor, Permission, Role
from app.queries.progress import progress as queries
from app.queries.students.filters import by_words
from app.rules import progress as rules
from app.theme import widgets


@dataclass(frozen=True)
class MeasureView:
    """One question: what this reader may choose, and what the other said."""

    field: str
    kind: str
    chosen: int | None
    there: int | None  # what is saved: what the form is based on
    own_note: str  # who gave the rating that stands first, and when
    other: str  # the other's rating in words; empty: none yet
    other_note: str
    clash: str  # what was saved meanwhile instead of what the user chose; empty: nothing else


@dataclass(frozen=True)
class ProcessView:
    code: str
    name: str
    measures: Sequence[MeasureView]


@dataclass(frozen=True)
class TaskView:
    programme: str
    title: str
    processes: Sequence[ProcessView]


@dataclass(frozen=True)
class Tally:
    """How many work processes have a rating by this reader."""

    id: str
    label: str
    done: int
    total: int


class SheetView:
    """A student's progress as one reader sees it. `rater_id`: who fills it in; None: it is read-only.

    `sent`: what was typed in a form that was not saved.
    """

    def __init__(
        self, sheet: queries.ProgressSheet, *, own: bool, rater_id: int | None, sent: Typed = NOTHING
    ) -> None:
        self.own = own
        self.sent = sent
        self.fill = rater_id is not None
        self.rater_id = rater_id
        self.tasks = [
            TaskView(task.programme, task.title, [self._process(process) for process in task.processes])
            for task in sheet.tasks
        ]
        self.assignments: Sequence[queries.AssignmentFacts] = sheet.assignments
        self.ratings = [(value, _(label)) for value, label in enumerate(rules.RATINGS)]
        self.tallies = [self._tally(kind, sheet) for kind in rules.KINDS]

    @property
    def mine(self) -> str:
        """Whose ratings stand first."""
        return _("Uzelf") if self.own else _("Uw beoordeling") if self.fill else _("Student")

    @property
    def theirs(self) -> str:
        """Whose ratings stand beside them."""
        return _("Student") if self.fill and not self.own else _("Praktijkopleider")

    def _process(self, process: queries.ProcessFacts) -> ProcessView:
        return ProcessView(process.code, process.name, [self._measure(process, kind) for kind in rules.KINDS])

    def _measure(self, process: queries.ProcessFacts, kind: str) -> MeasureView:
        first = self._first(process, kind)
        second = process.latest(kind, own=self.fill and not self.own)
        cell, there = (kind, process.id), first.rating if first else None
        return MeasureView(
            field=f"{kind}_{process.id}",
            kind=_(rules.KINDS[kind]),
            chosen=self.sent.rating(cell, there) if self.fill else there,
            there=there,
            own_note=_note(first.rater, first.at) if first else "",
            other=_(rules.RATINGS[second.rating]) if second else "",
            other_note=_note(second.rater, second.at) if second else "",
            clash=_(rules.RATINGS[there]) if there is not None and self.sent.clashes(cell, there) else "",
        )

    def _first(self, process: queries.ProcessFacts, kind: str) -> queries.Rating | None:
        """The reader's own rating; for a reader who only reads, the student's."""
        return process.rating_of(kind, self.rater_id) if self.fill else process.latest(kind, own=True)

    def _tally(self, kind: str, sheet: queries.ProgressSheet) -> Tally:
        done = sum(self._first(process, kind) is not None for process in sheet.processes)
        return Tally(f"tally-{kind}", _(rules.KINDS[kind]), done, len(sheet.processes))


def _note(name: str, at: datetime) -> str:
    return _("%(name)s, %(date)s", name=name, date=base.show_date(at))


def progress_tab_shown() -> bool:
    """Whether to show the tab Mijn onderwijsvoortgang: when it was made available (manual, step 4e)."""
    actor = base.current_actor()
    return Role.STUDENT in actor.roles and queries.open_for_self(actor)


class OwnProgressPage(base.Screen):
    route_base = "/mijn-onderwijsvoortgang"
    default_view = "index"

    @base.expose("/", methods=["GET", "POST"])
    @base.needs(Permission.OWN_PROGRESS)
    def index(self) -> Any:
        actor = base.current_actor()
        student = queries.own_student(actor)
        if student is None:
            raise errors.NotFound
        problem, sent = "", typed(base.filled_in() or {})
        if base.posted():
            try:
                outcome = actions.run(
                    progress.save_own_progress,
                    actor,
                    [student.id],
                    token=base.sent_token(),
                    ratings=sent.ratings,
                    stood=sent.shown,
                )
                base.tell(outcome.summary, "success" if outcome.done else "info")
                return base.go(self.href("index"))
            except errors.RuleBroken as error:
                problem = actions.say(error)
        view = SheetView(queries.load_sheet(student), own=True, rater_id=actor.id, sent=sent)
        page = self.page("progress/own.html", view=view, token=base.new_token(), problem=problem)
        return page, 422 if problem else 200

    def read_aloud(self, _about: base.About, fields: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        return ratings_aloud(fields)


def ratings_aloud(fields: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The ratings on a sheet that can be sent no more. Work processes are no secret of a school."""
    chosen = typed(dict(fields)).ratings
    processes = queries.processes([process_id for _kind, process_id in chosen])
    for (kind, process_id), rating in chosen.items():
        if process_id in processes and 0 <= rating < len(rules.RATINGS):
            process = processes[process_id]
            label = f"{process.code} {process.name} ({_(rules.KINDS[kind])})"
            yield label, _(rules.RATINGS[rating])


def availability(student: models.Student) -> widgets.Badge:
    if student.progress_available:
        return widgets.Badge(_("Beschikbaar"), "good", "check-lg")
    return widgets.Badge(_("Niet beschikbaar"), "neutral", "dash-circle")


def _programmes(student: models.Student) -> widgets.Cell:
    names = sorted(e.programme.name for e in student.enrolments if e.programme is not None)
    codes = sorted(e.elective.code for e in student.enrolments if e.elective is not None)
    return widgets.Cell(", ".join(names), badges=[widgets.Badge(code) for code in codes])


class ProgressPage(base.ListPage):
    """Tab Onderwijsvoortgang: read the progress of students; the company supervisor also fills it in."""

    datamodel = SQLAInterface(models.Student)
    route_base = "/voortgang"
    permission = Permission.PROGRESS_SEE
    title = _l("Onderwijsvoortgang")
    columns = (
        base.ListColumn(
            "name",
            _l("Naam"),
            lambda s: widgets.Cell(s.sort_name, f"/voortgang/{s.id}"),
            order=models.Student.name_key,
        ),
        base.ListColumn(
            "number", _l("Studentnummer"), lambda s: widgets.Cell(s.number), order=models.Student.number
        ),
        base.ListColumn("programme", _l("Opleiding"), _programmes),
        base.ListColumn(
            "available",
            _l("Studievoortgang"),
            lambda s: widgets.Cell(badges=[availability(s)]),
            order=models.Student.progress_available,
        ),
    )
    filters = (
        base.ListFilter("q", _l("Zoek op naam of nummer"), by_words),
        base.ListFilter(
            "beschikbaar",
            _l("Studievoortgang"),
            queries.by_availability,
            lambda: [("ja", _("Beschikbaar")), ("nee", _("Niet beschikbaar"))],
        ),
    )
    default_order = (models.Student.name_key,)
    load = (
        orm.selectinload(models.Student.enrolments).options(
            orm.joinedload(models.Enrolment.programme), orm.joinedload(models.Enrolment.elective)
        ),
    )
    empty_title = _l("Nog geen studenten")

    def hint_when_empty(self) -> str:
        return where_students_come_from(base.current_actor())

    @base.expose("/<int:pk>", methods=["GET", "POST"])
    @base.needs(Permission.PROGRESS_SEE)
    def show(self, pk: int) -> Any:
        actor = base.current_actor()
        student: models.Student = self.get_row(pk)
        base.form_is_about(student)
        problem, sent = "", typed(base.filled_in() or {})
        if base.posted():
            try:
                return self._save(actor, pk, sent)
            except errors.RuleBroken as error:
                problem = actions.say(error)
        fills = base.offers(progress.save_student_progress, student)
        view = SheetView(
            queries.load_sheet(student),
            own=False,
            rater_id=actor.id if fills and student.progress_available else None,
            sent=sent,
        )
        page = self.render_template(
            "progress/student.html",
            view=view,
            student=student,
            available=availability(student),
            back_href=self.back_href(),
            token=base.new_token(),
            problem=problem,
            waits=fills and not student.progress_available,
        )
        return page, 422 if problem else 200

    def read_aloud(self, _about: base.About, fields: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        return ratings_aloud(fields)

    def _save(self, actor: Actor, pk: int, sent: Typed) -> Any:
        outcome = actions.run(
            progress.save_student_progress,
            actor,
            [pk],
            token=base.sent_token(),
            ratings=sent.ratings,
            stood=sent.shown,
            assignments=sent.touched,
        )
        base.tell(outcome.summary, "success" if outcome.done else "info")
        return base.go(self.href("show", pk=pk))
