"""Tab Examenbeheer (manual, step 2): exams with their tasks, criteria, pass rule and version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, false

from app.actions.base.wording import say
from app.entities.exams import KIND_LABELS, Exam, ExamKind
from app.pages.base.guards import needs
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.request import current_actor, is_number
from app.pages.base.screens import expose
from app.pages.catalogue.programmes import containing
from app.permissions import Permission
from app.queries.catalogue.exams import (
    LIST_LOAD,
    SHOW_LOAD,
    max_points,
    other_versions,
    parts_of,
    task_counts,
)
from app.queries.catalogue.programmes import exams_of_programme, programme_choices
from app.rules.pass_rule import explain_rule
from app.theme.widgets import Badge, Button, Cell, Column, ListModel, ShowModel


def of_programme(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(exams_of_programme(int(value)) if is_number(value) else false())


def of_kind(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(Exam.kind == ExamKind(value) if value in set(ExamKind) else false())


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.value, _(label)) for kind, label in KIND_LABELS.items()]


def owner_cell(exam: Exam) -> Cell:
    if exam.programme is not None:
        return Cell(
            exam.programme.name,
            href=f"/opleidingen/{exam.programme.id}",
            muted=_("cohort %(year)s", year=exam.programme.cohort),
        )
    if exam.elective is not None:
        return Cell(
            exam.elective.name, href=f"/opleidingen/keuzedelen/{exam.elective.id}", muted=_("keuzedeel")
        )
    return Cell()


def duration(minutes: int) -> str:
    """ "45 min", "2 uur", "1 uur 30 min"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min", minutes=rest)
    if not rest:
        return _("%(hours)s uur", hours=hours)
    return _("%(hours)s uur %(minutes)s min", hours=hours, minutes=rest)


class ExamsPage(ListPage):
    include_route_methods = {"index", "show", "do", "choose", "form"}
    datamodel = SQLAInterface(Exam)
    route_base = "/examenbeheer"
    permission = Permission.EXAMS_SEE
    title = _l("Examenbeheer")
    show_template = "catalogue/show.html"
    columns = (
        ListColumn(
            "title",
            _l("Examen"),
            lambda e: Cell(e.title, href=f"/examenbeheer/{e.id}", muted=e.code),
            order=Exam.title,
        ),
        ListColumn("kind", _l("Soort"), lambda e: Cell(_(e.kind.label))),
        ListColumn("owner", _l("Opleiding of keuzedeel"), owner_cell),
        ListColumn("core_task", _l("Kerntaak"), lambda e: Cell(str(e.core_task or "")), wide_only=True),
        ListColumn(
            "duration", _l("Duur"), lambda e: Cell(duration(e.duration_minutes)), order=Exam.duration_minutes
        ),
        ListColumn("version", _l("Versie"), lambda e: Cell(e.version)),
    )
    filters = (
        ListFilter("opleiding", _l("Opleiding"), of_programme, lambda: programme_choices(current_actor())),
        ListFilter("soort", _l("Soort"), of_kind, kind_choices),
        ListFilter("q", _l("Titel of code"), containing(Exam.title, Exam.code)),
    )
    default_order = (Exam.title,)
    load = LIST_LOAD
    show_load = SHOW_LOAD
    intro = _l("Kies een opleiding: u ziet de examens die erbij beschikbaar zijn, ook die van de keuzedelen.")
    empty_title = _l("Nog geen examens")
    empty_hint = _l("De leverancier zet de examens klaar.")

    def base_statement(self) -> Select[Any]:
        """Current versions; an earlier one is reached from the page of its exam."""
        return super().base_statement().where(Exam.current)

    def list_model(self) -> ListModel:
        plain = super().list_model()
        counts = task_counts([row.id for row in plain.rows])
        tasks = Column("tasks", _("Opdrachten"), numeric=True)
        rows = [
            replace(row, cells=[*row.cells, Cell(str(counts.get(row.id, 0)), numeric=True)])
            for row in plain.rows
        ]
        return replace(plain, columns=[*plain.columns, tasks], rows=rows)

    @expose("/<int:pk>")
    @needs()
    def show(self, pk: int) -> str:
        return self._exam_page("catalogue/show.html", pk)

    @expose("/<int:pk>/formulier")
    @needs()
    def form(self, pk: int) -> str:
        """The exam form on paper: everything an examiner fills in, to print."""
        return self._exam_page("catalogue/form.html", pk)

    def _exam_page(self, template: str, pk: int) -> str:
        exam = self.get_row(pk)
        parts = parts_of(exam)
        most = max_points(exam)
        critical = any(one.critical for task in exam.tasks for one in task.criteria)
        rule = explain_rule(exam.rule_model, exam.rule_parameters, max_points=most, critical=critical)
        return str(
            self.render_template(
                template,
                exam=exam,
                parts=parts,
                max_points=most,
                duration=duration,
                owner=owner_cell(exam),
                rule=[say(one) for one in rule],
                others=other_versions(current_actor(), exam),
                model=self.head(exam),
            )
        )

    def head(self, exam: Exam) -> ShowModel:
        badges = [Badge(_(exam.kind.label), "info"), Badge(_("Versie %(version)s", version=exam.version))]
        if not exam.current:
            badges.append(Badge(_("Eerdere versie"), "warn", icon="clock-history"))
        return ShowModel(
            title=exam.title,
            sections=(),
            back_href=self.back_href(),
            back_label=_("Examenbeheer"),
            badges=badges,
            buttons=[Button(_("Examenformulier"), f"/examenbeheer/{exam.id}/formulier", icon="printer")],
        )
