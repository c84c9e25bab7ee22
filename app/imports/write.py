"""What every kind of import has in common: it writes all good rows in one transaction, and reports.

The rows are checked once more, by the check that the page showed. Nothing is deleted, an empty cell wipes
nothing, and the same file a second time changes nothing. Each kind writes in its own write_<kind>.py.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import format_decimal
from flask_babel import gettext as _

from app import errors, models
from app.actions import base as actions
from app.actions.imports import imports
from app.clock import utc_now
from app.entities.engine import this_moment
from app.imports import kept as import_kept
from app.imports import kind as import_kind
from app.imports.check import Checked
from app.imports.memory import Memory
from app.imports.row_check import shown_value
from app.imports.summary import Summary
from app.permissions import SYSTEM, Actor
from app.queries.base import picker
from app.rules import imports as rules
from app.rules.text import N_

Report = Callable[[int], None]  # told how many rows are done
NAMED = 10  # rows that the outcome names
NEW_TOLD = 200  # new rows whose values the trail holds; of the others it holds who they are
NOT_CHOSEN = N_("Kies in stap 2 eerst welke kolom wat is.")


def now_open(
    actor: Actor,
    targets: actions.Targets[models.ImportRun],
    kind: import_kind.Kind,
    version: int,
    report: Report | None,
) -> models.ImportRun:
    """The run, locked and still to be written. Raises NotFound, Conflict and RuleBroken.

    `version`: of the run, as the user saw it; a choice made since then is a Conflict. `report`: only the
    worker passes it, and only the worker writes a run that was left to it.
    """
    run = imports.open_run(actor, targets, working=report is not None)
    if run.kind != kind.key:
        raise errors.NotFound
    if run.version != version:
        raise errors.Conflict
    if kind.identity not in run.mapping:
        raise errors.RuleBroken(NOT_CHOSEN)
    if run.stage != "check":
        raise errors.RuleBroken(rules.CHOOSE_FIRST)
    run.rows_at = this_moment()
    return run


def still_to_be_chosen(source: str, keys: Collection[str]) -> None:
    """Hold what these rows are coupled to. ChangedMeanwhile when one is no longer to be chosen."""
    if set(picker.named(SYSTEM, source, keys)) != set(keys):
        raise errors.ChangedMeanwhile


@dataclass
class Written:
    """Adds up what an import wrote, batch after batch."""

    summary: Summary
    report: Report | None
    ids: list[int] = field(default_factory=list)
    remembered: int = 0  # things that can be undone
    accounts: int = 0
    groups: list[str] = field(default_factory=list)
    group_ids: list[int] = field(default_factory=list)  # made by an import of students
    users: list[int] = field(default_factory=list)  # accounts of students: made now, or with another name
    registrations: list[int] = field(default_factory=list)  # exams that go on
    refused: list[import_kind.CheckedRow] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    changes: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    made: dict[str, dict[str, str]] = field(default_factory=dict)  # the first new rows, with what they hold

    def add(self, checked: Checked, ids: Sequence[int], memory: Memory) -> None:
        self.remembered += memory.write()
        self.summary.add(checked)
        self.ids += ids
        self.refused += in_state(checked, "refused")
        for row in in_state(checked, "new", "changed"):
            if len(self.names) < NAMED:
                self.names.append(row.label)
            if row.changes:
                told = self.changes.setdefault(str(row.values[checked.kind.identity]), {})
                _tell(row, told)
            elif row.state == "new" and len(self.made) < NEW_TOLD:
                self.made[str(row.values[checked.kind.identity])] = _given(row, checked)
        if self.report is not None:
            self.report(self.summary.counts["rows"])


def _given(row: import_kind.CheckedRow, checked: Checked) -> dict[str, str]:
    """What a new row holds, by the label of its column."""
    shown = {
        column.label: shown_value(column, row.values[column.key], checked.world)
        for column in checked.kind.columns
        if column.key in row.values
    }
    return {label: text for label, text in shown.items() if text}


def _tell(row: import_kind.CheckedRow, told: dict[str, list[str]]) -> None:
    """Note the changes of a row as label -> [old, new]; several added values come together in one text."""
    for change in row.changes:
        added = [told[change.label][1]] if change.label in told and not change.old else []
        told[change.label] = [change.old, ", ".join([*added, change.new])]


def in_state(checked: Checked, *states: str) -> list[import_kind.CheckedRow]:
    return [row for row in checked.rows if row.state in states]


def finish(actor: Actor, run: models.ImportRun, written: Written, shown: str) -> actions.Outcome:
    """Close the run: it keeps its counts, choices, refused rows and what it wrote; the file itself goes.

    `shown` is the mark of the check that the user saw ("": nobody saw one). ChangedMeanwhile when the rows
    were written otherwise; the runner then takes all of it back.
    """
    if shown and shown != written.summary.mark:
        raise errors.ChangedMeanwhile
    written.summary.complete(actor)
    _keep_refused(run, {row.number: row for row in written.refused})
    summary = written.summary
    run.counts = {
        **summary.tally,
        "accounts": written.accounts,
        "groups": written.groups,
        "absent": summary.absent.count,
        "remembered": written.remembered,
    }
    run.checked = {"absent": summary.as_json()["absent"]}
    run.table = {"header": run.table["header"], "count": len(written.refused)}
    run.fixes = {}
    run.stage, run.task, run.problem, run.lease_until = "done", "", "", None
    run.content = None
    run.finished_at = utc_now()
    run.version += 1
    return _outcome(run, written)


def _keep_refused(run: models.ImportRun, refused: Mapping[int, import_kind.CheckedRow]) -> None:
    """Replace the parts of a run by the refused rows alone, each with its label and remarks."""
    kept = [
        [*import_kept.pack_row(number, values), refused[number].label, remarks(refused[number])]
        for number, values in (import_kept.rows_of(run) if refused else ())
        if number in refused
    ]
    imports.keep_parts(run, list(import_kept.packed_parts(kept)))


def remarks(row: import_kind.CheckedRow) -> list[str]:
    return [problem.remark for problem in row.problems]


def _outcome(run: models.ImportRun, written: Written) -> actions.Outcome:
    counts = written.summary.tally
    return actions.Outcome(
        done=counts["new"] + counts["changed"],
        unchanged=counts["unchanged"],
        refused=[
            actions.Refused(
                _("Rij %(number)s: %(who)s", number=row.number, who=row.label), " ".join(remarks(row))
            )
            for row in written.refused
        ],
        summary=_(
            "Geïmporteerd: %(new)s nieuw, %(changed)s gewijzigd, %(unchanged)s ongewijzigd, "
            "%(refused)s geweigerd.",
            **{key: format_decimal(counts[key]) for key in ("new", "changed", "unchanged", "refused")},
        ),
        names=written.names,
        ids=written.ids,
        object_type=written.summary.kind.object_type,
        goto=run.id,
        details={
            "file": run.file_name,
            **counts,
            "changes": written.changes,
            **({"made": written.made} if written.made else {}),
            **({"accounts": written.accounts} if written.accounts else {}),
        },
        also={
            "User": written.users,
            "StudentGroup": written.group_ids,
            "Registration": written.registrations,
        },
    )
