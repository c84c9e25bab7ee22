"""Importeren, of each kind: Stap 1 van 4 to Stap 4 van 4, and the report (manual, steps 3, 4a and 4f)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.actions.base import Action, run
from app.actions.imports import (
    ALREADY_DONE,
    FileForm,
    StudentFileForm,
    UserFileForm,
    choose_columns,
    choose_values,
    discard_import,
)
from app.actions.sample_mail import send_student_sample, send_user_sample
from app.actions.wording import say
from app.entities.imports import ImportRun
from app.errors import RuleBroken
from app.imports.check import Checked, check_run
from app.imports.choices import MOST_ASKED, Asked, values_to_choose, world_of_choices
from app.imports.columns import World
from app.imports.forms import chosen_columns, mapping_form, reading_form, values_form
from app.imports.intake import PASTED, receive, receive_again
from app.imports.kept import column_letter, first_values, reading_of, rows_of, top_of
from app.imports.kind import CheckedRow, Kind
from app.imports.kinds import GROUPS, STUDENTS, USERS
from app.imports.table import FileRefused, Reading
from app.imports.workbook import CSV, XLSX, example_csv, example_xlsx, refused_xlsx
from app.imports.write import in_state, remarks
from app.imports.write_groups import import_groups
from app.imports.write_students import import_students
from app.imports.write_users import import_users
from app.pages.base.guards import needs
from app.pages.base.request import current_actor, href_with, is_number, posted_fields
from app.pages.base.screens import (
    Screen,
    bytes_answer,
    expose,
    filled,
    go,
    new_token,
    posted,
    tell,
    unsent,
    upload,
)
from app.pages.code_mails import MailPreview, previews_of
from app.pages.imports_views import CheckView, run_columns, run_rows
from app.pages.imports_words import GROUP_WORDS, STUDENT_WORDS, USER_WORDS, Words
from app.permissions import Permission, Role
from app.queries.imports import last_choices, own_run, own_runs
from app.school import current_school
from app.theme.widgets import Step

PAGE_OF = {"mapping": "columns", "values": "values", "check": "check", "done": "report"}


class ImportPage(Screen):
    """The wizard; a page per kind says of what, and how it is written."""

    default_view = "index"
    kind: Kind
    permission: Permission
    importing: Action
    words: Words
    file_form: type[FileForm] = FileForm
    sample: Action | None = None  # sends the mail with an inlogcode to who imports

    @expose("/", methods=["GET", "POST"])
    @needs()
    def index(self) -> Any:
        """Stap 1 van 4: the file, and what happens with login codes."""
        form = filled(self.file_form)
        if posted() and form.validate():
            pasted = form.data.get("pasted") or ""
            content, name = (pasted.encode(), PASTED) if pasted.strip() else upload(form.file)
            try:
                made = receive(
                    current_actor(), self.kind, content, name, token=posted_fields().get("token", ""),
                    login_codes=form.data.get("login_codes", "none"),
                )  # fmt: skip
                return go(self.href("columns", pk=made))
            except FileRefused as refused:
                wrong = form["pasted" if pasted.strip() else "file"]
                wrong.errors = [say(refused)]
        page = self.page(
            "imports/file.html", form=form, steps=self.steps(1), token=new_token(), here=self,
            run_columns=run_columns(),
            runs=run_rows(own_runs(current_actor(), self.kind.key), self.href),
        )  # fmt: skip
        return page, 422 if posted() else 200

    @expose("/<int:pk>")
    @needs()
    def resume(self, pk: int) -> Any:
        """Verder gaan: the step at which this run stands."""
        return go(self.href(PAGE_OF[self._run(pk).stage], pk=pk))

    @expose("/<int:pk>/kolommen", methods=["GET", "POST"])
    @needs()
    def columns(self, pk: int) -> Any:
        """Stap 2 van 4: which column is what."""
        found = self._open(pk)
        header: Sequence[str] = found.table["header"]
        form = filled(mapping_form(self.kind, header), chosen_columns(found))
        if posted() and form.validate():
            run(choose_columns, current_actor(), [pk], mapping=form.mapping())
            return self._on_to_values(pk)
        return self._columns_page(found, form, filled(reading_form(found)), refused=posted())

    @expose("/<int:pk>/opnieuw-lezen", methods=["POST"])
    @needs()
    def read_again(self, pk: int) -> Any:
        """Stap 2 van 4: the file is read as its maker says, where what was found is not what is meant."""
        found = self._open(pk)
        form = filled(reading_form(found))
        if form.validate():
            chosen = dict(form.data)
            if chosen.get("sheet", "") != reading_of(found).sheet:
                chosen["header"] = 0  # another sheet has a header of its own
            try:
                receive_again(
                    current_actor(), self.kind, found, Reading(**chosen | {"header": int(chosen["header"])})
                )
                return go(self.href("columns", pk=pk))
            except FileRefused as refused:
                form["header"].errors = [say(refused)]
        form_of_columns = unsent(mapping_form(self.kind, found.table["header"]), chosen_columns(found))
        return self._columns_page(found, form_of_columns, form, refused=True)

    def _columns_page(self, found: ImportRun, form: Any, reading: Any, *, refused: bool) -> Any:
        header: Sequence[str] = found.table["header"]
        left_out = [field.label.text for field in form if not field.data]
        page = self.page(
            "imports/columns.html", form=form, run=found, steps=self.steps(2, found), here=self,
            reading=reading, read=reading_of(found), top=top_of(found),
            samples=first_values(found), left_out=left_out,
            letters=[column_letter(index) for index in range(len(header))],
        )  # fmt: skip
        return page, 422 if refused else 200

    @expose("/<int:pk>/waarden", methods=["GET", "POST"])
    @needs()
    def values(self, pk: int) -> Any:
        """Stap 3 van 4: what each value of geslacht and other closed lists means."""
        found = self._open(pk)
        if self.kind.identity not in found.mapping:
            return go(self.href("columns", pk=pk))
        asked, world = self._asked(found)
        form = filled(values_form(self.kind, asked, world))
        if posted() and form.validate():
            run(choose_values, current_actor(), [pk], values=form.chosen())
            return go(self.href("check", pk=pk))
        page = self.page(
            "imports/values.html", form=form, run=found, steps=self.steps(3, found), here=self, asked=asked,
            most=MOST_ASKED, columns=self.kind.by_key,
        )  # fmt: skip
        return page, 422 if posted() else 200

    @expose("/<int:pk>/controle", methods=["GET", "POST"])
    @needs()
    def check(self, pk: int) -> Any:
        """Stap 4 van 4: check, then import."""
        found = self._run(pk)
        if posted():
            return self._import(pk)
        if found.stage == "done":
            return go(self.href("report", pk=pk))
        if found.stage != "check":
            return go(self.href(PAGE_OF[found.stage], pk=pk))
        checked = check_run(current_actor(), found)
        view = CheckView(checked, self.href("check", pk=pk))
        return self.page(
            "imports/check.html",
            run=found,
            steps=self.steps(4, found),
            here=self,
            view=view,
            token=new_token(),
            mails=self._mails(found, checked),
            sample_href=self._sample_href(pk),
        )

    def _mails(self, found: ImportRun, checked: Checked) -> list[MailPreview]:
        """The mails that new people get, and how many get which."""
        if found.login_codes != "mail":
            return []
        readers = [row for row in in_state(checked, "new") if row.values.get("email")]
        written = Counter(self._reader(row) for row in readers)
        return previews_of((role, language, count) for (role, language), count in written.items())

    def _reader(self, row: CheckedRow) -> tuple[str, str]:
        """By which role and in which language somebody is written to."""
        roles = [role for role in Role if role in row.values.get("roles", (Role.STUDENT,))]
        return roles[0] if roles else "", row.values.get("language") or current_school().language

    def _sample_href(self, pk: int) -> str:
        if self.sample is None:
            return ""
        path = f"{self.words.home}do/{self.sample.name}"
        return href_with(path, [("then", self.href("check", pk=pk))])

    def _import(self, pk: int) -> Any:
        fields = posted_fields()
        version = fields.get("version", "")
        try:
            outcome = run(
                self.importing, current_actor(), [pk], token=fields.get("token", ""),
                version=int(version) if is_number(version) else 0,
            )  # fmt: skip
        except RuleBroken as refused:
            tell(say(refused), "danger")
            return go(self.href("resume", pk=pk))
        tell(outcome.summary, "success" if outcome.done else "info")
        return go(self.href("report", pk=pk))

    @expose("/<int:pk>/verslag")
    @needs()
    def report(self, pk: int) -> Any:
        found = self._run(pk)
        if found.stage != "done":
            return go(self.href(PAGE_OF[found.stage], pk=pk))
        return self.page("imports/report.html", run=found, steps=self.steps(5, found), here=self)

    @expose("/<int:pk>/geweigerd.xlsx")
    @needs()
    def refused(self, pk: int) -> Any:
        """The refused rows as a workbook with a remark in front of each."""
        found = self._run(pk)
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
    @needs()
    def discard(self, pk: int) -> Any:
        self._run(pk)
        outcome = run(discard_import, current_actor(), [pk])
        tell(outcome.summary, "info")
        return go(self.href("index"))

    @expose("/voorbeeldbestand.xlsx")
    @needs()
    def example(self) -> Any:
        content = example_xlsx(self.kind.columns, str(self.words.home_label))
        return bytes_answer(content, XLSX, f"{self.words.example}.xlsx")

    @expose("/voorbeeldbestand.csv")
    @needs()
    def example_as_csv(self) -> Any:
        return bytes_answer(example_csv(self.kind.columns), CSV, f"{self.words.example}.csv")

    # -- inside

    def _on_to_values(self, pk: int) -> Any:
        """Step 3, or past it when the file has nothing to choose."""
        asked, _world = self._asked(self._run(pk))
        if asked:
            return go(self.href("values", pk=pk))
        run(choose_values, current_actor(), [pk], values={})
        tell(_("Stap 3 is overgeslagen: in dit bestand valt niets te kiezen."), "info")
        return go(self.href("check", pk=pk))

    def _asked(self, found: ImportRun) -> tuple[dict[str, list[Asked]], World]:
        _mapping, earlier = last_choices(self.kind.key, found.header_key)
        world = world_of_choices(current_actor(), found)
        return values_to_choose(world, found, earlier), world

    def _run(self, pk: int) -> ImportRun:
        return own_run(current_actor(), self.kind.key, pk)

    def _open(self, pk: int) -> ImportRun:
        """A run that can still be changed."""
        found = self._run(pk)
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


class StudentImportPage(ImportPage):
    route_base = "/studenten/importeren"
    kind, permission, importing = STUDENTS, Permission.STUDENTS_IMPORT, import_students
    words, file_form, sample = STUDENT_WORDS, StudentFileForm, send_student_sample


class UserImportPage(ImportPage):
    route_base = "/gebruikers/importeren"
    kind, permission, importing = USERS, Permission.USERS_IMPORT, import_users
    words, file_form, sample = USER_WORDS, UserFileForm, send_user_sample


class GroupImportPage(ImportPage):
    route_base = "/studentgroepen/importeren"
    kind, permission, importing = GROUPS, Permission.GROUPS_IMPORT, import_groups
    words = GROUP_WORDS
