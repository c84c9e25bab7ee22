"""Tab Examenbeheer (manual, step 2): exams with their tasks, criteria, pass rule and version."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.entities.exams import KIND_LABELS, ExamKind
from app.errors import RuleBroken
from app.pages import base
from app.pages.catalogue.programmes import containing
from app.permissions import Permission
from app.queries.catalogue import exams, programmes
from app.rules import pass_rules
from app.rules.text import N_, reason
from app.theme import widgets


def of_programme(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(programmes.exams_of_programme(int(value)) if base.is_number(value) else sa.false())


def of_kind(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(models.Exam.kind == ExamKind(value) if value in set(ExamKind) else sa.false())


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.value, _(label)) for kind, label in KIND_LABELS.items()]


def owner_cell(exam: models.Exam) -> widgets.Cell:
    if exam.programme is not None:
        return widgets.Cell(
            exam.programme.name,
            href=f"/opleidingen/{exam.programme.id}",
            muted=_("cohort %(year)s", year=exam.programme.cohort),
        )
    if exam.elective is not None:
        return widgets.Cell(
            exam.elective.name, href=f"/opleidingen/keuzedelen/{exam.elective.id}", muted=_("keuzedeel")
        )
    return widgets.Cell()


def rule_in_words(exam: models.Exam) -> list[tuple[str, list[str]]]:
    """Each sentence of the pass rule with the list under it."""
    try:
        told = pass_rules.explain(pass_rules.read(exam.pass_rule), exam.facts)
    except RuleBroken:
        told = [pass_rules.Explained(reason(N_("De cesuur van dit examen is onbekend.")))]
    return [(actions.say(one.say), [actions.say(under) for under in one.under]) for one in told]


class ExamsPage(base.ListPage):
    include_route_methods = {"index", "show", "do", "choose", "form"}
    datamodel = SQLAInterface(models.Exam)
    route_base = "/examenbeheer"
    permission = Permission.EXAMS_SEE
    title = _l("Examenbeheer")
    show_template = "catalogue/show.html"
    columns = (
        base.ListColumn(
            "title",
            _l("Examen"),
            lambda e: widgets.Cell(e.title, href=f"/examenbeheer/{e.id}", muted=e.code),
            order=models.Exam.title,
        ),
        base.ListColumn("kind", _l("Soort"), lambda e: widgets.Cell(_(e.kind.label))),
        base.ListColumn("owner", _l("Opleiding of keuzedeel"), owner_cell),
        base.ListColumn(
            "core_task", _l("Kerntaak"), lambda e: widgets.Cell(str(e.core_task or "")), wide_only=True
        ),
        base.ListColumn(
            "duration",
            _l("Duur"),
            lambda e: widgets.Cell(base.show_duration(e.duration_minutes)),
            order=models.Exam.duration_minutes,
        ),
        base.ListColumn("version", _l("Versie"), lambda e: widgets.Cell(e.version)),
    )
    filters = (
        base.ListFilter(
            "opleiding",
            _l("Opleiding"),
            of_programme,
            lambda: programmes.programme_choices(base.current_actor()),
        ),
        base.ListFilter("soort", _l("Soort"), of_kind, kind_choices),
        base.ListFilter("q", _l("Titel of code"), containing(models.Exam.title, models.Exam.code)),
    )
    default_order = (models.Exam.title,)
    load = exams.LIST_LOAD
    show_load = exams.SHOW_LOAD
    intro = _l("Kies een opleiding: u ziet de examens die erbij beschikbaar zijn, ook die van de keuzedelen.")
    empty_title = _l("Nog geen examens")
    empty_hint = _l("De leverancier zet de examens klaar.")

    def base_statement(self) -> sa.Select[Any]:
        """The current versions only; the page of an exam links to its earlier versions."""
        return super().base_statement().where(models.Exam.current)

    def list_model(self) -> widgets.ListModel:
        plain = super().list_model()
        counts = exams.task_counts([row.id for row in plain.rows])
        tasks = widgets.Column("tasks", _("Opdrachten"), numeric=True)
        rows = [
            replace(row, cells=[*row.cells, widgets.Cell(str(counts.get(row.id, 0)), numeric=True)])
            for row in plain.rows
        ]
        return replace(plain, columns=[*plain.columns, tasks], rows=rows)

    @base.expose("/<int:pk>")
    @base.needs()
    def show(self, pk: int) -> str:
        return self._exam_page("catalogue/show.html", pk)

    @base.expose("/<int:pk>/formulier")
    @base.needs()
    def form(self, pk: int) -> str:
        """The exam form on paper: everything an examiner fills in, to print."""
        return self._exam_page("catalogue/form.html", pk)

    def _exam_page(self, template: str, pk: int) -> str:
        exam = self.get_row(pk)
        parts = exams.parts_of(exam)
        most = exams.max_points(exam)
        return str(
            self.render_template(
                template,
                exam=exam,
                parts=parts,
                max_points=most,
                duration=base.show_duration,
                owner=owner_cell(exam),
                rule=rule_in_words(exam),
                others=exams.other_versions(base.current_actor(), exam),
                model=self.head(exam),
            )
        )

    def head(self, exam: models.Exam) -> widgets.ShowModel:
        badges = [
            widgets.Badge(_(exam.kind.label), "info"),
            widgets.Badge(_("Versie %(version)s", version=exam.version)),
        ]
        if not exam.current:
            badges.append(widgets.Badge(_("Eerdere versie"), "warn", icon="clock-history"))
        return widgets.ShowModel(
            title=exam.title,
            sections=(),
            back_href=self.back_href(),
            back_label=_("Examenbeheer"),
            badges=badges,
            buttons=[
                widgets.Button(_("Examenformulier"), f"/examenbeheer/{exam.id}/formulier", icon="printer")
            ],
        )
