"""Tab Examencommissie (results, read-only) and Uitslagen, where the administrator records adoptions."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.actions.assessment.adoption import record_adoption
from app.documents import results
from app.entities.base import db
from app.errors import NotFound
from app.pages import base
from app.pages.assessment.outcome import grade_text
from app.pages.planning.blocks import result_badge
from app.permissions import Permission, may
from app.queries.assessment import committee as rows
from app.rules.marks import mark_text
from app.school import current_school
from app.theme import widgets


def _student(result: models.Result) -> widgets.Cell:
    student = result.registration.student
    return widgets.Cell(
        student.sort_name, f"/te-beoordelen/uitslag/{result.registration_id}", muted=student.number
    )


def _exam(result: models.Result) -> widgets.Cell:
    exam = result.registration.exam
    return widgets.Cell(exam.title, muted=exam.code)


def _mark(result: models.Result) -> widgets.Cell:
    if result.mark is None:
        return widgets.Cell(grade_text(result.grade))
    return widgets.Cell(mark_text(result.mark), muted=grade_text(result.grade))


def _adopted(result: models.Result) -> widgets.Cell:
    if result.adoption is None:
        return widgets.Cell(badges=[widgets.Badge(_("Nog niet"), "warn")])
    return widgets.Cell(f"{result.adoption.decided_on:%d-%m-%Y}")


PERIODS = (
    ("7", _l("Laatste 7 dagen")),
    ("30", _l("Laatste 30 dagen")),
    ("90", _l("Laatste 90 dagen")),
    ("year", _l("Dit schooljaar")),
)


class ResultList(base.ListPage):
    """The results that this user may see, with filters, counts and an export."""

    datamodel = SQLAInterface(models.Result)
    include_route_methods = {"index", "choose", "export"}  # read-only: no page of a row, no actions
    list_template = "assessment/results.html"
    has_show = False
    empty_title = _l("Nog geen uitslagen")
    empty_hint = _l("Een uitslag staat hier zodra de schoolexaminator alle onderdelen definitief maakte.")
    columns = (
        base.ListColumn("student", _l("Student"), _student),
        base.ListColumn("exam", _l("Examen"), _exam),
        base.ListColumn(
            "attempt", _l("Kans"), lambda r: widgets.Cell(str(r.registration.attempt)), numeric=True
        ),
        base.ListColumn(
            "outcome",
            _l("Uitslag"),
            lambda r: widgets.Cell(badges=[result_badge(r)]),
            order=models.Result.passed,
        ),
        base.ListColumn("mark", _l("Cijfer of oordeel"), _mark, order=models.Result.mark),
        base.ListColumn(
            "decided",
            _l("Uitslag op"),
            lambda r: widgets.Cell(f"{current_school().local(r.decided_at):%d-%m-%Y}"),
            order=models.Result.decided_at,
        ),
        base.ListColumn("adopted", _l("Vaststelling"), _adopted),
    )
    filters = (
        base.ListFilter("student", _l("Student"), rows.of_student),
        base.ListFilter(
            "programme",
            _l("Opleiding"),
            rows.of_programme,
            lambda: rows.programme_choices(base.current_actor()),
        ),
        base.ListFilter("exam", _l("Examen"), rows.of_exam, lambda: rows.exam_choices(base.current_actor())),
        base.ListFilter(
            "outcome",
            _l("Uitslag"),
            rows.of_outcome,
            lambda: [("passed", _("Geslaagd")), ("failed", _("Niet geslaagd"))],
        ),
        base.ListFilter(
            "adopted",
            _l("Vaststelling"),
            rows.of_adoption,
            lambda: [("no", _("Nog vast te stellen")), ("yes", _("Vastgesteld"))],
        ),
        base.ListFilter("period", _l("Periode"), rows.of_period, lambda: [(k, str(v)) for k, v in PERIODS]),
    )
    default_order = (models.Result.decided_at.desc(),)
    load = rows.RESULT_ROWS

    @base.expose("/")
    @base.needs()
    def index(self) -> str:
        counts = rows.counts(self.filtered_statement())
        exports = [
            widgets.Button(_("Exporteer Excel"), self._export_href("xlsx"), "file-earmark-spreadsheet"),
            widgets.Button(_("Exporteer CSV"), self._export_href("csv"), "filetype-csv"),
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

    @base.expose("/export/<kind>")
    @base.needs()
    def export(self, kind: str) -> Any:
        """All results that match the filters, as a file; NotFound: `kind` is not xlsx or csv."""
        if kind not in {"xlsx", "csv"}:
            raise NotFound
        found = rows.export_rows(self.filtered_statement())
        name = f"{_('uitslagen')}-{current_school().today():%Y-%m-%d}.{kind}"
        if kind == "csv":
            return base.bytes_answer(results.results_csv(found), "text/csv; charset=utf-8", name)
        return base.bytes_answer(results.results_xlsx(found), results.XLSX, name)

    def _trail_button(self) -> Sequence[widgets.Button]:
        if not may(base.current_actor(), Permission.TRAIL_READ):
            return []
        return [widgets.Button(_("Logboek"), "/logboek/", "journal-text")]

    def row_label(self, row: Any) -> str:
        return f"{row.registration.student.full_name}, {row.registration.exam.title}"

    def _export_href(self, kind: str) -> str:
        return base.href_with(self.href("export", kind=kind), self.filter_pairs())

    def _filter_href(self, name: str, value: str) -> str:
        kept = [(key, old) for key, old in self.filter_pairs() if key != name]
        return base.href_with(self.href("index"), [*kept, (name, value)])

    def _summary(
        self, act: actions.Action, targets: actions.Targets[Any] | None
    ) -> widgets.TargetSummary | None:
        if targets is None:
            return None
        first = self.names_of(act, targets.ids[:10])
        return widgets.TargetSummary(targets.count, first, str(act.noun), *self.left_out(act))

    def names_of(self, act: actions.Action, ids: Sequence[int]) -> list[str]:
        """The results by name, with one query for all that the names need."""
        wanted = sa.select(models.Result).where(models.Result.id.in_(ids)).options(*rows.RESULT_ROWS)
        return [self.row_label(row) for row in db.session.scalars(wanted)]


class CommitteePage(ResultList):
    route_base = "/examencommissie"
    permission = Permission.COMMITTEE_SEE
    title = _l("Examencommissie")
    intro = _l("Alle uitslagen om te lezen en mee te nemen. De beheerder legt de vaststelling vast.")


class ResultsPage(ResultList):
    """The same list for other roles; the administrator records the committee's decisions here."""

    under = "planning"
    route_base = "/uitslagen"
    permission = Permission.RESULTS_SEE
    include_route_methods = {"index", "choose", "do", "export"}
    title = _l("Uitslagen")
    bulk = (record_adoption,)
