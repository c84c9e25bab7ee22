"""Step 4 as a page shows it: the counts of all rows, and the details of a few.

A small file is checked anew for every page. For a large file the worker kept the state of each row, and only
the few rows that a page shows are checked here and now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app import models
from app.errors import NotFound
from app.imports import check, kept
from app.imports import summary as import_summary
from app.imports.kept import PART
from app.imports.kind import CheckedRow
from app.imports.kinds import kind_of
from app.permissions import Actor
from app.queries.imports.imports import part_states
from app.queries.imports.runs import is_large


@dataclass(frozen=True)
class Overview:
    """A page of step 4. `checked` holds its rows only; `matching` counts all rows in the chosen state."""

    summary: import_summary.Summary
    checked: check.Checked
    matching: int
    page: int
    pages: int
    at: datetime | None  # of a large file: when its rows were counted
    size: int

    @property
    def first(self) -> int:
        """How many rows stand before this page."""
        return (self.page - 1) * self.size


def overview(
    actor: Actor, run: models.ImportRun, *, state: str = "", reason: str = "", page: int = 1, size: int = 25
) -> Overview:
    """A page of the rows in this state ("": all); a page beyond the last becomes the last.

    `reason`: only the rows that are refused for this one (Refusal.mark). A large file shows all refused rows.
    """
    if is_large(run):
        return _of_large(actor, run, state, page, size)
    everything = check.check_run(actor, run)
    summary = import_summary.summary_of(actor, everything)
    wanted = {key for key, one in summary.refusals.items() if one.mark == reason}
    chosen = [
        row
        for row in everything.rows
        if kept.is_in(state, kept.letter_of(row))
        and (not wanted or any((one.key, one.reason) in wanted for one in row.problems))
    ]
    page, pages = page_of(page, len(chosen), size)
    shown = chosen[(page - 1) * size : page * size]
    checked = check.Checked(everything.kind, shown, everything.world, everything.new_groups)
    return Overview(summary, checked, len(chosen), page, pages, None, size)


def _of_large(actor: Actor, run: models.ImportRun, state: str, page: int, size: int) -> Overview:
    """The same for a large file: the worker kept a letter for the state of each row."""
    summary = import_summary.Summary.from_json(kind_of(run), run.checked)
    letters = "".join(part_states(run.id).values())
    places = [at for at, one in enumerate(letters) if kept.is_in(state, one)]
    page, pages = page_of(page, len(places), size)
    rows = _rows_at(run, places[(page - 1) * size : page * size])
    at = datetime.fromisoformat(run.checked["at"])
    return Overview(
        summary, check.check(actor, rows, run, kept.doubles_in(run)), len(places), page, pages, at, size
    )


def row_checked(actor: Actor, run: models.ImportRun, number: int) -> CheckedRow:
    """One row with all that is wrong with it, also because of other rows. Raises NotFound."""
    if is_large(run):
        rows = check.check(
            actor, [one for one in kept.rows_of(run) if one[0] == number], run, kept.doubles_in(run)
        ).rows
    else:
        rows = [row for row in check.check_run(actor, run).rows if row.number == number]
    if not rows:
        raise NotFound
    return rows[0]


def refused_rows(actor: Actor, run: models.ImportRun) -> Sequence[CheckedRow]:
    """Every refused row of a run that is not written yet, with what is wrong with it."""
    if not is_large(run):
        return [row for row in check.check_run(actor, run).rows if row.state == "refused"]
    letters = "".join(part_states(run.id).values())
    rows = _rows_at(run, [at for at, one in enumerate(letters) if kept.is_in("refused", one)])
    return check.check(actor, rows, run, kept.doubles_in(run)).rows


def _rows_at(run: models.ImportRun, places: Sequence[int]) -> list[kept.Row]:
    """The rows at these places of the file, counted from 0."""
    numbers = sorted({at // PART for at in places})
    rows = list(kept.rows_of(run, numbers))
    start = {number: index * PART for index, number in enumerate(numbers)}
    return [rows[start[at // PART] + at % PART] for at in places]


def page_of(page: int, count: int, size: int) -> tuple[int, int]:
    """The page number, at most the last one, and how many pages there are."""
    pages = max(1, -(-count // size))
    return min(max(1, page), pages), pages
