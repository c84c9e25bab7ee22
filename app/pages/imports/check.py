"""Importeren, Stap 4 van 4: what would happen to every row, a row put right, the import, its report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from app.actions.base.action import Action, run
from app.actions.base.wording import say
from app.actions.imports.imports import choose_codes, fix_row
from app.actions.imports.jobs import ask_import, check_again
from app.entities.imports import ImportRun
from app.errors import Conflict, NotFound, RuleBroken
from app.imports.bar import told
from app.imports.forms import changed_cells, row_form
from app.imports.kept import count_of, entries, row_numbered, rows_of
from app.imports.kind import Kind
from app.imports.overview import overview, refused_rows, row_checked
from app.imports.summary import Summary, absent_in
from app.imports.workbook import XLSX, refused_xlsx
from app.imports.write import remarks
from app.pages.access.code_preview import MailPreview, previews_of
from app.pages.base.buttons import href_elsewhere, offers
from app.pages.base.guards import needs
from app.pages.base.request import current_actor, href_with, is_number, number_arg, posted_fields, text_arg
from app.pages.base.screens import (
    ActionScreen,
    bytes_answer,
    expose,
    filled,
    go,
    json_answer,
    new_token,
    posted,
    tell,
)
from app.pages.imports.views import ABSENT, PAGE_SIZE, CheckView, absent_view, undo_view
from app.pages.imports.words import Words
from app.permissions import Permission
from app.queries.imports.imports import own_run
from app.queries.imports.runs import is_large
from app.rules.imports import ALREADY_DONE, LOGIN_CODES
from app.rules.text import N_
from app.theme.widgets import Step

PAGE_OF = {"mapping": "columns", "values": "values", "check": "check", "done": "report"}
CHANGED_SINCE = N_(
    "Intussen is er iets gewijzigd, misschien in een ander tabblad. Er is niets geïmporteerd. Kijk de "
    "controle hieronder nog eens na en kies dan Importeren."
)
REPORTED = 50  # refused rows, and absent ones, that the report names


class CheckPages(ActionScreen):
    """Step 4 of every kind; what it is of stands in imports.py."""

    kind: Kind
    permission: Permission
    importing: Action
    undoing: Action
    words: Words
    sample: Action | None = None  # sends the mail with an inlogcode to who imports

    @expose("/<int:pk>/controle", methods=["GET", "POST"])
    @needs()
    def check(self, pk: int) -> Any:
        """Stap 4 van 4: check, then import."""
        found = self._run(pk)
        if posted():
            return self._import(found)
        if found.stage != "check":
            return go(self.href(PAGE_OF[found.stage], pk=pk))
        if found.task or (is_large(found) and not found.checked):
            return self._busy_page(found)
        state = text_arg("toon")
        shown = overview(
            current_actor(),
            found,
            state="" if state == ABSENT else state,
            page=number_arg("page", 1),
            size=PAGE_SIZE,
        )
        view = CheckView(shown, self.href("check", pk=pk), self.words, lambda at: self._row_href(pk, at))
        return self.page(
            "imports/check.html",
            run=found,
            steps=self.steps(4, found),
            here=self,
            view=view,
            token=new_token(),
            codes=LOGIN_CODES,
            mails=self._mails(found, shown.summary),
            sample_href=self._sample_href(),
        )

    def _busy_page(self, found: ImportRun) -> Any:
        """What waits or is being done; after a task that came to nothing: why, and how to go on."""
        return self.page(
            "imports/busy.html", run=found, steps=self.steps(4, found), here=self, told=self._told(found)
        )

    def _told(self, found: ImportRun) -> dict[str, Any]:
        done, total = told(found.id), count_of(found)
        parts = {"done": format_decimal(done), "total": format_decimal(total)}
        if found.lease_until is None:
            text = _("Staat klaar om te beginnen.")
        elif found.task == "write":
            text = _("%(done)s van %(total)s rijen gecontroleerd en geschreven.", **parts)
        else:
            text = _("%(done)s van %(total)s rijen gecontroleerd.", **parts)
        return {"done": done, "total": total, "text": text, "ready": not found.task}

    @expose("/<int:pk>/voortgang")
    @needs()
    def progress(self, pk: int) -> Any:
        """How far the worker is, for the page that waits for it."""
        return json_answer(json.dumps(self._told(self._run(pk))))

    @expose("/<int:pk>/opnieuw-controleren", methods=["POST"])
    @needs()
    def check_again(self, pk: int) -> Any:
        self._run(pk)
        run(check_again, current_actor(), [pk])
        return go(self.href("check", pk=pk))

    @expose("/<int:pk>/inlogcodes", methods=["POST"])
    @needs()
    def codes(self, pk: int) -> Any:
        """What new people get, chosen otherwise than in step 1."""
        self._run(pk)
        chosen = posted_fields().get("login_codes", "")
        try:
            tell(run(choose_codes, current_actor(), [pk], login_codes=chosen).summary)
        except RuleBroken as refused:
            tell(say(refused), "danger")
        return go(self.href("resume", pk=pk))

    @expose("/<int:pk>/rij/<int:number>", methods=["GET", "POST"])
    @needs()
    def row(self, pk: int, number: int) -> Any:
        """Put one row right without going back to the file; what was typed is kept with the run."""
        found = self._run(pk)
        if found.stage != "check":
            return go(self.href(PAGE_OF[found.stage], pk=pk))
        values = row_numbered(found, number)
        if values is None:
            raise NotFound
        form = filled(row_form(self.kind, found, values))
        if posted() and form.validate():
            if cells := changed_cells(form, values):
                run(fix_row, current_actor(), [pk], number=number, cells=cells)
            return self._after_fix(self._run(pk), number)
        row = row_checked(current_actor(), found, number)
        for problem in row.problems:
            for field in form:
                if field.label.text == problem.column and not posted():
                    field.errors = [*field.errors, problem.sentence]
        page = self.page(
            "imports/row.html",
            form=form,
            run=found,
            here=self,
            steps=self.steps(4, found),
            row=row,
            back=self._refused_href(pk),
        )
        return page, 422 if posted() else 200

    def _after_fix(self, found: ImportRun, number: int) -> Any:
        row = row_checked(current_actor(), found, number)
        if row.state == "refused":
            tell(
                _("Rij %(number)s wordt nog geweigerd. Kijk wat er nog bij staat.", number=number), "warning"
            )
            return go(self._row_href(found.id, number))
        tell(_("Rij %(number)s is verbeterd.", number=number))
        return go(self._refused_href(found.id))

    def _row_href(self, pk: int, number: int) -> str:
        return self.href("row", pk=pk, number=number)

    def _refused_href(self, pk: int) -> str:
        return href_with(self.href("check", pk=pk), [("toon", "refused")])

    def _mails(self, found: ImportRun, summary: Summary) -> list[MailPreview]:
        """The mails that new people get, and how many get which."""
        if found.login_codes != "mail":
            return []
        return previews_of((role, language, count) for (role, language), count in summary.readers.items())

    def _sample_href(self) -> str:
        if self.sample is None or not offers(self.sample):
            return ""
        return href_elsewhere(self.words.home.rstrip("/"), self.sample)

    def _import(self, found: ImportRun) -> Any:
        fields = posted_fields()
        given = fields.get("version", "")
        act, there = (ask_import, "check") if is_large(found) else (self.importing, "report")
        try:
            outcome = run(
                act,
                current_actor(),
                [found.id],
                token=fields.get("token", ""),
                version=int(given) if is_number(given) else 0,
            )
        except RuleBroken as refused:
            tell(say(refused), "danger")
            return go(self.href("resume", pk=found.id))
        except Conflict:
            tell(_(CHANGED_SINCE), "warning")
            return go(self.href("resume", pk=found.id))
        tell(outcome.summary, "success" if outcome.done else "info")
        return go(self.href(there, pk=found.id))

    @expose("/<int:pk>/verslag")
    @needs()
    def report(self, pk: int) -> Any:
        found = self._run(pk)
        if found.stage != "done":
            return go(self.href(PAGE_OF[found.stage], pk=pk))
        refused = next(entries(found), (0, []))[1][:REPORTED]
        absent = absent_view(absent_in(found.checked), self.words, REPORTED)
        return self.page(
            "imports/report.html",
            run=found,
            steps=self.steps(5, found),
            here=self,
            refused=refused,
            absent=absent,
            undo=undo_view(found, self, self.undoing),
        )

    @expose("/<int:pk>/geweigerd.xlsx")
    @needs()
    def refused(self, pk: int) -> Any:
        """The refused rows as a workbook with a remark in front of each."""
        found = self._run(pk)
        if found.stage == "done":
            notes = {entry[0]: entry[3] for _number, rows in entries(found) for entry in rows}
        elif found.stage != "check" or (is_large(found) and not found.checked):
            return go(self.href(PAGE_OF[found.stage], pk=pk))  # nothing has been checked yet
        else:
            notes = {row.number: remarks(row) for row in refused_rows(current_actor(), found)}
        rows = [row for row in rows_of(found) if row[0] in notes]
        return bytes_answer(
            refused_xlsx(found.table["header"], rows, notes), XLSX, _("geweigerde-rijen.xlsx")
        )

    # -- inside

    def _run(self, pk: int) -> ImportRun:
        return own_run(current_actor(), self.kind.key, pk)

    def _to_report(self, found: ImportRun) -> Any:
        """Who comes back to an earlier step of what was imported: to its report, with why."""
        tell(_(ALREADY_DONE), "info")
        return go(self.href("report", pk=found.id))

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
