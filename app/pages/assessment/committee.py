"""Tab Examencommissie (results, read-only) and Uitslagen, where the administrator records adoptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.actions.assessment.adoption import record_adoption
from app.actions.base.action import Action, Targets
from app.documents.results import XLSX, results_csv, results_xlsx
from app.entities.assessment import Result
from app.entities.base import db
from app.errors import NotFound
from app.pages.assessment.outcome import grade_text
from app.pages.base.guards import needs
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.request import current_actor, href_with
from app.pages.base.screens import bytes_answer, expose
from app.pages.planning.blocks import result_badge
from app.permissions import Permission, may
from app.queries.assessment import committee as rows
from app.rules.scoring import mark_text
from app.school import current_school
from app.theme.widgets import Badge, Button, Cell, TargetSummary


def _student(result: Result) -> Cell:
    student = result.registration.student
    return Cell(student.sort_name, f"/te-beoordelen/uitslag/{result.registration_id}", muted=student.number)


def _exam(result: Result) -> Cell:
    exam = result.registration.exam
    return Cell(exam.title, muted=exam.code)


def _mark(result: Result) -> Cell:
    if result.mark is None:
        return Cell(grade_text(result.grade))
    return Cell(mark_text(result.mark), muted=grade_text(result.grade))


def _adopted(result: Result) -> Cell:
    if result.adoption is None:
        return Cell(badges=[Badge(_("Nog niet"), "warn")])
    return Cell(f"{result.adoption.decided_on:%d-%m-%Y}")


PERIODS = (
    ("7", _l("Laatste 7 dagen")),
    ("30", _l("Laatste 30 dagen")),
    ("90", _l("Laatste 90 dagen")),
    ("year", _l("Dit schooljaar")),
)


class ResultList(ListPage):
    """The results this user may see, filtered, counted, to take along as a file."""

    datamodel = SQLAInterface(Result)
    include_route_methods = {"index", "choose", "export"}  # read-only: no row of its own, nothing to do
    list_template = "assessment/results.html"
    has_show = False
    empty_title = _l("Nog geen uitslagen")
    empty_hint = _l("Een uitslag staat hier zodra de schoolexaminator alle onderdelen definitief maakte.")
    columns = (
        ListColumn("student", _l("Student"), _student),
        ListColumn("exam", _l("Examen"), _exam),
        ListColumn("attempt", _l("Kans"), lambda r: Cell(str(r.registration.attempt)), numeric=True),
        ListColumn("outcome", _l("Uitslag"), lambda r: Cell(badges=[result_badge(r)]), order=Result.passed),
        ListColumn("mark", _l("Cijfer of oordeel"), _mark, order=Result.mark),
        ListColumn(
            "decided",
            _l("Uitslag op"),
            lambda r: Cell(f"{current_school().local(r.decided_at):%d-%m-%Y}"),
            order=Result.decided_at,
        ),
        ListColumn("adopted", _l("Vaststelling"), _adopted),
    )
    filters = (
        ListFilter("student", _l("Student"), rows.of_student),
        ListFilter(
            "programme",
            _l("Opleiding"),
            rows.of_programme,
            lambda: rows.programme_choices(current_actor()),
        ),
        ListFilter("exam", _l("Examen"), rows.of_exam, lambda: rows.exam_choices(current_actor())),
        ListFilter(
            "outcome",
            _l("Uitslag"),
            rows.of_outcome,
            lambda: [("passed", _("Geslaagd")), ("failed", _("Niet geslaagd"))],
        ),
        ListFilter(
            "adopted",
            _l("Vaststelling"),
            rows.of_adoption,
            lambda: [("no", _("Nog vast te stellen")), ("yes", _("Vastgesteld"))],
        ),
        ListFilter("period", _l("Periode"), rows.of_period, lambda: [(k, str(v)) for k, v in PERIODS]),
    )
    default_order = (Result.decided_at.desc(),)
    load = rows.RESULT_ROWS

    @expose("/")
    @needs()
    def index(self) -> str:
        counts = rows.counts(self.filtered_statement())
        exports = [
            Button(_("Exporteer Excel"), self._export_href("xlsx"), "file-earmark-spreadsheet"),
            Button(_("Exporteer CSV"), self._export_href("csv"), "filetype-csv"),
        ]
        return self.render_template(
            self.list_template,
            model=self.list_model(),
            counts=[
                (_("Vast te stellen"), counts.to_adopt, self._filter_href("adopted", "no")),
                (_("Niet geslaagd"), counts.failed, self._filter_href("outcome", "failed")),
                (_("Herkansingen gepland"), counts.resits, ""),
            ],
            buttons=[*exports, *self._trail_button()],
        )

    @expose("/export/<kind>")
    @needs()
    def export(self, kind: str) -> Any:
        """What the filters leave, all of it."""
        if kind not in {"xlsx", "csv"}:
            raise NotFound
        found = rows.export_rows(self.filtered_statement())
        name = f"{_('uitslagen')}-{current_school().today():%Y-%m-%d}.{kind}"
        if kind == "csv":
            return bytes_answer(results_csv(found), "text/csv; charset=utf-8", name)
        return bytes_answer(results_xlsx(found), XLSX, name)

    def _trail_button(self) -> Sequence[Button]:
        if not may(current_actor(), Permission.TRAIL_READ):
            return []
        return [Button(_("Logboek"), "/logboek/", "journal-text")]

    def row_label(self, row: Any) -> str:
        return f"{row.registration.student.full_name}, {row.registration.exam.title}"

    def _export_href(self, kind: str) -> str:
        return href_with(self.href("export", kind=kind), self.filter_pairs())

    def _filter_href(self, name: str, value: str) -> str:
        kept = [(key, old) for key, old in self.filter_pairs() if key != name]
        return href_with(self.href("index"), [*kept, (name, value)])

    def _summary(self, act: Action, targets: Targets[Any] | None) -> TargetSummary | None:
        """The first names with everything they are made of in one query."""
        if targets is None:
            return None
        first = db.session.scalars(
            select(Result).where(Result.id.in_(targets.ids[:10])).options(*rows.RESULT_ROWS)
        ).all()
        return TargetSummary(targets.count, [self.row_label(row) for row in first], str(act.noun))


class CommitteePage(ResultList):
    route_base = "/examencommissie"
    permission = Permission.COMMITTEE_SEE
    title = _l("Examencommissie")
    intro = _l("Alle uitslagen om te lezen en mee te nemen. De beheerder legt de vaststelling vast.")


class ResultsPage(ResultList):
    """The same list for the others; the administrator records the committee's decisions on it."""

    under = "planning"
    route_base = "/uitslagen"
    permission = Permission.RESULTS_SEE
    include_route_methods = {"index", "choose", "do", "export"}
    title = _l("Uitslagen")
    bulk = (record_adoption,)
