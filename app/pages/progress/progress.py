"""Tab Mijn onderwijsvoortgang, and the supervisors' side of it (manual, step 4e)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from app.actions.base.action import run
from app.actions.base.wording import say
from app.actions.progress.progress import save_own_progress, save_student_progress
from app.entities.students import Enrolment, Student
from app.errors import NotFound, RuleBroken
from app.pages.base.buttons import offers
from app.pages.base.guards import needs
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.render import show_date
from app.pages.base.request import current_actor, is_number, posted_fields
from app.pages.base.screens import Screen, expose, go, new_token, posted, tell
from app.pages.students.students import where_students_come_from
from app.permissions import Actor, Permission, Role
from app.queries.progress.progress import (
    AssignmentFacts,
    ProcessFacts,
    ProgressSheet,
    Rating,
    by_availability,
    load_sheet,
    open_for_self,
    own_student,
)
from app.queries.students.filters import by_words
from app.rules.progress import KINDS, RATINGS
from app.theme.widgets import Badge, Cell

FIELD = re.compile(r"(baseline|progress)_(\d{1,9})")


@dataclass(frozen=True)
class MeasureView:
    """One question: what this reader may choose, and what the other said."""

    field: str
    kind: str
    chosen: int | None
    own_note: str  # who rated when, of what is shown in the first place
    other: str  # the other's rating in words; empty: none yet
    other_note: str


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
    """A student's progress as one reader sees it: `rater_id` fills in, None only reads."""

    def __init__(self, sheet: ProgressSheet, *, own: bool, rater_id: int | None) -> None:
        self.own = own
        self.fill = rater_id is not None
        self.rater_id = rater_id
        self.tasks = [
            TaskView(task.programme, task.title, [self._process(process) for process in task.processes])
            for task in sheet.tasks
        ]
        self.assignments: Sequence[AssignmentFacts] = sheet.assignments
        self.ratings = [(value, _(label)) for value, label in enumerate(RATINGS)]
        self.tallies = [self._tally(kind, sheet) for kind in KINDS]

    @property
    def mine(self) -> str:
        """Whose ratings stand first."""
        return _("Uzelf") if self.own else _("Uw beoordeling") if self.fill else _("Student")

    @property
    def theirs(self) -> str:
        """Whose ratings stand beside them."""
        return _("Student") if self.fill and not self.own else _("Praktijkopleider")

    def _process(self, process: ProcessFacts) -> ProcessView:
        return ProcessView(process.code, process.name, [self._measure(process, kind) for kind in KINDS])

    def _measure(self, process: ProcessFacts, kind: str) -> MeasureView:
        first = self._first(process, kind)
        second = process.latest(kind, own=self.fill and not self.own)
        return MeasureView(
            field=f"{kind}_{process.id}",
            kind=_(KINDS[kind]),
            chosen=first.rating if first else None,
            own_note=_note(first.rater, first.at) if first else "",
            other=_(RATINGS[second.rating]) if second else "",
            other_note=_note(second.rater, second.at) if second else "",
        )

    def _first(self, process: ProcessFacts, kind: str) -> Rating | None:
        """The reader's own rating; for who only reads, the student's."""
        return process.rating_of(kind, self.rater_id) if self.fill else process.latest(kind, own=True)

    def _tally(self, kind: str, sheet: ProgressSheet) -> Tally:
        done = sum(self._first(process, kind) is not None for process in sheet.processes)
        return Tally(f"tally-{kind}", _(KINDS[kind]), done, len(sheet.processes))


def _note(name: str, at: datetime) -> str:
    return _("%(name)s, %(date)s", name=name, date=show_date(at))


def progress_tab_shown() -> bool:
    """The tab Mijn onderwijsvoortgang is there when it was made available (manual, step 4e)."""
    actor = current_actor()
    return Role.STUDENT in actor.roles and open_for_self(actor)


class OwnProgressPage(Screen):
    route_base = "/mijn-onderwijsvoortgang"
    default_view = "index"

    @expose("/", methods=["GET", "POST"])
    @needs(Permission.OWN_PROGRESS)
    def index(self) -> Any:
        actor = current_actor()
        student = own_student(actor)
        if student is None:
            raise NotFound
        problem = ""
        if posted():
            fields = posted_fields()
            try:
                token = fields.get("token", "")
                outcome = run(save_own_progress, actor, [student.id], token=token, ratings=_ratings(fields))
                tell(outcome.summary, "success" if outcome.done else "info")
                return go(self.href("index"))
            except RuleBroken as error:
                problem = say(error)
        view = SheetView(load_sheet(student), own=True, rater_id=actor.id)
        page = self.page("progress/own.html", view=view, token=new_token(), problem=problem)
        return page, 422 if problem else 200


def availability(student: Student) -> Badge:
    if student.progress_available:
        return Badge(_("Beschikbaar"), "good", "check-lg")
    return Badge(_("Niet beschikbaar"), "neutral", "dash-circle")


def _programmes(student: Student) -> Cell:
    names = sorted(e.programme.name for e in student.enrolments if e.programme is not None)
    codes = sorted(e.elective.code for e in student.enrolments if e.elective is not None)
    return Cell(", ".join(names), badges=[Badge(code) for code in codes])


class ProgressPage(ListPage):
    """Tab Onderwijsvoortgang: whose progress may be read, and filled in by the company supervisor."""

    datamodel = SQLAInterface(Student)
    route_base = "/voortgang"
    permission = Permission.PROGRESS_SEE
    title = _l("Onderwijsvoortgang")
    columns = (
        ListColumn(
            "name", _l("Naam"), lambda s: Cell(s.sort_name, f"/voortgang/{s.id}"), order=Student.name_key
        ),
        ListColumn("number", _l("Studentnummer"), lambda s: Cell(s.number), order=Student.number),
        ListColumn("programme", _l("Opleiding"), _programmes),
        ListColumn(
            "available",
            _l("Studievoortgang"),
            lambda s: Cell(badges=[availability(s)]),
            order=Student.progress_available,
        ),
    )
    filters = (
        ListFilter("q", _l("Zoek op naam of nummer"), by_words),
        ListFilter(
            "beschikbaar",
            _l("Studievoortgang"),
            by_availability,
            lambda: [("ja", _("Beschikbaar")), ("nee", _("Niet beschikbaar"))],
        ),
    )
    default_order = (Student.name_key,)
    load = (
        selectinload(Student.enrolments).options(
            joinedload(Enrolment.programme), joinedload(Enrolment.elective)
        ),
    )
    empty_title = _l("Nog geen studenten")

    def hint_when_empty(self) -> str:
        return where_students_come_from(current_actor())

    @expose("/<int:pk>", methods=["GET", "POST"])
    @needs(Permission.PROGRESS_SEE)
    def show(self, pk: int) -> Any:
        actor = current_actor()
        student: Student = self.get_row(pk)
        problem = ""
        if posted():
            try:
                return self._save(actor, pk)
            except RuleBroken as error:
                problem = say(error)
        fills = offers(save_student_progress, student)
        view = SheetView(
            load_sheet(student),
            own=False,
            rater_id=actor.id if fills and student.progress_available else None,
        )
        page = self.render_template(
            "progress/student.html",
            view=view,
            student=student,
            available=availability(student),
            back_href=self.back_href(),
            token=new_token(),
            problem=problem,
            waits=fills and not student.progress_available,
        )
        return page, 422 if problem else 200

    def _save(self, actor: Actor, pk: int) -> Any:
        fields = posted_fields()
        outcome = run(
            save_student_progress,
            actor,
            [pk],
            token=fields.get("token", ""),
            ratings=_ratings(fields),
            assignments=_ticks(fields),
        )
        tell(outcome.summary, "success" if outcome.done else "info")
        return go(self.href("show", pk=pk))


def _ratings(fields: dict[str, str]) -> dict[tuple[str, int], int]:
    """The chosen radio buttons; what is no number of ours is refused by the action."""
    found = {}
    for name, value in fields.items():
        if match := FIELD.fullmatch(name):
            found[match[1], int(match[2])] = int(value) if is_number(value) else -1
    return found


def _ticks(fields: dict[str, str]) -> dict[int, bool]:
    """Assignments whose tick differs from what the form showed ("was_<id>" is 1 or 0)."""
    found = {}
    for name, was in fields.items():
        number = name.removeprefix("was_")
        if number != name and number.isascii() and number.isdigit() and len(number) < 10:
            ticked = fields.get(f"done_{number}") == "1"
            if ticked != (was == "1"):
                found[int(number)] = ticked
    return found
