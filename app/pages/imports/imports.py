"""Importeren, of each kind: Stap 1 van 4 to Stap 3 van 4; the fourth is in imports_check.py (manual, steps 3,
4a and 4f)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.actions.base.action import run
from app.actions.base.wording import say
from app.actions.imports.imports import (
    FileForm,
    StudentFileForm,
    UserFileForm,
    choose_columns,
    choose_values,
    discard_import,
)
from app.actions.mail.sample_mail import send_student_sample, send_user_sample
from app.entities.imports import ImportRun
from app.imports.choices import MOST_ASKED, Asked, values_to_choose, world_of_choices
from app.imports.columns import World
from app.imports.forms import chosen_columns, mapping_form, reading_form, values_form
from app.imports.intake import PASTED, receive, receive_again
from app.imports.kept import column_letter, first_values, reading_of, told_by_content, top_of
from app.imports.kinds import GROUPS, STUDENTS, USERS
from app.imports.names import names_were_shown, preview_of, shown_of
from app.imports.table import FileRefused, Reading
from app.imports.undo_groups import undo_group_import
from app.imports.undo_students import undo_student_import
from app.imports.undo_users import undo_user_import
from app.imports.workbook import CSV, XLSX, example_csv, example_xlsx
from app.imports.write_groups import import_groups
from app.imports.write_students import import_students
from app.imports.write_users import import_users
from app.pages.base.guards import needs
from app.pages.base.request import current_actor, posted_fields
from app.pages.base.screens import (
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
from app.pages.imports.check import PAGE_OF, CheckPages
from app.pages.imports.columns import name_columns, name_rows
from app.pages.imports.views import run_columns, run_rows
from app.pages.imports.words import GROUP_WORDS, STUDENT_WORDS, USER_WORDS
from app.permissions import Permission
from app.queries.imports.imports import RunLine, last_choices, runs_of


class ImportPage(CheckPages):
    """The wizard; a page per kind says of what, and how it is written."""

    default_view = "index"
    file_form: type[FileForm] = FileForm

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
                    current_actor(),
                    self.kind,
                    content,
                    name,
                    token=posted_fields().get("token", ""),
                    login_codes=form.data.get("login_codes", "none"),
                )
                return go(self.href("columns", pk=made))
            except FileRefused as refused:
                wrong = form["pasted" if pasted.strip() else "file"]
                wrong.errors = [say(refused)]
        page = self.page(
            "imports/file.html",
            form=form,
            steps=self.steps(1),
            token=new_token(),
            here=self,
            run_columns=run_columns(),
            runs=run_rows(self._runs(), self, self.undoing),
        )
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
        found = self._run(pk)
        if found.stage == "done":
            return self._to_report(found)
        header: Sequence[str] = found.table["header"]
        form = filled(mapping_form(self.kind, header), chosen_columns(found))
        valid = posted() and form.validate()
        if valid and names_were_shown(form.mapping(), posted_fields()):
            run(choose_columns, current_actor(), [pk], mapping=form.mapping())
            return self._on_to_values(pk)
        return self._columns_page(
            found, form, filled(reading_form(found)), refused=posted() and not valid, names_first=valid
        )

    @expose("/<int:pk>/opnieuw-lezen", methods=["POST"])
    @needs()
    def read_again(self, pk: int) -> Any:
        """Stap 2 van 4: the file is read as its maker says, where what was found is not what is meant."""
        found = self._run(pk)
        if found.stage == "done":
            return self._to_report(found)
        form = filled(reading_form(found))
        if form.validate():
            chosen = dict(form.data)
            sheet = reading_of(found).sheet
            if chosen.get("sheet", sheet) != sheet:
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

    def _columns_page(
        self, found: ImportRun, form: Any, reading: Any, *, refused: bool, names_first: bool = False
    ) -> Any:
        header: Sequence[str] = found.table["header"]
        left_out = [field.label.text for field in form if not field.data]
        form.explain(told_by_content(found))
        names = preview_of(found, form.mapping())
        page = self.page(
            "imports/columns.html",
            form=form,
            run=found,
            steps=self.steps(2, found),
            here=self,
            reading=reading,
            read=reading_of(found),
            top=top_of(found),
            samples=first_values(found),
            left_out=left_out,
            names_first=names_first,
            names=names,
            names_shown=shown_of(form.mapping()),
            name_columns=name_columns(),
            name_rows=name_rows(names) if names else (),
            letters=[column_letter(index) for index in range(len(header))],
        )
        return page, 422 if refused else 200

    @expose("/<int:pk>/waarden", methods=["GET", "POST"])
    @needs()
    def values(self, pk: int) -> Any:
        """Stap 3 van 4: what each value of geslacht and other closed lists means."""
        found = self._run(pk)
        if found.stage == "done":
            return self._to_report(found)
        if self.kind.identity not in found.mapping:
            return go(self.href("columns", pk=pk))
        asked, world = self._asked(found)
        form = filled(values_form(self.kind, asked, world))
        if posted() and form.validate():
            run(choose_values, current_actor(), [pk], values=form.chosen())
            return go(self.href("check", pk=pk))
        page = self.page(
            "imports/values.html",
            form=form,
            run=found,
            steps=self.steps(3, found),
            here=self,
            asked=asked,
            most=MOST_ASKED,
            columns=self.kind.by_key,
        )
        return page, 422 if posted() else 200

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

    def _runs(self) -> Sequence[RunLine]:
        return runs_of(current_actor(), self.kind.key, self.permission)


class StudentImportPage(ImportPage):
    route_base = "/studenten/importeren"
    kind, permission = STUDENTS, Permission.STUDENTS_IMPORT
    importing, undoing = import_students, undo_student_import
    other_actions = (undo_student_import,)
    words, file_form, sample = STUDENT_WORDS, StudentFileForm, send_student_sample


class UserImportPage(ImportPage):
    route_base = "/gebruikers/importeren"
    kind, permission = USERS, Permission.USERS_IMPORT
    importing, undoing = import_users, undo_user_import
    other_actions = (undo_user_import,)
    words, file_form, sample = USER_WORDS, UserFileForm, send_user_sample


class GroupImportPage(ImportPage):
    route_base = "/studentgroepen/importeren"
    kind, permission = GROUPS, Permission.GROUPS_IMPORT
    importing, undoing = import_groups, undo_group_import
    other_actions = (undo_group_import,)
    words = GROUP_WORDS
