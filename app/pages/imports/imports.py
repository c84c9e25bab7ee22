"""Importeren, Stap 1 to 3 van 4, with a page per kind (manual, steps 3, 4a and 4f). Stap 4: check.py."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _

from app import errors, models
from app.actions import base as actions
from app.actions.imports import imports
from app.actions.mail import sample_mail
from app.imports import choices, example, forms, intake, kept, kinds, table, told, workbook
from app.imports import names as import_names
from app.imports.columns import World
from app.imports.undo_groups import undo_group_import
from app.imports.undo_students import undo_student_import
from app.imports.undo_users import undo_user_import
from app.imports.write_groups import import_groups
from app.imports.write_students import import_students
from app.imports.write_users import import_users
from app.pages import base
from app.pages.imports import check, columns, views
from app.pages.imports import words as words_pages
from app.pages.imports.tabs import Tab
from app.permissions import Permission
from app.queries.imports import imports as queries


class ImportPage(check.CheckPages):
    """The wizard; a subclass per kind says what is imported, and which actions write and undo it."""

    default_view = "index"
    file_form: type[imports.FileForm] = imports.FileForm

    def read_aloud(self, _about: base.About, fields: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """What was filled in at Stap 1, and what does not need the file: the columns, and a corrected row."""
        first = actions.read_aloud(self.file_form, base.current_actor(), fields)
        return [*first, *forms.aloud(self.kind, fields)]

    @base.expose("/", methods=["GET", "POST"])
    @base.needs()
    def index(self) -> Any:
        """Stap 1 van 4: the file (or pasted rows), and what happens with login codes."""
        form, problems = base.filled(self.file_form), []
        if base.posted() and form.validate():
            pasted = form.data.get("pasted") or ""
            content, name = (pasted.encode(), intake.PASTED) if pasted.strip() else base.upload(form.file)
            try:
                made = intake.receive(
                    base.current_actor(),
                    self.kind,
                    content,
                    name,
                    token=base.sent_token(),
                    login_codes=form.data.get("login_codes", "none"),
                )
                return base.go(self.href("columns", pk=made))
            except table.FileRefused as refused:
                wrong = form["pasted" if pasted.strip() else "file"]
                wrong.errors = [actions.say(refused)]
            except errors.Busy as error:
                problems.append(actions.say(error))
        page = self.page(
            "imports/file.html",
            form=form,
            problems=problems,
            steps=self.steps(1),
            token=base.new_token(),
            here=self,
            run_columns=views.run_columns(),
            runs=views.run_rows(self._runs(), self, self.undoing),
        )
        return page, 422 if base.posted() else 200

    @base.expose("/<int:pk>")
    @base.needs()
    def resume(self, pk: int) -> Any:
        """Verder gaan: go to the step that this run has reached."""
        return base.go(self.href(check.PAGE_OF[self._run(pk).stage], pk=pk))

    @base.expose("/<int:pk>/kolommen", methods=["GET", "POST"])
    @base.needs()
    @check.led_on
    def columns(self, pk: int) -> Any:
        """Stap 2 van 4: which column is what."""
        found = self._run(pk)
        if found.stage == "done":
            return self._to_report(found)
        made, chosen = self._mapping_form(found), forms.chosen_columns(found)
        form = base.filled(made, chosen)
        tab = Tab(found, form)
        reading = (
            base.unsent(forms.reading_form(found))
            if base.posted()
            else base.filled(forms.reading_form(found), route="read_again")
        )
        if tab.asked_otherwise:
            tab.begin_again()
            return self._columns_page(found, base.unsent(made, chosen), reading, tab, refused=True)
        valid = base.posted() and form.validate()
        if valid and import_names.names_were_shown(form.mapping(), tab.sent):
            try:
                version = self._hide_or_show(found, form, tab.version)
                given: dict[str, Any] = {
                    "version": version,
                    "mapping": form.mapping(),
                    "everywhere": form.everywhere(),
                }
                actions.run(imports.choose_columns, base.current_actor(), [pk], **given)
                return self._on_to_values(pk)
            except table.FileRefused as refusal:
                form["hidden"].errors = [actions.say(refusal)]
                valid = False
            except (errors.Outdated, errors.Busy) as error:
                tab.tell(error)
        refused = base.posted() and (not valid or bool(tab.problems))
        return self._columns_page(
            found, form, reading, tab, refused=refused, names_first=valid and not tab.problems
        )

    def _hide_or_show(self, found: models.ImportRun, form: Any, version: int) -> int:
        """Read the file with or without its hidden rows, where that was chosen otherwise.

        Gives the version that the run then has. Raises FileRefused when no row is left.
        """
        reading = kept.reading_of(found)
        chosen = form.data.get("hidden", reading.hidden)
        if chosen == reading.hidden:
            return version
        reading = replace(reading, hidden=chosen)
        intake.receive_again(base.current_actor(), self.kind, found, reading, version=version)
        return int(self._run(found.id).version)

    @base.expose("/<int:pk>/opnieuw-lezen", methods=["POST"])
    @base.needs(page="columns")
    @check.led_on
    def read_again(self, pk: int) -> Any:
        """Stap 2 van 4: read the file again with the sheet, header row and signs that the user chooses."""
        found = self._run(pk)
        if found.stage == "done":
            return self._to_report(found)
        form = base.filled(forms.reading_form(found))
        form_of_columns = base.unsent(self._mapping_form(found), forms.chosen_columns(found))
        tab = Tab(found, form_of_columns)
        if tab.asked_otherwise:
            tab.begin_again()
            form = base.unsent(forms.reading_form(found))
        elif form.validate():
            reading = intake.anew(kept.reading_of(found), form.data)
            try:
                intake.receive_again(base.current_actor(), self.kind, found, reading, version=tab.version)
                return base.go(self.href("columns", pk=pk))
            except table.FileRefused as refused:
                form["header"].errors = [actions.say(refused)]
            except (errors.Outdated, errors.Busy) as error:
                tab.tell(error)
        return self._columns_page(found, form_of_columns, form, tab, refused=True)

    def _columns_page(
        self,
        found: models.ImportRun,
        form: Any,
        reading: Any,
        tab: Tab,
        *,
        refused: bool,
        names_first: bool = False,
    ) -> Any:
        header: Sequence[str] = found.table["header"]
        left_out = [field.label.text for field in form.of_file() if not field.data]
        form.explain(kept.told_by_content(found))
        names = import_names.preview_of(found, form.mapping())
        page = self.page(
            "imports/columns.html",
            form=form,
            tab=tab,
            run=found,
            steps=self.steps(2, found),
            here=self,
            reading=reading,
            read=kept.reading_of(found),
            how_read=told.how_read(found),
            remarks=told.remarks_on(found),
            first_is_data=found.table.get("first_is_data", False),
            top=kept.top_of(found),
            samples=kept.first_values(found),
            left_out=left_out,
            names_first=names_first,
            names=names,
            names_shown=import_names.shown_of(form.mapping()),
            name_columns=columns.name_columns(),
            name_rows=columns.name_rows(names) if names else (),
            letters=[kept.column_letter(index) for index in range(len(header))],
        )
        return page, 422 if refused else 200

    @base.expose("/<int:pk>/waarden", methods=["GET", "POST"])
    @base.needs()
    @check.led_on
    def values(self, pk: int) -> Any:
        """Stap 3 van 4: what each value of geslacht and other closed lists means."""
        found = self._run(pk)
        if found.stage == "done":
            return self._to_report(found)
        if found.stage == "mapping" or self.kind.identity not in found.mapping:
            return base.go(self.href("columns", pk=pk))
        asked, world = self._asked(found)
        made = forms.values_form(self.kind, asked, world)
        form = base.filled(made)
        tab = Tab(found, form)
        if tab.asked_otherwise:
            tab.begin_again()
            form = base.unsent(made)
        elif base.posted() and form.validate():
            try:
                given: dict[str, Any] = {"version": tab.version, "values": form.chosen()}
                actions.run(imports.choose_values, base.current_actor(), [pk], **given)
                return base.go(self.href("check", pk=pk))
            except (errors.Outdated, errors.Busy) as error:
                tab.tell(error)
        page = self.page(
            "imports/values.html",
            form=form,
            tab=tab,
            run=found,
            steps=self.steps(3, found),
            here=self,
            asked=asked,
            most=choices.MOST_ASKED,
            columns=self.kind.by_key,
        )
        return page, 422 if base.posted() else 200

    @base.expose("/<int:pk>/weggooien", methods=["POST"])
    @base.needs(page="resume")
    @check.led_on
    def discard(self, pk: int) -> Any:
        found, given = self._run(pk), base.posted_fields().get("version", "")
        version = int(given) if base.is_number(given) else 0
        try:
            outcome = actions.run(imports.discard_import, base.current_actor(), [pk], version=version)
        except errors.Outdated as error:
            told = error.params["told"]
            base.tell(_("%(told)s Er is niets weggegooid: kijk eerst hoe het nu is.", told=told), "warning")
            return base.go(self.href("resume", pk=found.id))
        base.tell(outcome.summary, "info")
        return base.go(self.href("index"))

    @base.expose("/voorbeeldbestand.xlsx")
    @base.needs()
    def example(self) -> Any:
        row = example.example_row(base.current_actor(), self.kind)
        content = workbook.example_xlsx(self.kind.columns, str(self.words.home_label), row)
        return base.bytes_answer(content, workbook.XLSX, f"{self.words.example}.xlsx")

    @base.expose("/voorbeeldbestand.csv")
    @base.needs()
    def example_as_csv(self) -> Any:
        row = example.example_row(base.current_actor(), self.kind)
        content = workbook.example_csv(self.kind.columns, row)
        return base.bytes_answer(content, workbook.CSV, f"{self.words.example}.csv")

    # -- inside

    def _mapping_form(self, found: models.ImportRun) -> type[forms.MappingForm]:
        world = choices.world_of_choices(base.current_actor(), found)
        return forms.mapping_form(self.kind, found, world)

    def _on_to_values(self, pk: int) -> Any:
        """Go to step 3, or to step 4 when the file has nothing to choose."""
        found = self._run(pk)
        asked, _world = self._asked(found)
        if asked:
            return base.go(self.href("values", pk=pk))
        actions.run(imports.choose_values, base.current_actor(), [pk], version=found.version, values={})
        base.tell(_("Stap 3 is overgeslagen: in dit bestand valt niets te kiezen."), "info")
        return base.go(self.href("check", pk=pk))

    def _asked(self, found: models.ImportRun) -> tuple[dict[str, list[choices.Asked]], World]:
        _mapping, earlier = queries.last_choices(self.kind.key, found.header_key)
        world = choices.world_of_choices(base.current_actor(), found)
        return choices.values_to_choose(world, found, earlier), world

    def _runs(self) -> Sequence[queries.RunLine]:
        return queries.runs_of(base.current_actor(), self.kind.key, self.permission)


class StudentImportPage(ImportPage):
    route_base = "/studenten/importeren"
    kind, permission = kinds.STUDENTS, Permission.STUDENTS_IMPORT
    importing, undoing = import_students, undo_student_import
    other_actions = (undo_student_import,)
    words, file_form, sample = (
        words_pages.STUDENT_WORDS,
        imports.StudentFileForm,
        sample_mail.send_student_sample,
    )


class UserImportPage(ImportPage):
    route_base = "/gebruikers/importeren"
    kind, permission = kinds.USERS, Permission.USERS_IMPORT
    importing, undoing = import_users, undo_user_import
    other_actions = (undo_user_import,)
    words, file_form, sample = words_pages.USER_WORDS, imports.UserFileForm, sample_mail.send_user_sample


class GroupImportPage(ImportPage):
    route_base = "/studentgroepen/importeren"
    kind, permission = kinds.GROUPS, Permission.GROUPS_IMPORT
    importing, undoing = import_groups, undo_group_import
    other_actions = (undo_group_import,)
    words = words_pages.GROUP_WORDS
