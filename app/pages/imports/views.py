"""Plain data for the pages of an import: the list of runs, and one page of checked rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from app import models
from app.actions import base as actions
from app.imports import kept, kind, overview
from app.imports.check import STATES
from app.imports.undo import undo_summary
from app.pages import base
from app.pages.imports.words import Words
from app.queries.imports import imports
from app.queries.imports.absent import Absent
from app.theme import widgets

PAGE_SIZE = 25
ABSENT = "absent"  # in the URL: what the database has and the file lacks


@dataclass(frozen=True)
class StateView:
    """A state with its words: one row of it, and the filter that shows all of them."""

    badge: widgets.Badge
    plural: str


def state_view(state: kind.State) -> StateView:
    looks: dict[kind.State, tuple[str, str, widgets.Tone, str]] = {
        "new": (_("Nieuw"), _("Nieuw"), "good", "plus-circle"),
        "changed": (_("Gewijzigd"), _("Gewijzigd"), "info", "pencil"),
        "unchanged": (_("Ongewijzigd"), _("Ongewijzigd"), "neutral", "dash-circle"),
        "refused": (_("Geweigerd"), _("Geweigerd"), "bad", "x-circle"),
        "left": (_("Overgeslagen"), _("Overgeslagen"), "neutral", "slash-circle"),
    }
    word, plural, tone, icon = looks[state]
    return StateView(widgets.Badge(word, tone, icon), plural)


@dataclass(frozen=True)
class Tally:
    """A count that is also a filter."""

    label: str
    count: int
    href: str
    active: bool
    tone: widgets.Tone


@dataclass(frozen=True)
class LineView:
    """One thing about a row: a value to be written, a change (`old` to `text`), or what is wrong."""

    label: str
    text: str
    old: str = ""
    arrow: bool = False


@dataclass(frozen=True)
class RowView:
    """A row of the check. `number`: in the file (0: not in it); `href`: where to correct or see it."""

    number: int
    label: str
    state: str
    badge: widgets.Badge
    lines: Sequence[LineView]
    href: str = ""
    row: kind.CheckedRow | None = None


class CheckView:
    """One page of the check, filtered by the state in the URL."""

    def __init__(
        self, shown: overview.Overview, path: str, words: Words, row_href: Callable[[int], str]
    ) -> None:
        self.checked = shown.checked
        self.summary = shown.summary
        self.at = shown.at
        self.path = path
        self.words = words
        self.row_href = row_href
        self.counts = shown.summary.tally
        self.new_groups = list(shown.summary.new_groups)
        known = (*STATES, ABSENT, kept.NOTED)
        self.state = next((state for state in known if state == base.text_arg("toon")), "")
        if self.state == ABSENT:
            self._absent()
        else:
            self.rows = [self._row(row) for row in shown.checked.rows]
            self.pager = self._pager(shown.page, shown.pages, shown.matching, shown.first)

    def _absent(self) -> None:
        found = absent_view(self.summary.absent, self.words)
        page, pages = overview.page_of(base.number_arg("page", 1), len(found.rows), PAGE_SIZE)
        first = (page - 1) * PAGE_SIZE
        badge = widgets.Badge(_("Niet in het bestand"), "neutral", "question-circle")
        self.rows = [
            RowView(0, one.label, ABSENT, badge, (), one.href)
            for one in found.rows[first : first + PAGE_SIZE]
        ]
        self.pager = self._pager(page, pages, len(found.rows), first)

    def _pager(self, page: int, pages: int, count: int, first: int) -> widgets.Pager:
        return widgets.Pager(
            page=page,
            pages=pages,
            count=count,
            first=first + 1 if self.rows else 0,
            last=first + len(self.rows),
            previous_href=self._href(page - 1) if page > 1 else "",
            next_href=self._href(page + 1) if page < pages else "",
        )

    @property
    def noted_href(self) -> str:
        """The rows about which something is told that does not refuse them."""
        return base.href_with(self.path, [("toon", kept.NOTED)])

    @property
    def to_write(self) -> int:
        return self.counts["new"] + self.counts["changed"]

    @property
    def tallies(self) -> Sequence[Tally]:
        everything = Tally(_("Alle rijen"), self.counts["rows"], self.path, not self.state, "neutral")
        found = [everything, *(self._tally(state) for state in STATES if state in self.counts)]
        if count := self.summary.absent.count:
            href, active = base.href_with(self.path, [("toon", ABSENT)]), self.state == ABSENT
            found.append(Tally(_("Niet in het bestand"), count, href, active, "neutral"))
        return found

    def _tally(self, state: kind.State) -> Tally:
        view = state_view(state)
        href = base.href_with(self.path, [("toon", state)])
        return Tally(view.plural, self.counts[state], href, self.state == state, view.badge.tone)

    def _href(self, page: int) -> str:
        return base.href_with(self.path, [("toon", self.state), ("page", str(page))])

    def _row(self, row: kind.CheckedRow) -> RowView:
        href = self.row_href(row.number) if row.state == "refused" else ""
        if row.notes and not href:
            href = base.href_with(self.row_href(row.number), [("toon", kept.NOTED)])
        badge = state_view(row.state).badge
        return RowView(row.number, row.label, row.state, badge, self._lines(row), href, row)

    def _lines(self, row: kind.CheckedRow) -> Sequence[LineView]:
        notes = [LineView(note.column, note.sentence) for note in row.notes]
        return [*self._told(row), *notes]

    def _told(self, row: kind.CheckedRow) -> Sequence[LineView]:
        if row.state == "refused":
            return [LineView(problem.column, problem.sentence) for problem in row.problems]
        if row.joins:
            told = _("Hoort bij rij %(number)s, die alles van deze rij meeneemt.", number=row.joins)
            return [LineView("", told)]
        if row.state == "left":
            return [LineView("", _("Overgeslagen, zoals u koos in stap 3."))]
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
    """The rows that a file lacks: how many, and the first ones with links."""

    count: int
    rows: Sequence[AbsentRow]


def absent_view(found: Absent, words: Words, most: int | None = None) -> AbsentView:
    return AbsentView(
        found.count, [AbsentRow(label, words.row_href(row_id)) for row_id, label in found.rows[:most]]
    )


def run_columns() -> Sequence[widgets.Column]:
    return [
        widgets.Column("file", _("Bestand")),
        widgets.Column("when", _("Gekozen op")),
        widgets.Column("state", _("Stand")),
        widgets.Column("counts", _("Uitkomst")),
    ]


def run_rows(
    runs: Sequence[imports.RunLine], page: base.ActionScreen, undoing: actions.Action
) -> Sequence[widgets.Row]:
    return [_run_row(run, page, undoing) for run in runs]


def _run_row(run: imports.RunLine, page: base.ActionScreen, undoing: actions.Action) -> widgets.Row:
    done = run.stage == "done"
    cells = [
        widgets.Cell(run.file_name, muted=_("door %(who)s", who=run.maker) if run.maker else ""),
        widgets.Cell(base.show_datetime(run.created_at)),
        widgets.Cell(badges=[_run_badge(run)]),
        widgets.Cell(counts_text(run) if done else _("Nog niets geschreven")),
    ]
    buttons = []
    if not run.maker:
        label = _("Bekijk verslag") if done else _("Verder gaan")
        buttons.append(
            widgets.Button(label, page.href("resume", pk=run.id), name=f"{label}: {run.file_name}")
        )
    if run.undoable:
        about = f"{run.file_name}, {base.show_datetime(run.created_at)}"
        buttons += page.button(undoing, run, label=str(undoing.submit), about=about)
    return widgets.Row(run.id, run.file_name, cells, buttons)


def _run_badge(run: imports.RunLine) -> widgets.Badge:
    if run.undone_at is not None:
        return widgets.Badge(_("Ongedaan gemaakt"), "neutral", "arrow-counterclockwise")
    if run.stage == "done":
        return widgets.Badge(_("Geïmporteerd"), "good", "check-lg")
    step = {"mapping": 2, "values": 3, "check": 4}.get(run.stage, 4)
    return widgets.Badge(_("Stap %(step)s van %(steps)s", step=step, steps=4), "info")


@dataclass(frozen=True)
class UndoView:
    """What the report says about undoing: until when it is possible, or what was undone."""

    href: str = ""
    until: datetime | None = None
    undone_at: datetime | None = None
    by: str = ""
    summary: str = ""
    kept: Sequence[Sequence[str]] = ()


def undo_view(run: models.ImportRun, page: base.ActionScreen, undoing: actions.Action) -> UndoView:
    if run.undone_at is not None:
        told = run.counts["undone"]
        return UndoView(
            undone_at=run.undone_at, by=told["by"], summary=undo_summary(told), kept=run.table.get("kept", [])
        )
    if not imports.can_be_undone(run) or not base.offers(undoing):
        return UndoView()
    return UndoView(href=page.action_href(undoing, run), until=imports.undo_until(run))


def counts_text(run: imports.RunLine) -> str:
    told = [state for state in STATES if state != "left" or run.counts.get(state)]
    return ", ".join(f"{run.counts.get(state, 0)} {state_view(state).plural.lower()}" for state in told)
