"""Step 4: what is asked about many rows at once, and why rows are refused, with the choice that mends it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app import models
from app.imports import kept, kinds
from app.imports.kind import CheckedRow
from app.imports.summary import Refusal, Summary
from app.pages import base
from app.rules import imports as rules


@dataclass(frozen=True)
class QuestionView:
    """A question with its choices; `count` rows are about it."""

    question: str
    label: str
    choices: Mapping[str, str]
    chosen: str
    count: str
    about: str = ""


@dataclass(frozen=True)
class ReasonView:
    """Why rows are refused: how many, an example, and what mends it: a link, or an answer at one click."""

    column: str
    sentence: str
    rows: int
    href: str  # these rows
    mend_href: str = ""
    mend: str = ""
    about: str = ""  # the column without which the rows can come along


@dataclass(frozen=True)
class RowChoice:
    """An answer about one row, at one click."""

    choice: str
    label: str
    seen: str


class Asking:
    """What the page of step 4 asks; `href` gives the address of a step of this run."""

    def __init__(self, run: models.ImportRun, summary: Summary, href: Callable[[str], str]) -> None:
        self.run, self.summary, self.href = run, summary, href
        self.answers: Mapping[str, str] = run.values.get(rules.ANSWERS, {})
        self.kind, self.mapping = kinds.kind_of(run), kinds.mapping_of(run)
        self.month_first = kinds.month_first_in(run, self.mapping)

    def questions(self) -> Sequence[QuestionView]:
        about_all = [
            self._question(key, _(asked.label), self._rows(self.summary.asked[key]))
            for key, asked in rules.QUESTIONS.items()
            if self.summary.asked[key]
        ]
        return [*about_all, *map(self._without, self._columns_left_out())]

    def _rows(self, count: int) -> str:
        return ngettext("%(num)s rij", "%(num)s rijen", count)

    def _question(self, key: str, label: str, count: str, about: str = "") -> QuestionView:
        choices = {choice: _(text) for choice, text in rules.QUESTIONS[key].choices.items()}
        return QuestionView(key, label, choices, rules.answer_to(self.answers, key, about), count, about)

    def _columns_left_out(self) -> Sequence[str]:
        """The columns without which rows come along where the cell is wrong."""
        return [key for key in self.mapping if rules.answer_to(self.answers, rules.WITHOUT, key)]

    def _without(self, key: str) -> QuestionView:
        label = _("Niet goed bij %(column)s", column=self._column(key))
        return self._question(rules.WITHOUT, label, "", about=key)

    def _column(self, key: str) -> str:
        return kept.column_name(self.run.table["header"], self.mapping[key][0])

    def reasons(self) -> Sequence[ReasonView]:
        """The reasons of all refusals, the most frequent first."""
        found = sorted(self.summary.refusals.values(), key=lambda one: (-one.rows, one.column, one.sentence))
        return [self._reason(one) for one in found]

    def _reason(self, one: Refusal) -> ReasonView:
        href, mend, about = self._mended(one)
        rows = base.href_with(self.href("check"), [("toon", "refused"), ("reden", one.mark)])
        return ReasonView(one.column, one.sentence, one.rows, rows, href, mend, about)

    def _mended(self, one: Refusal) -> tuple[str, str, str]:
        """(address, words, column to leave out) of what mends this reason; all "" when only the cells can."""
        if not one.key:  # of the row as a whole
            return "", "", ""
        column = self.kind.by_key[one.key]
        if one.reason == rules.SAME:
            return "#questions", _("Kies wie het is"), ""
        if one.reason == rules.NO_ADDRESS:
            return "#login_codes", _("Kies geen inlogcode"), ""
        if one.key in self.mapping and (column.closed or one.key in self.month_first):
            return f"{self.href('values')}#values-{one.key}", _("Kies in stap 3"), ""
        if self.kind.dispensable(column) and one.key in self.mapping:
            words = ngettext(
                "Importeer deze %(num)s rij zonder %(column)s",
                "Importeer deze %(num)s rijen zonder %(column)s",
                one.rows,
                column=one.column,
            )
            return "", words, one.key
        if one.rows == self.summary.counts["rows"]:
            return self.href("columns"), _("Kies in stap 2 een andere kolom"), ""
        return "", "", ""

    def of_row(self, row: CheckedRow) -> Sequence[RowChoice]:
        """The answers that can be given about this row alone."""
        if rules.SAME not in row.asks:
            return ()
        seen = rules.answer_to(self.answers, rules.SAME, row.number)
        words = {"known": _("Dezelfde student"), "other": _("Een andere student")}
        return [RowChoice(choice, label, seen) for choice, label in words.items() if choice != seen]
