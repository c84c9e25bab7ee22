"""What the pages of the import draw: the list of runs, and one page of checked rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from app.actions.base.action import Action
from app.entities.imports import ImportRun
from app.imports.check import STATES
from app.imports.kind import CheckedRow, State
from app.imports.overview import Overview, page_of
from app.imports.undo import undo_summary
from app.pages.base.buttons import offers
from app.pages.base.render import show_datetime
from app.pages.base.request import href_with, number_arg, text_arg
from app.pages.base.screens import ActionScreen
from app.pages.imports.words import Words
from app.queries.imports.absent import Absent
from app.queries.imports.imports import RunLine, can_be_undone, undo_until
from app.theme.widgets import Badge, Button, Cell, Column, Pager, Row, Tone

PAGE_SIZE = 25
ABSENT = "absent"  # in the URL: what the database has and the file lacks


@dataclass(frozen=True)
class StateView:
    """A state with its words: one row of it, and the filter that shows all of them."""

    badge: Badge
    plural: str


def state_view(state: State) -> StateView:
    looks: dict[State, tuple[str, str, Tone, str]] = {
        "new": (_("Nieuw"), _("Nieuw"), "good", "plus-circle"),
        "changed": (_("Gewijzigd"), _("Gewijzigd"), "info", "pencil"),
        "unchanged": (_("Ongewijzigd"), _("Ongewijzigd"), "neutral", "dash-circle"),
        "refused": (_("Geweigerd"), _("Geweigerd"), "bad", "x-circle"),
    }
    word, plural, tone, icon = looks[state]
    return StateView(Badge(word, tone, icon), plural)


@dataclass(frozen=True)
class Tally:
    """A count that is also a filter."""

    label: str
    count: int
    href: str
    active: bool
    tone: Tone


@dataclass(frozen=True)
class LineView:
    """One thing about a row: a value to be written, a change (`old` to `text`), or what is wrong."""

    label: str
    text: str
    old: str = ""
    arrow: bool = False


@dataclass(frozen=True)
class RowView:
    """`number`: of the row in the file; 0 for what is not in it. `href`: where it is put right, or shown."""

    number: int
    label: str
    state: str
    badge: Badge
    lines: Sequence[LineView]
    href: str = ""


class CheckView:
    """One page of the check, filtered by the state in the URL."""

    def __init__(self, shown: Overview, path: str, words: Words, row_href: Callable[[int], str]) -> None:
        self.checked = shown.checked
        self.summary = shown.summary
        self.at = shown.at
        self.path = path
        self.words = words
        self.row_href = row_href
        self.counts = shown.summary.tally
        self.new_groups = list(shown.summary.new_groups)
        self.state = next((state for state in (*STATES, ABSENT) if state == text_arg("toon")), "")
        if self.state == ABSENT:
            self._absent()
        else:
            self.rows = [self._row(row) for row in shown.checked.rows]
            self.pager = self._pager(shown.page, shown.pages, shown.matching, shown.first)

    def _absent(self) -> None:
        found = absent_view(self.summary.absent, self.words)
        page, pages = page_of(number_arg("page", 1), len(found.rows), PAGE_SIZE)
        first = (page - 1) * PAGE_SIZE
        badge = Badge(_("Niet in het bestand"), "neutral", "question-circle")
        self.rows = [
            RowView(0, one.label, ABSENT, badge, (), one.href)
            for one in found.rows[first : first + PAGE_SIZE]
        ]
        self.pager = self._pager(page, pages, len(found.rows), first)

    def _pager(self, page: int, pages: int, count: int, first: int) -> Pager:
        return Pager(
            page=page,
            pages=pages,
            count=count,
            first=first + 1 if self.rows else 0,
            last=first + len(self.rows),
            previous_href=self._href(page - 1) if page > 1 else "",
            next_href=self._href(page + 1) if page < pages else "",
        )

    @property
    def to_write(self) -> int:
        return self.counts["new"] + self.counts["changed"]

    @property
    def tallies(self) -> Sequence[Tally]:
        everything = Tally(_("Alle rijen"), self.counts["rows"], self.path, not self.state, "neutral")
        found = [everything, *(self._tally(state) for state in STATES)]
        if count := self.summary.absent.count:
            href, active = href_with(self.path, [("toon", ABSENT)]), self.state == ABSENT
            found.append(Tally(_("Niet in het bestand"), count, href, active, "neutral"))
        return found

    def _tally(self, state: State) -> Tally:
        view = state_view(state)
        href = href_with(self.path, [("toon", state)])
        return Tally(view.plural, self.counts[state], href, self.state == state, view.badge.tone)

    def _href(self, page: int) -> str:
        return href_with(self.path, [("toon", self.state), ("page", str(page))])

    def _row(self, row: CheckedRow) -> RowView:
        href = self.row_href(row.number) if row.state == "refused" else ""
        return RowView(row.number, row.label, row.state, state_view(row.state).badge, self._lines(row), href)

    def _lines(self, row: CheckedRow) -> Sequence[LineView]:
        if row.state == "refused":
            return [LineView(problem.column, problem.sentence) for problem in row.problems]
        if row.joins:
            told = _("Hoort bij rij %(number)s, die alles van deze rij meeneemt.", number=row.joins)
            return [LineView("", told)]
        if row.state == "new":
            return [
                LineView(_(column.label), text)
                for column in self.checked.kind.columns
                if column.key not in self.checked.kind.in_label
                and (text := self.checked.show(column, row.values.get(column.key)))
            ]
        return [LineView(change.label, change.new, change.old, arrow=True) for change in row.changes]


@dataclass(frozen=True)
class AbsentRow:
    label: str
    href: str


@dataclass(frozen=True)
class AbsentView:
    """What a file lacks: how many, and the first of them with where they stand."""

    count: int
    rows: Sequence[AbsentRow]


def absent_view(found: Absent, words: Words, most: int | None = None) -> AbsentView:
    return AbsentView(
        found.count, [AbsentRow(label, words.row_href(row_id)) for row_id, label in found.rows[:most]]
    )


def run_columns() -> Sequence[Column]:
    return [
        Column("file", _("Bestand")),
        Column("when", _("Gekozen op")),
        Column("state", _("Stand")),
        Column("counts", _("Uitkomst")),
    ]


def run_rows(runs: Sequence[RunLine], page: ActionScreen, undoing: Action) -> Sequence[Row]:
    return [_run_row(run, page, undoing) for run in runs]


def _run_row(run: RunLine, page: ActionScreen, undoing: Action) -> Row:
    done = run.stage == "done"
    cells = [
        Cell(run.file_name, muted=_("door %(who)s", who=run.maker) if run.maker else ""),
        Cell(show_datetime(run.created_at)),
        Cell(badges=[_run_badge(run)]),
        Cell(counts_text(run) if done else _("Nog niets geschreven")),
    ]
    buttons = []
    if not run.maker:
        label = _("Bekijk verslag") if done else _("Verder gaan")
        buttons.append(Button(label, page.href("resume", pk=run.id), name=f"{label}: {run.file_name}"))
    if run.undoable:
        about = f"{run.file_name}, {show_datetime(run.created_at)}"
        buttons += page.button(undoing, run, label=str(undoing.submit), about=about)
    return Row(run.id, run.file_name, cells, buttons)


def _run_badge(run: RunLine) -> Badge:
    if run.undone_at is not None:
        return Badge(_("Ongedaan gemaakt"), "neutral", "arrow-counterclockwise")
    if run.stage == "done":
        return Badge(_("Geïmporteerd"), "good", "check-lg")
    step = {"mapping": 2, "values": 3, "check": 4}.get(run.stage, 4)
    return Badge(_("Stap %(step)s van %(steps)s", step=step, steps=4), "info")


@dataclass(frozen=True)
class UndoView:
    """What the report says of undoing: until when it can be done, or what came of it."""

    href: str = ""
    until: datetime | None = None
    undone_at: datetime | None = None
    by: str = ""
    summary: str = ""
    kept: Sequence[Sequence[str]] = ()


def undo_view(run: ImportRun, page: ActionScreen, undoing: Action) -> UndoView:
    if run.undone_at is not None:
        told = run.counts["undone"]
        return UndoView(
            undone_at=run.undone_at, by=told["by"], summary=undo_summary(told), kept=run.table.get("kept", [])
        )
    if not can_be_undone(run) or not offers(undoing):
        return UndoView()
    return UndoView(href=page.action_href(undoing, run), until=undo_until(run))


def counts_text(run: RunLine) -> str:
    return ", ".join(f"{run.counts.get(state, 0)} {state_view(state).plural.lower()}" for state in STATES)
