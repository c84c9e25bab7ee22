"""Remembers what an import wrote, in the import's own transaction, so that undo.py can put it back.

One statement, however many rows. Replaced values are personal data: they are deleted with the run's table.
"""

import enum
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from app import models
from app.entities.bulk import insert_all
from app.entities.imports import What
from app.queries.imports.present import Fact

FIRST_VERSION = 1
SINCE = "since"  # of What.LEFT: the moment as text, "" for one of before it was kept
NOTHING: Mapping[str, Any] = {}


class Memory:
    """Collects what one run writes."""

    def __init__(self, run: models.ImportRun) -> None:
        self.run_id = run.id
        self.rows: list[dict[str, Any]] = []

    def made(self, what: What, row_ids: Iterable[int]) -> None:
        """Rows that were not there before."""
        for row_id in row_ids:
            self._note(what, row_id, version=FIRST_VERSION)

    def changed(
        self,
        what: What,
        there: Fact,
        new: Mapping[str, Any],
        *,
        given: Mapping[str, Any] = NOTHING,
        other_id: int = 0,
    ) -> None:
        """A row that got other values, or couplings that raise its version (`given`)."""
        changes: dict[str, Any] = {
            key: [plain(there.values[key]), plain(value)]
            for key, value in new.items()
            if there.values[key] != value
        }
        if given:
            changes["given"] = dict(given)
        self._note(what, there.id, other_id, was=there.version, version=there.version + 1, changes=changes)

    def coupled(self, what: What, pairs: Iterable[tuple[int, int]]) -> None:
        """Couplings that were not there before, as (row id, other id)."""
        for row_id, other_id in pairs:
            self._note(what, row_id, other_id)

    def taken_out(self, rows: Iterable[tuple[int, int, str]]) -> None:
        """Students who were taken out of a group, as (student, group, since when they were in it)."""
        for student, group, since in rows:
            self._note(What.LEFT, student, group, changes={SINCE: since})

    def write(self) -> int:
        """Store everything that was collected; gives how many rows that is."""
        insert_all(models.ImportChange, self.rows)
        return len(self.rows)

    def _note(
        self,
        what: What,
        row_id: int,
        other_id: int = 0,
        *,
        was: int | None = None,
        version: int | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        """Collect one row. Every row names every column, so that one statement stores them all."""
        self.rows.append(
            {
                "run_id": self.run_id,
                "kind": what.value,
                "row_id": row_id,
                "other_id": other_id,
                "was": was,
                "version": version,
                "changes": changes,
            }
        )


def plain(value: Any) -> Any:
    """A value of a column as JSON keeps it; a date in ISO's form, a choice as its word."""
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, enum.Enum) else value
