"""Studenten importeren (manual, step 4a): Stap 1 van 4 to Stap 4 van 4, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.actions.base import run
from app.actions.imports import ALREADY_DONE, FileForm, choose_columns, choose_values, discard_import
from app.actions.sample_mail import send_student_sample
from app.actions.wording import say
from app.entities.imports import ImportRun
from app.errors import RuleBroken
from app.imports.check import Checked, check_run
from app.imports.choices import MOST_ASKED, Asked, values_to_choose, world_of_choices
from app.imports.columns import BY_KEY, World
from app.imports.forms import mapping_form, values_form
from app.imports.intake import receive
from app.imports.kept import column_letter, first_values, rows_of
from app.imports.table import FileRefused
from app.imports.workbook import CSV, XLSX, example_csv, example_xlsx, refused_xlsx
from app.imports.write import import_students, remarks
from app.pages.base.guards import needs
from app.pages.base.request import current_actor, href_with, is_number, posted_fields
from app.pages.base.screens import Screen, bytes_answer, expose, filled, go, new_token, posted, tell, upload
from app.pages.code_mails import MailPreview, preview_of
from app.pages.imports_views import CheckView, run_columns, run_rows
from app.permissions import Permission, Role
from app.queries.imports import last_choices, own_run, own_runs
from app.school import current_school
from app.theme.widgets import Step

SAMPLE = f"/studenten/do/{send_student_sample.name}"
IMPORT = Permission.STUDENTS_IMPORT
PAGE_OF = {"mapping": "columns", "values": "values", "check": "check", "done": "report"}


class ImportPage(Screen):
    route_base = "/studenten/importeren"
    default_view = "index"

    @expose("/", methods=["GET", "POST"])
    @needs(IMPORT)
    def index(self) -> Any:
        """Stap 1 van 4: the file, and what happens with login codes."""
        form = filled(FileForm)
        if posted() and form.validate():
            content, name = upload(form.file)
            try:
                made = receive(
                    current_actor(), content, name, login_codes=form.login_codes.data,
                    token=posted_fields().get("token", ""),
                )  # fmt: skip
                return go(self.href("columns", pk=made))
            except FileRefused as refused:
                form.file.errors = [say(refused)]
        page = self.page(
            "imports/file.html", form=form, steps=self.steps(1), token=new_token(), here=self,
            run_columns=run_columns(),
            runs=run_rows(own_runs(current_actor()), self.href),
        )  # fmt: skip
        return page, 422 if posted() else 200

    @expose("/<int:pk>")
    @needs(IMPORT)
    def resume(self, pk: int) -> Any:
        """Verder gaan: the step at which this run stands."""
        return go(self.href(PAGE_OF[own_run(current_actor(), pk).stage], pk=pk))

    @expose("/<int:pk>/kolommen", methods=["GET", "POST"])
    @needs(IMPORT)
    def columns(self, pk: int) -> Any:
        """Stap 2 van 4: which column is what."""
        found = self._open(pk)
        header: Sequence[str] = found.table["header"]
        given = {f"column_{index}": key for key, index in found.mapping.items()}
        form = filled(mapping_form(header), given)
        if posted() and form.validate():
            run(choose_columns, current_actor(), [pk], mapping=form.mapping())
            return self._on_to_values(pk)
        left_out = [field.label.text for field in form if not field.data]
        page = self.page(
            "imports/columns.html", form=form, run=found, steps=self.steps(2, found), here=self,
            samples=first_values(found), left_out=left_out,
            letters=[column_letter(index) for index in range(len(header))],
        )  # fmt: skip
        return page, 422 if posted() else 200

    @expose("/<int:pk>/waarden", methods=["GET", "POST"])
    @needs(IMPORT)
    def values(self, pk: int) -> Any:
        """Stap 3 van 4: what each value of geslacht and other closed lists means."""
        found = self._open(pk)
        if "number" not in found.mapping:
            return go(self.href("columns", pk=pk))
        asked, world = self._asked(found)
        form = filled(values_form(asked, world))
        if posted() and form.validate():
            run(choose_values, current_actor(), [pk], values=form.chosen())
            return go(self.href("check", pk=pk))
        page = self.page(
            "imports/values.html", form=form, run=found, steps=self.steps(3, found), here=self, asked=asked,
            most=MOST_ASKED, columns=BY_KEY,
        )  # fmt: skip
        return page, 422 if posted() else 200

    @expose("/<int:pk>/controle", methods=["GET", "POST"])
    @needs(IMPORT)
    def check(self, pk: int) -> Any:
        """Stap 4 van 4: check, then import."""
        actor = current_actor()
        found = own_run(actor, pk)
        if posted():
            return self._import(pk)
        if found.stage == "done":
            return go(self.href("report", pk=pk))
        if found.stage != "check":
            return go(self.href(PAGE_OF[found.stage], pk=pk))
        checked = check_run(actor, found)
        view = CheckView(checked, self.href("check", pk=pk))
        return self.page(
            "imports/check.html",
            run=found,
            steps=self.steps(4, found),
            here=self,
            view=view,
            token=new_token(),
            mail=self._mail(found, checked),
            sample_href=href_with(SAMPLE, [("then", self.href("check", pk=pk))]),
        )

    def _mail(self, found: ImportRun, checked: Checked) -> MailPreview | None:
        """The mail that new students get, and how many get it."""
        readers = [row for row in checked.rows if row.state == "new" and row.values.get("email")]
        if found.login_codes != "mail" or not readers:
            return None
        return preview_of(Role.STUDENT, current_school().language, len(readers))

    def _import(self, pk: int) -> Any:
        fields = posted_fields()
        version = fields.get("version", "")
        try:
            outcome = run(
                import_students, current_actor(), [pk], token=fields.get("token", ""),
                version=int(version) if is_number(version) else 0,
            )  # fmt: skip
        except RuleBroken as refused:
            tell(say(refused), "danger")
            return go(self.href("resume", pk=pk))
        tell(outcome.summary, "success" if outcome.done else "info")
        return go(self.href("report", pk=pk))

    @expose("/<int:pk>/verslag")
    @needs(IMPORT)
    def report(self, pk: int) -> Any:
        found = own_run(current_actor(), pk)
        if found.stage != "done":
            return go(self.href(PAGE_OF[found.stage], pk=pk))
        return self.page("imports/report.html", run=found, steps=self.steps(5, found), here=self)

    @expose("/<int:pk>/geweigerd.xlsx")
    @needs(IMPORT)
    def refused(self, pk: int) -> Any:
        """The refused rows as a workbook with a remark in front of each."""
        found = own_run(current_actor(), pk)
        if found.stage == "done":
            notes = {int(number): texts for number, texts in found.table.get("remarks", {}).items()}
        elif found.stage != "check":
            return go(self.href(PAGE_OF[found.stage], pk=pk))  # nothing has been checked yet
        else:
            checked = check_run(current_actor(), found)
            notes = {row.number: remarks(row) for row in checked.rows if row.state == "refused"}
        rows = [row for row in rows_of(found) if row[0] in notes]
        return bytes_answer(
            refused_xlsx(found.table["header"], rows, notes), XLSX, _("geweigerde-rijen.xlsx")
        )

    @expose("/<int:pk>/weggooien", methods=["POST"])
    @needs(IMPORT)
    def discard(self, pk: int) -> Any:
        own_run(current_actor(), pk)
        outcome = run(discard_import, current_actor(), [pk])
        tell(outcome.summary, "info")
        return go(self.href("index"))

    @expose("/voorbeeldbestand.xlsx")
    @needs(IMPORT)
    def example(self) -> Any:
        return bytes_answer(example_xlsx(), XLSX, _("voorbeeldbestand-studenten.xlsx"))

    @expose("/voorbeeldbestand.csv")
    @needs(IMPORT)
    def example_as_csv(self) -> Any:
        return bytes_answer(example_csv(), CSV, _("voorbeeldbestand-studenten.csv"))

    # -- inside

    def _on_to_values(self, pk: int) -> Any:
        """Step 3, or past it when the file has nothing to choose."""
        asked, _world = self._asked(own_run(current_actor(), pk))
        if asked:
            return go(self.href("values", pk=pk))
        run(choose_values, current_actor(), [pk], values={})
        tell(_("Stap 3 is overgeslagen: in dit bestand valt niets te kiezen."), "info")
        return go(self.href("check", pk=pk))

    def _asked(self, found: ImportRun) -> tuple[dict[str, list[Asked]], World]:
        _mapping, earlier = last_choices(found.header_key)
        world = world_of_choices(current_actor())
        return values_to_choose(world, found, earlier), world

    def _open(self, pk: int) -> ImportRun:
        """A run that can still be changed."""
        found = own_run(current_actor(), pk)
        if found.stage == "done":
            raise RuleBroken(ALREADY_DONE)
        return found

    def steps(self, at: int, found: ImportRun | None = None) -> Sequence[Step]:
        """The wizard's line; steps behind the current one are links until the import is done."""
        labels = (_("Bestand"), _("Kolommen"), _("Waarden"), _("Controle"))
        pages = ("", "columns", "values", "check")
        made = []
        for number, (label, page) in enumerate(zip(labels, pages, strict=True), start=1):
            state: Any = "done" if number < at else "current" if number == at else "todo"
            back = found is not None and found.stage != "done" and page and state == "done"
            made.append(Step(label, self.href(page, pk=found.id) if back and found else "", state))
        return made
