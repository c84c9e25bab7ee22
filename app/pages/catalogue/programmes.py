"""Tab Opleidingen (manual, step 1): the programmes and keuzedelen that the school may use."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from app import models
from app.actions.catalogue.programmes import load_catalogue
from app.pages import base
from app.permissions import RIGHTS, Actor, Permission, may
from app.queries.catalogue import programmes as queries
from app.theme import widgets

LEVELS = tuple((str(level), str(level)) for level in (1, 2, 3, 4))
CORE_TASKS = selectinload(models.Programme.core_tasks).selectinload(models.CoreTask.work_processes)
ELECTIVE_TASKS = selectinload(models.Elective.core_tasks).selectinload(models.CoreTask.work_processes)


def exact(column: Any) -> Callable[[sa.Select[Any], str], sa.Select[Any]]:
    """A filter on a whole number; a value that is no number finds nothing."""

    def apply(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
        return statement.where(column == (int(value) if base.is_number(value) else -1))

    return apply


def containing(*columns: Any) -> Callable[[sa.Select[Any], str], sa.Select[Any]]:
    def apply(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
        return statement.where(sa.or_(*(column.icontains(value, autoescape=True) for column in columns)))

    return apply


class CountedPage(base.ListPage):
    """A list with two more columns, exams and students, counted for all rows of the page at once."""

    permission = Permission.PROGRAMMES_SEE
    list_template = "catalogue/list.html"

    def counts(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, queries.Counts]:
        raise NotImplementedError

    def exams_href(self, row_id: int) -> str:
        return ""

    def list_model(self) -> widgets.ListModel:
        plain, actor = super().list_model(), base.current_actor()
        counts = self.counts(actor, [row.id for row in plain.rows])
        students = sees_students(actor)
        columns = [*plain.columns, widgets.Column("exams", _("Examens"), numeric=True)]
        if students:
            columns.append(widgets.Column("students", _("Studenten"), numeric=True))
        return replace(
            plain, columns=columns, rows=[self._counted(row, counts[row.id], students) for row in plain.rows]
        )

    def _counted(self, row: widgets.Row, counts: queries.Counts, students: bool) -> widgets.Row:
        href = self.exams_href(row.id) if counts.exams else ""
        cells = [*row.cells, widgets.Cell(str(counts.exams), href=href, numeric=True)]
        return replace(
            row, cells=[*cells, widgets.Cell(str(counts.students), numeric=True)] if students else cells
        )


class ProgrammesPage(CountedPage):
    datamodel = SQLAInterface(models.Programme)
    route_base = "/opleidingen"
    title = _l("Opleidingen")
    columns = (
        base.ListColumn(
            "name",
            _l("Opleiding"),
            lambda p: widgets.Cell(p.name, href=f"/opleidingen/{p.id}"),
            order=models.Programme.name,
        ),
        base.ListColumn("crebo", _l("Crebo"), lambda p: widgets.Cell(p.crebo), order=models.Programme.crebo),
        base.ListColumn(
            "level",
            _l("Niveau"),
            lambda p: widgets.Cell(str(p.level), numeric=True),
            order=models.Programme.level,
            numeric=True,
        ),
        base.ListColumn("path", _l("Leerweg"), lambda p: widgets.Cell(p.learning_path)),
        base.ListColumn(
            "cohort",
            _l("Cohort"),
            lambda p: widgets.Cell(str(p.cohort), numeric=True),
            order=models.Programme.cohort,
            numeric=True,
        ),
    )
    filters = (
        base.ListFilter("q", _l("Naam of crebo"), containing(models.Programme.name, models.Programme.crebo)),
        base.ListFilter("niveau", _l("Niveau"), exact(models.Programme.level), lambda: LEVELS),
        base.ListFilter(
            "cohort",
            _l("Cohort"),
            exact(models.Programme.cohort),
            lambda: queries.cohort_choices(base.current_actor()),
        ),
    )
    default_order = (models.Programme.name, models.Programme.cohort)
    page_actions = ((load_catalogue, "arrow-repeat"),)
    show_load = (CORE_TASKS,)
    intro = _l("Controleer of alle opleidingen waarvoor u examens wilt inzetten in deze lijst staan.")
    empty_title = _l("Nog geen opleidingen")
    empty_hint = _l("De leverancier zet de opleidingen klaar. Neem contact op als u er een mist.")

    def counts(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, queries.Counts]:
        return queries.programme_counts(actor, ids)

    def page_buttons(self) -> Sequence[widgets.Button]:
        """The button says what it does (Catalogus laden); the action's own label is written for the trail."""
        return [replace(button, label=_("Catalogus laden")) for button in super().page_buttons()]

    def exams_href(self, row_id: int) -> str:
        return exams_of(row_id) if may(base.current_actor(), Permission.EXAMS_SEE) else ""

    def show_model(self, row: Any) -> widgets.ShowModel:
        actor = base.current_actor()
        counts = queries.programme_counts(actor, [row.id])[row.id]
        facts = [
            widgets.Fact(_("Crebo"), row.crebo),
            widgets.Fact(_("Kwalificatiedossier"), row.file_crebo),
            widgets.Fact(_("Niveau"), str(row.level)),
            widgets.Fact(_("Leerweg"), row.learning_path),
            widgets.Fact(_("Cohort"), str(row.cohort)),
            *student_facts(actor, counts),
        ]
        return widgets.ShowModel(
            title=row.name,
            back_href=self.back_href(),
            back_label=_("Opleidingen"),
            badges=[widgets.Badge(_("Niveau %(level)s", level=row.level)), widgets.Badge(row.learning_path)],
            sections=[
                widgets.Section(_("Algemeen"), facts=[fact for fact in facts if fact.value]),
                widgets.Section(
                    _("Examens"),
                    columns=exam_columns(),
                    rows=exam_rows(queries.exams_under(actor, models.Exam.programme_id == row.id)),
                    empty=_("Bij deze opleiding staan nog geen examens."),
                    buttons=[
                        widgets.Button(_("Bekijk in Examenbeheer"), exams_of(row.id), icon="journal-check")
                    ],
                ),
                *core_task_sections(row.core_tasks),
                widgets.Section(
                    _("Keuzedelen"),
                    columns=elective_columns(),
                    rows=elective_rows(queries.electives_of(actor, row.id)),
                    empty=_("Bij deze opleiding staan nog geen keuzedelen."),
                ),
            ],
        )


class ElectivesPage(CountedPage):
    """The second half of the tab: keuzedelen, which belong to more than one programme."""

    datamodel = SQLAInterface(models.Elective)
    route_base = "/opleidingen/keuzedelen"
    title = _l("Keuzedelen")
    columns = (
        base.ListColumn(
            "name",
            _l("Keuzedeel"),
            lambda e: widgets.Cell(e.name, href=elective_href(e)),
            order=models.Elective.name,
        ),
        base.ListColumn("code", _l("Code"), lambda e: widgets.Cell(e.code), order=models.Elective.code),
        base.ListColumn(
            "hours",
            _l("SBU"),
            lambda e: widgets.Cell(str(e.hours), numeric=True),
            order=models.Elective.hours,
            numeric=True,
        ),
        base.ListColumn("kind", _l("Soort"), lambda e: widgets.Cell(_kind(e))),
    )
    filters = (
        base.ListFilter("q", _l("Naam of code"), containing(models.Elective.name, models.Elective.code)),
    )
    default_order = (models.Elective.code,)
    show_load = (ELECTIVE_TASKS,)
    intro = _l("Keuzedelen horen bij een of meer opleidingen. SBU is de studiebelasting in uren.")
    empty_title = _l("Nog geen keuzedelen")
    empty_hint = _l("De leverancier zet de keuzedelen klaar. Neem contact op als u er een mist.")

    def counts(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, queries.Counts]:
        return queries.elective_counts(actor, ids)

    def show_model(self, row: Any) -> widgets.ShowModel:
        actor = base.current_actor()
        counts = queries.elective_counts(actor, [row.id])[row.id]
        offering = queries.programmes_offering(actor, row.id)
        facts = [
            widgets.Fact(_("Code"), row.code),
            widgets.Fact(_("Studiebelasting"), _("%(hours)s uur", hours=row.hours)),
            widgets.Fact(_("Soort"), _kind(row)),
            *student_facts(actor, counts),
            widgets.Fact(
                _("Opleidingen"), cells=[widgets.Cell(str(p), href=f"/opleidingen/{p.id}") for p in offering]
            ),
        ]
        assignments = [
            widgets.Row(one.id, one.title, [widgets.Cell(one.title, muted=one.description)])
            for one in queries.assignments_of(row.id)
        ]
        return widgets.ShowModel(
            title=row.name,
            back_href=self.back_href(),
            back_label=_("Keuzedelen"),
            sections=[
                widgets.Section(_("Algemeen"), facts=[fact for fact in facts if fact.value or fact.cells]),
                widgets.Section(
                    _("Examens"),
                    columns=exam_columns(),
                    rows=exam_rows(queries.exams_under(actor, models.Exam.elective_id == row.id)),
                    empty=_("Bij dit keuzedeel staat nog geen examen."),
                ),
                *core_task_sections(row.core_tasks),
                widgets.Section(
                    _("Voorwaardelijke opdrachten"),
                    columns=[widgets.Column("title", _("Opdracht"))],
                    rows=assignments,
                    empty=_("Dit keuzedeel heeft geen voorwaardelijke opdrachten."),
                ),
            ],
        )


def sees_students(actor: Actor) -> bool:
    return any(role in RIGHTS[Permission.STUDENTS_SEE] for role in actor.roles)


def student_facts(actor: Actor, counts: queries.Counts) -> list[widgets.Fact]:
    return [widgets.Fact(_("Studenten"), str(counts.students))] if sees_students(actor) else []


def exams_of(programme_id: int) -> str:
    return f"/examenbeheer/?opleiding={programme_id}"


def elective_href(elective: models.Elective) -> str:
    return f"/opleidingen/keuzedelen/{elective.id}"


def exam_columns() -> list[widgets.Column]:
    return [
        widgets.Column("title", _("Examen")),
        widgets.Column("kind", _("Soort")),
        widgets.Column("version", _("Versie")),
    ]


def exam_rows(exams: Iterable[models.Exam]) -> list[widgets.Row]:
    return [
        widgets.Row(
            e.id,
            str(e),
            [
                widgets.Cell(e.title, href=f"/examenbeheer/{e.id}", muted=e.code),
                widgets.Cell(_(e.kind.label)),
                widgets.Cell(e.version),
            ],
        )
        for e in exams
    ]


def _kind(elective: models.Elective) -> str:
    """The catalogue's word (verdiepend, verbredend) in the reader's language."""
    return _(elective.kind) if elective.kind else ""


def elective_columns() -> list[widgets.Column]:
    return [
        widgets.Column("name", _("Keuzedeel")),
        widgets.Column("code", _("Code")),
        widgets.Column("hours", _("SBU"), numeric=True),
        widgets.Column("kind", _("Soort")),
    ]


def elective_rows(electives: Iterable[models.Elective]) -> list[widgets.Row]:
    return [
        widgets.Row(
            e.id,
            str(e),
            [
                widgets.Cell(e.name, href=elective_href(e)),
                widgets.Cell(e.code),
                widgets.Cell(str(e.hours), numeric=True),
                widgets.Cell(_kind(e)),
            ],
        )
        for e in electives
    ]


def core_task_sections(core_tasks: Iterable[models.CoreTask]) -> list[widgets.Section]:
    return [
        widgets.Section(
            str(task),
            columns=[widgets.Column("name", _("Werkproces")), widgets.Column("code", _("Code"))],
            rows=[
                widgets.Row(w.id, str(w), [widgets.Cell(w.name), widgets.Cell(w.code)])
                for w in task.work_processes
            ],
            empty=_("Geen werkprocessen."),
        )
        for task in core_tasks
    ]
