"""Importeren, Stap 4 van 4: check every row, correct a row, import, and show the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from flask_babel import format_decimal
from flask_babel import gettext as _

from app import errors, models
from app.actions import base as actions
from app.actions.imports import answers, jobs
from app.actions.imports import imports as import_actions
from app.imports import forms, kept, overview, workbook
from app.imports import summary as import_summary
from app.imports.bar import told
from app.imports.kind import CheckedRow, Kind
from app.imports.write import remarks
from app.pages import base
from app.pages.access import code_preview
from app.pages.imports import questions, views
from app.pages.imports.tabs import Tab
from app.pages.imports.words import Words
from app.permissions import Permission
from app.queries.imports.imports import own_run
from app.queries.imports.runs import is_large, row_mark
from app.rules import imports as rules
from app.rules.text import N_
from app.theme.widgets import Step

PAGE_OF = {"mapping": "columns", "values": "values", "check": "check", "done": "report"}
CHANGED_SINCE = N_(
    "Intussen is er iets gewijzigd, misschien in een ander tabblad. Er is niets geïmporteerd. Kijk de "
    "controle hieronder nog eens na en kies dan Importeren."
)
REPORTED = 50  # the most refused rows, and the most absent rows, that the report names


Page = TypeVar("Page", bound=Callable[..., Any])


def led_on(step: Page) -> Page:
    """Make a step lead on to where its run is when another tab carried it out or began it, and say so.

    It asks before the step, and again when the run was taken on at the very same moment.
    """

    @wraps(step)
    def led(self: CheckPages, pk: int, *args: Any, **given: Any) -> Any:
        if not base.posted():
            return step(self, pk, *args, **given)
        if answer := self.taken_on(pk):
            return answer
        try:
            return step(self, pk, *args, **given)
        except (errors.RuleBroken, errors.Conflict):
            if answer := self.taken_on(pk):
                return answer
            raise

    return cast(Page, led)


class CheckPages(base.ActionScreen):
    """Step 4, the same for every kind of import; imports.py has a page per kind."""

    kind: Kind
    permission: Permission
    importing: actions.Action
    undoing: actions.Action
    words: Words
    sample: actions.Action | None = None  # sends the mail with an inlogcode to the importing user

    @base.expose("/<int:pk>/controle", methods=["GET", "POST"])
    @base.needs()
    def check(self, pk: int) -> Any:
        """Stap 4 van 4: check, then import."""
        found = self._run(pk)
        if base.posted():
            return self._import(found)
        if found.stage != "check":
            return base.go(self.href(PAGE_OF[found.stage], pk=pk))
        # The worker checks a large import; until then this page shows how far it is.
        if found.task or (is_large(found) and not found.checked):
            return self._busy_page(found)
        state = base.text_arg("toon")
        shown = overview.overview(
            base.current_actor(),
            found,
            state="" if state == views.ABSENT else state,
            reason=base.text_arg("reden") if state == "refused" else "",
            page=base.number_arg("page", 1),
            size=views.PAGE_SIZE,
        )
        view = views.CheckView(
            shown, self.href("check", pk=pk), self.words, lambda at: self.href("row", pk=pk, number=at)
        )
        asking = questions.Asking(found, shown.summary, lambda step: self.href(step, pk=pk))
        return self.page(
            "imports/check.html",
            run=found,
            steps=self.steps(4, found),
            here=self,
            view=view,
            questions=asking.questions(),
            reasons=asking.reasons(),
            of_row=asking.of_row,
            token=base.new_token(),
            checked=shown.summary.mark,
            codes=rules.LOGIN_CODES,
            chosen_codes=base.posted_fields("codes").get("login_codes") or found.login_codes,
            mails=self._mails(found, shown.summary),
            sample_href=self._sample_href(),
        )

    def _busy_page(self, found: models.ImportRun) -> Any:
        """The page while a task waits or runs; after a failed task it says why, and how to go on."""
        return self.page(
            "imports/busy.html", run=found, steps=self.steps(4, found), here=self, told=self._told(found)
        )

    def _told(self, found: models.ImportRun) -> dict[str, Any]:
        done, total = told(found.id), kept.count_of(found)
        parts = {"done": format_decimal(done), "total": format_decimal(total)}
        if found.lease_until is None:
            text = _("Staat klaar om te beginnen.")
        elif found.task == "write":
            text = _("%(done)s van %(total)s rijen gecontroleerd en geschreven.", **parts)
        else:
            text = _("%(done)s van %(total)s rijen gecontroleerd.", **parts)
        return {"done": done, "total": total, "text": text, "ready": not found.task}

    @base.expose("/<int:pk>/voortgang")
    @base.needs()
    def progress(self, pk: int) -> Any:
        """How far the worker is, as JSON, for the page that waits for it."""
        return base.json_answer(json.dumps(self._told(self._run(pk))))

    @base.expose("/<int:pk>/opnieuw-controleren", methods=["POST"])
    @base.needs(page="check")
    @led_on
    def check_again(self, pk: int) -> Any:
        self._run(pk)
        actions.run(jobs.check_again, base.current_actor(), [pk])
        return base.go(self.href("check", pk=pk))

    @base.expose("/<int:pk>/inlogcodes", methods=["POST"])
    @base.needs(page="check")
    @led_on
    def codes(self, pk: int) -> Any:
        """Change the choice of step 1: whether new people get login codes, and how."""
        return self._choose(pk, import_actions.choose_codes, "login_codes", "seen")

    @base.expose("/<int:pk>/antwoord", methods=["POST"])
    @base.needs(page="check")
    @led_on
    def answer(self, pk: int) -> Any:
        """Answer a question about many rows at once, or about one of them."""
        return self._choose(pk, answers.answer_question, "question", "about", "choice", "seen")

    def _choose(self, pk: int, act: actions.Action, *names: str) -> Any:
        """Run an action on a choice of step 4, with these fields of its form, and tell what it said."""
        self._run(pk)
        fields = base.posted_fields()
        given = {name: fields.get(name, "") for name in names}
        try:
            base.tell(actions.run(act, base.current_actor(), [pk], **given).summary)
        except errors.RuleBroken as refused:
            if answer := self.taken_on(pk):
                return answer
            base.tell(actions.say(refused), "danger")
        return base.go(self.href("resume", pk=pk))

    @base.expose("/<int:pk>/rij/<int:number>", methods=["GET", "POST"])
    @base.needs()
    @led_on
    def row(self, pk: int, number: int) -> Any:
        """Correct one row without going back to the file; the correction is kept with the run."""
        found = self._run(pk)
        if found.stage != "check":
            return base.go(self.href(PAGE_OF[found.stage], pk=pk))
        values = kept.row_numbered(found, number)
        if values is None:
            raise errors.NotFound
        made = forms.row_form(self.kind, found, values)
        form = base.filled(made)
        tab, seen = Tab(found, form), row_mark(found, number)
        if tab.asked_otherwise:
            tab.begin_again()
            form = base.unsent(made)
        elif base.posted() and form.validate():
            try:
                self._fix(found, number, forms.changed_cells(form, values), tab.sent.get("seen", ""))
                return self._after_fix(self._run(pk), number)
            except errors.Busy as error:
                tab.tell(error)
            except errors.Outdated as error:
                tab.tell(error)
                forms.tell_cells(form, values)
        elif base.posted():
            seen = tab.sent.get("seen", "")
        row = overview.row_checked(base.current_actor(), found, number)
        if not base.posted():
            _tell_problems(row, form, tab)
        page = self.page(
            "imports/row.html",
            form=form,
            run=found,
            here=self,
            tab=tab,
            seen=seen,
            steps=self.steps(4, found),
            row=row,
            back=self._rows_href(pk),
            action=self._row_href(pk, number),
        )
        return page, 422 if base.posted() else 200

    def _fix(self, found: models.ImportRun, number: int, cells: Mapping[int, str], seen: str) -> None:
        """Keep what was corrected. A row that is wider than the header is right once somebody saved it."""
        if cells or number in kept.seen_of(found).wide:
            given: dict[str, Any] = {"number": number, "cells": cells, "seen": seen}
            actions.run(import_actions.fix_row, base.current_actor(), [found.id], **given)

    def _after_fix(self, found: models.ImportRun, number: int) -> Any:
        row = overview.row_checked(base.current_actor(), found, number)
        if row.state == "refused":
            base.tell(
                _("Rij %(number)s wordt nog geweigerd. Kijk wat er nog bij staat.", number=number), "warning"
            )
            return base.go(self._row_href(found.id, number))
        base.tell(_("Rij %(number)s is verbeterd.", number=number))
        return base.go(self._rows_href(found.id))

    def _row_href(self, pk: int, number: int) -> str:
        """The page of a row, which leads back to the rows among which it stood."""
        noted = base.text_arg("toon") == kept.NOTED
        return base.href_with(self.href("row", pk=pk, number=number), [("toon", kept.NOTED if noted else "")])

    def _rows_href(self, pk: int) -> str:
        """The rows among which a row stood: those with a remark, or the refused ones."""
        state = kept.NOTED if base.text_arg("toon") == kept.NOTED else "refused"
        return base.href_with(self.href("check", pk=pk), [("toon", state)])

    def _mails(
        self, found: models.ImportRun, summary: import_summary.Summary
    ) -> list[code_preview.MailPreview]:
        """The mails that new people get, each with how many get it."""
        if found.login_codes != "mail":
            return []
        return code_preview.previews_of(
            (role, language, count) for (role, language), count in summary.readers.items()
        )

    def _sample_href(self) -> str:
        if self.sample is None or not base.offers(self.sample):
            return ""
        return base.href_elsewhere(self.words.home.rstrip("/"), self.sample)

    def _import(self, found: models.ImportRun) -> Any:
        fields = base.posted_fields()
        given = fields.get("version", "")
        act, there = (jobs.ask_import, "check") if is_large(found) else (self.importing, "report")
        try:
            outcome = actions.run(
                act,
                base.current_actor(),
                [found.id],
                token=base.sent_token(),
                version=int(given) if base.is_number(given) else 0,
                seen=fields.get("checked", "unseen"),
            )
        except (errors.RuleBroken, errors.Conflict) as refused:
            if answer := self.taken_on(found.id):
                return answer
            broken = isinstance(refused, errors.RuleBroken)
            base.tell(*((actions.say(refused), "danger") if broken else (_(CHANGED_SINCE), "warning")))
            return base.go(self.href("resume", pk=found.id))
        base.tell(outcome.summary, "success" if outcome.done else "info")
        return base.go(self.href(there, pk=found.id))

    @base.expose("/<int:pk>/verslag")
    @base.needs()
    def report(self, pk: int) -> Any:
        found = self._run(pk)
        if found.stage != "done":
            return base.go(self.href(PAGE_OF[found.stage], pk=pk))
        refused = next(kept.entries(found), (0, []))[1][:REPORTED]
        absent = views.absent_view(import_summary.absent_in(found.checked), self.words, REPORTED)
        return self.page(
            "imports/report.html",
            run=found,
            steps=self.steps(5, found),
            here=self,
            refused=refused,
            absent=absent,
            undo=views.undo_view(found, self, self.undoing),
        )

    @base.expose("/<int:pk>/geweigerd.xlsx")
    @base.needs()
    def refused(self, pk: int) -> Any:
        """The refused rows as a workbook with a remark in front of each."""
        found = self._run(pk)
        if found.stage == "done":
            notes = {entry[0]: entry[3] for _number, rows in kept.entries(found) for entry in rows}
        elif found.stage != "check" or (is_large(found) and not found.checked):
            return base.go(self.href(PAGE_OF[found.stage], pk=pk))  # nothing has been checked yet
        else:
            notes = {row.number: remarks(row) for row in overview.refused_rows(base.current_actor(), found)}
        rows = [row for row in kept.rows_of(found) if row[0] in notes]
        return base.bytes_answer(
            workbook.refused_xlsx(found.table["header"], rows, notes),
            workbook.XLSX,
            _("geweigerde-rijen.xlsx"),
        )

    # -- inside

    def _run(self, pk: int) -> models.ImportRun:
        return own_run(base.current_actor(), self.kind.key, pk)

    def taken_on(self, pk: int) -> Any:
        """A redirect to the report or the progress of a run that is done or being written; None otherwise."""
        found = self._run(pk)
        if found.stage == "done":
            return self._to_report(found)
        if found.task != "write":
            return None
        base.tell(_(rules.ALREADY_BEGUN), "info")
        return base.go(self.href("check", pk=pk))

    def _to_report(self, found: models.ImportRun) -> Any:
        """Redirect to the report of a finished import, and say why its earlier steps are closed."""
        base.tell(_(rules.ALREADY_DONE), "info")
        return base.go(self.href("report", pk=found.id))

    def steps(self, at: int, found: models.ImportRun | None = None) -> Sequence[Step]:
        """The steps of the wizard, `at` the current one; earlier steps are links until the import is done."""
        labels = (_("Bestand"), _("Kolommen"), _("Waarden"), _("Controle"))
        pages = ("", "columns", "values", "check")
        made = []
        for number, (label, page) in enumerate(zip(labels, pages, strict=True), start=1):
            state: Any = "done" if number < at else "current" if number == at else "todo"
            back = found is not None and found.stage != "done" and page and state == "done"
            made.append(Step(label, self.href(page, pk=found.id) if back and found else "", state))
        return made


def _tell_problems(row: CheckedRow, form: Any, tab: Tab) -> None:
    """Set each problem that the check found at its own field; of the row as a whole above them."""
    tab.problems += [problem.sentence for problem in row.problems if not problem.column]
    for problem in row.problems:
        for field in form:
            if field.label.text == problem.column:
                field.errors = [*field.errors, problem.sentence]
