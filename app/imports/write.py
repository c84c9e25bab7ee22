"""What the import of every kind has in common: all good rows in one transaction, and the report.

Checked again at this moment by the check that the page showed. Nothing is deleted, an empty cell wipes
nothing, and the same file a second time changes nothing. Each kind writes in its own file.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from app.actions.base import Outcome, Refused, Targets
from app.actions.imports import open_run
from app.entities.base import utc_now
from app.entities.imports import ImportRun
from app.errors import Conflict, NotFound, RuleBroken
from app.imports.check import Checked, check_run
from app.imports.kind import CheckedRow, Kind
from app.permissions import Actor
from app.rules.text import N_

NOT_CHOSEN = N_("Kies in stap 2 eerst welke kolom wat is.")


def checked_now(
    actor: Actor, targets: Targets[ImportRun], kind: Kind, version: int
) -> tuple[ImportRun, Checked]:
    """The run and its rows, checked. `version`: the run's as the user saw it; other choices since then are
    a Conflict."""
    run = open_run(actor, targets)
    if run.kind != kind.key:
        raise NotFound
    if run.version != version:
        raise Conflict
    if kind.identity not in run.mapping:
        raise RuleBroken(NOT_CHOSEN)
    return run, check_run(actor, run)


def in_state(checked: Checked, *states: str) -> list[CheckedRow]:
    return [row for row in checked.rows if row.state in states]


def finish(
    run: ImportRun, checked: Checked, ids: Sequence[int], *, accounts: int = 0, groups: Sequence[str] = ()
) -> Outcome:
    """The run keeps its counts, its choices and the refused rows; the rest of the file goes."""
    refused = {row.number: row for row in in_state(checked, "refused")}
    run.counts = {**checked.counts, "accounts": accounts, "groups": list(groups)}
    run.table = {
        "header": run.table["header"],
        "rows": [entry for entry in run.table["rows"] if entry[0] in refused],
        "remarks": {str(number): remarks(row) for number, row in refused.items()},
        "labels": {str(number): row.label for number, row in refused.items()},
    }
    run.stage = "done"
    run.content = None
    run.finished_at = utc_now()
    run.version += 1
    return _outcome(run, checked, ids)


def remarks(row: CheckedRow) -> list[str]:
    return [problem.remark for problem in row.problems]


def _outcome(run: ImportRun, checked: Checked, ids: Sequence[int]) -> Outcome:
    counts = checked.counts
    touched = in_state(checked, "new", "changed")
    changes: dict[str, dict[str, list[str]]] = {}
    for row in touched:
        told = changes.setdefault(str(row.values[checked.kind.identity]), {})
        for change in row.changes:
            added = [told[change.label][1]] if change.label in told and not change.old else []
            told[change.label] = [change.old, ", ".join([*added, change.new])]
    return Outcome(
        done=len(touched),
        unchanged=counts["unchanged"],
        refused=[
            Refused(_("Rij %(number)s: %(who)s", number=row.number, who=row.label), " ".join(remarks(row)))
            for row in in_state(checked, "refused")
        ],
        summary=_(
            "Geïmporteerd: %(new)s nieuw, %(changed)s gewijzigd, %(unchanged)s ongewijzigd, "
            "%(refused)s geweigerd.",
            **{key: counts[key] for key in ("new", "changed", "unchanged", "refused")},
        ),
        names=[row.label for row in touched[:10]],
        ids=ids,
        object_type=checked.kind.object_type,
        goto=run.id,
        details={
            "file": run.file_name, **counts,
            "changes": {who: told for who, told in changes.items() if told},
        },
    )  # fmt: skip
