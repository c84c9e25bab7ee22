"""Tab Opleidingen (manual, step 1): what the school may use, and how to reach the supplier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_
from sqlalchemy.orm import selectinload

from app.actions.catalogue.programmes import load_catalogue
from app.entities.exams import Exam
from app.entities.programmes import CoreTask, Elective, Programme
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.request import current_actor, is_number
from app.permissions import RIGHTS, Actor, Permission, may
from app.queries.catalogue.programmes import (
    Counts,
    assignments_of,
    cohort_choices,
    elective_counts,
    electives_of,
    exams_under,
    programme_counts,
    programmes_offering,
)
from app.theme.widgets import Badge, Button, Cell, Column, Fact, ListModel, Row, Section, ShowModel

LEVELS = tuple((str(level), str(level)) for level in (1, 2, 3, 4))
CORE_TASKS = selectinload(Programme.core_tasks).selectinload(CoreTask.work_processes)
ELECTIVE_TASKS = selectinload(Elective.core_tasks).selectinload(CoreTask.work_processes)


def exact(column: Any) -> Callable[[Select[Any], str], Select[Any]]:
    """A filter on a whole number; what is no number finds nothing."""

    def apply(statement: Select[Any], value: str) -> Select[Any]:
        return statement.where(column == (int(value) if is_number(value) else -1))

    return apply


def containing(*columns: Any) -> Callable[[Select[Any], str], Select[Any]]:
    def apply(statement: Select[Any], value: str) -> Select[Any]:
        return statement.where(or_(*(column.icontains(value, autoescape=True) for column in columns)))

    return apply


class CountedPage(ListPage):
    """A list with two columns more: exams and students, counted for all rows of the page at once."""

    permission = Permission.PROGRAMMES_SEE
    list_template = "catalogue/list.html"

    def counts(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, Counts]:
        raise NotImplementedError

    def exams_href(self, row_id: int) -> str:
        return ""

    def list_model(self) -> ListModel:
        plain, actor = super().list_model(), current_actor()
        counts = self.counts(actor, [row.id for row in plain.rows])
        students = sees_students(actor)
        columns = [*plain.columns, Column("exams", _("Examens"), numeric=True)]
        if students:
            columns.append(Column("students", _("Studenten"), numeric=True))
        return replace(
            plain, columns=columns, rows=[self._counted(row, counts[row.id], students) for row in plain.rows]
        )

    def _counted(self, row: Row, counts: Counts, students: bool) -> Row:
        href = self.exams_href(row.id) if counts.exams else ""
        cells = [*row.cells, Cell(str(counts.exams), href=href, numeric=True)]
        return replace(row, cells=[*cells, Cell(str(counts.students), numeric=True)] if students else cells)


class ProgrammesPage(CountedPage):
    datamodel = SQLAInterface(Programme)
    route_base = "/opleidingen"
    title = _l("Opleidingen")
    columns = (
        ListColumn(
            "name", _l("Opleiding"), lambda p: Cell(p.name, href=f"/opleidingen/{p.id}"), order=Programme.name
        ),
        ListColumn("crebo", _l("Crebo"), lambda p: Cell(p.crebo), order=Programme.crebo),
        ListColumn(
            "level",
            _l("Niveau"),
            lambda p: Cell(str(p.level), numeric=True),
            order=Programme.level,
            numeric=True,
        ),
        ListColumn("path", _l("Leerweg"), lambda p: Cell(p.learning_path)),
        ListColumn(
            "cohort",
            _l("Cohort"),
            lambda p: Cell(str(p.cohort), numeric=True),
            order=Programme.cohort,
            numeric=True,
        ),
    )
    filters = (
        ListFilter("q", _l("Naam of crebo"), containing(Programme.name, Programme.crebo)),
        ListFilter("niveau", _l("Niveau"), exact(Programme.level), lambda: LEVELS),
        ListFilter("cohort", _l("Cohort"), exact(Programme.cohort), lambda: cohort_choices(current_actor())),
    )
    default_order = (Programme.name, Programme.cohort)
    page_actions = ((load_catalogue, "arrow-repeat"),)
    show_load = (CORE_TASKS,)
    intro = _l("Controleer of alle opleidingen waarvoor u examens wilt inzetten in deze lijst staan.")
    empty_title = _l("Nog geen opleidingen")
    empty_hint = _l("De leverancier zet de opleidingen klaar. Neem contact op als u er een mist.")

    def counts(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, Counts]:
        return programme_counts(actor, ids)

    def page_buttons(self) -> Sequence[Button]:
        """For the supplier: the action's name in the trail is what was done, on the button what one does."""
        return [replace(button, label=_("Catalogus laden")) for button in super().page_buttons()]

    def exams_href(self, row_id: int) -> str:
        return exams_of(row_id) if may(current_actor(), Permission.EXAMS_SEE) else ""

    def show_model(self, row: Any) -> ShowModel:
        actor = current_actor()
        counts = programme_counts(actor, [row.id])[row.id]
        facts = [
            Fact(_("Crebo"), row.crebo),
            Fact(_("Kwalificatiedossier"), row.file_crebo),
            Fact(_("Niveau"), str(row.level)),
            Fact(_("Leerweg"), row.learning_path),
            Fact(_("Cohort"), str(row.cohort)),
            *student_facts(actor, counts),
        ]
        return ShowModel(
            title=row.name,
            back_href=self.back_href(),
            back_label=_("Opleidingen"),
            badges=[Badge(_("Niveau %(level)s", level=row.level)), Badge(row.learning_path)],
            sections=[
                Section(_("Algemeen"), facts=[fact for fact in facts if fact.value]),
                Section(
                    _("Examens"),
                    columns=exam_columns(),
                    rows=exam_rows(exams_under(actor, Exam.programme_id == row.id)),
                    empty=_("Bij deze opleiding staan nog geen examens."),
                    buttons=[Button(_("Bekijk in Examenbeheer"), exams_of(row.id), icon="journal-check")],
                ),
                *core_task_sections(row.core_tasks),
                Section(
                    _("Keuzedelen"),
                    columns=elective_columns(),
                    rows=elective_rows(electives_of(actor, row.id)),
                    empty=_("Bij deze opleiding staan nog geen keuzedelen."),
                ),
            ],
        )


class ElectivesPage(CountedPage):
    """The second half of the tab: keuzedelen, which belong to more than one programme."""

    datamodel = SQLAInterface(Elective)
    route_base = "/opleidingen/keuzedelen"
    title = _l("Keuzedelen")
    columns = (
        ListColumn(
            "name", _l("Keuzedeel"), lambda e: Cell(e.name, href=elective_href(e)), order=Elective.name
        ),
        ListColumn("code", _l("Code"), lambda e: Cell(e.code), order=Elective.code),
        ListColumn(
            "hours", _l("SBU"), lambda e: Cell(str(e.hours), numeric=True), order=Elective.hours, numeric=True
        ),
        ListColumn("kind", _l("Soort"), lambda e: Cell(_kind(e))),
    )
    filters = (ListFilter("q", _l("Naam of code"), containing(Elective.name, Elective.code)),)
    default_order = (Elective.code,)
    show_load = (ELECTIVE_TASKS,)
    intro = _l("Keuzedelen horen bij een of meer opleidingen. SBU is de studiebelasting in uren.")
    empty_title = _l("Nog geen keuzedelen")
    empty_hint = _l("De leverancier zet de keuzedelen klaar. Neem contact op als u er een mist.")

    def counts(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, Counts]:
        return elective_counts(actor, ids)

    def show_model(self, row: Any) -> ShowModel:
        actor = current_actor()
        counts = elective_counts(actor, [row.id])[row.id]
        offering = programmes_offering(actor, row.id)
        facts = [
            Fact(_("Code"), row.code),
            Fact(_("Studiebelasting"), _("%(hours)s uur", hours=row.hours)),
            Fact(_("Soort"), _kind(row)),
            *student_facts(actor, counts),
            Fact(_("Opleidingen"), cells=[Cell(str(p), href=f"/opleidingen/{p.id}") for p in offering]),
        ]
        assignments = [
            Row(one.id, one.title, [Cell(one.title, muted=one.description)]) for one in assignments_of(row.id)
        ]
        return ShowModel(
            title=row.name,
            back_href=self.back_href(),
            back_label=_("Keuzedelen"),
            sections=[
                Section(_("Algemeen"), facts=[fact for fact in facts if fact.value or fact.cells]),
                Section(
                    _("Examens"),
                    columns=exam_columns(),
                    rows=exam_rows(exams_under(actor, Exam.elective_id == row.id)),
                    empty=_("Bij dit keuzedeel staat nog geen examen."),
                ),
                *core_task_sections(row.core_tasks),
                Section(
                    _("Voorwaardelijke opdrachten"),
                    columns=[Column("title", _("Opdracht"))],
                    rows=assignments,
                    empty=_("Dit keuzedeel heeft geen voorwaardelijke opdrachten."),
                ),
            ],
        )


def sees_students(actor: Actor) -> bool:
    return any(role in RIGHTS[Permission.STUDENTS_SEE] for role in actor.roles)


def student_facts(actor: Actor, counts: Counts) -> list[Fact]:
    return [Fact(_("Studenten"), str(counts.students))] if sees_students(actor) else []


def exams_of(programme_id: int) -> str:
    return f"/examenbeheer/?opleiding={programme_id}"


def elective_href(elective: Elective) -> str:
    return f"/opleidingen/keuzedelen/{elective.id}"


def exam_columns() -> list[Column]:
    return [Column("title", _("Examen")), Column("kind", _("Soort")), Column("version", _("Versie"))]


def exam_rows(exams: Iterable[Exam]) -> list[Row]:
    return [
        Row(
            e.id,
            str(e),
            [
                Cell(e.title, href=f"/examenbeheer/{e.id}", muted=e.code),
                Cell(_(e.kind.label)),
                Cell(e.version),
            ],
        )
        for e in exams
    ]


def _kind(elective: Elective) -> str:
    """verdiepend, verbredend: the catalogue's words, in the reader's language."""
    return _(elective.kind) if elective.kind else ""


def elective_columns() -> list[Column]:
    return [
        Column("name", _("Keuzedeel")),
        Column("code", _("Code")),
        Column("hours", _("SBU"), numeric=True),
        Column("kind", _("Soort")),
    ]


def elective_rows(electives: Iterable[Elective]) -> list[Row]:
    return [
        Row(
            e.id,
            str(e),
            [
                Cell(e.name, href=elective_href(e)),
                Cell(e.code),
                Cell(str(e.hours), numeric=True),
                Cell(_kind(e)),
            ],
        )
        for e in electives
    ]


def core_task_sections(core_tasks: Iterable[CoreTask]) -> list[Section]:
    return [
        Section(
            str(task),
            columns=[Column("name", _("Werkproces")), Column("code", _("Code"))],
            rows=[Row(w.id, str(w), [Cell(w.name), Cell(w.code)]) for w in task.work_processes],
            empty=_("Geen werkprocessen."),
        )
        for task in core_tasks
    ]
