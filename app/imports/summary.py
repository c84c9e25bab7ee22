"""Adds up a check over all rows of a file: counts, mails, what is made, what the file lacks."""

from __future__ import annotations

import collections
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app.clock import utc_now
from app.imports import check
from app.imports import kind as import_kind
from app.permissions import Actor, Role
from app.queries.imports.absent import Absent
from app.school import current_school

Reader = tuple[str, str]  # role and language: together they decide which mail a new person gets


@dataclass
class Refusal:
    """How many rows are refused for one reason, with the first of them as an example."""

    key: str  # of the column
    reason: str
    column: str  # its name in the file
    sentence: str
    rows: int = 0

    @property
    def mark(self) -> str:
        """A short text for the address of a page."""
        return hashlib.sha256(repr((self.key, self.reason)).encode()).hexdigest()[:12]


@dataclass
class Summary:
    """The sum of the batches so far; the rows themselves are not kept."""

    kind: import_kind.Kind
    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    new_groups: dict[str, None] = field(default_factory=dict)  # in their order, each once
    readers: collections.Counter[Reader] = field(default_factory=collections.Counter)
    named: import_kind.Named = field(
        default_factory=lambda: import_kind.Named(set(), collections.defaultdict(set))
    )
    absent: Absent = field(default_factory=Absent)
    doubles: dict[int, Sequence[import_kind.Wrong]] = field(
        default_factory=dict
    )  # rows that are wrong beside another
    along: int = 0  # rows with which something else changes: of students, the account
    noted: int = 0  # rows about which something is told that does not refuse them
    asked: collections.Counter[str] = field(default_factory=collections.Counter)  # question -> rows
    refusals: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    mark: str = ""  # of what was said of each row, so that what is written is what was shown

    def add(self, checked: check.Checked) -> None:
        """Add a batch of rows."""
        self.counts.update({"rows": len(checked.rows)})
        self.new_groups |= dict.fromkeys(checked.new_groups)
        self.doubles |= checked.twice
        usual = current_school().language
        said = hashlib.sha256(self.mark.encode())
        for row in checked.rows:
            said.update(repr((row.number, row.state, row.changes)).encode())
            if row.notes:
                said.update(repr(row.notes).encode())
            self.counts[row.state] += 1
            self.noted += bool(row.notes)
            self.along += row.along
            if row.asks:
                self.asked.update(row.asks)
            if row.problems:
                self._refusals(row)
            self._name(row)
            if row.state == "new" and row.values.get("email"):
                self.readers[_reader(row, usual)] += 1
        self.mark = said.hexdigest()

    def _refusals(self, row: import_kind.CheckedRow) -> None:
        """Count the row at each reason that refuses it, once."""
        for one in {(problem.key, problem.reason): problem for problem in row.problems}.values():
            found = self.refusals.setdefault(
                (one.key, one.reason), Refusal(one.key, one.reason, one.column, one.sentence)
            )
            found.rows += 1

    def _name(self, row: import_kind.CheckedRow) -> None:
        """Note that the file names this row, and what the row is coupled to."""
        if identity := row.values.get(self.kind.identity):
            self.named.identities.add(str(identity))
        for key in self.kind.scopes:
            value = row.values.get(key)
            if value is not None:
                self.named.coupled[key] |= set(value) if isinstance(value, tuple) else {value}

    def complete(self, actor: Actor) -> None:
        """Look up what the database has and the file lacks. Call this after the last batch."""
        self.absent = self.kind.absent(actor, self.named)

    @property
    def tally(self) -> Mapping[str, int]:
        """Rows per state; the states add up to `rows`."""
        return check.tally_of(self.counts)

    def as_json(self) -> dict[str, Any]:
        return {
            "counts": dict(self.tally),
            "groups": list(self.new_groups),
            "readers": [[*reader, count] for reader, count in self.readers.items()],
            "absent": {"count": self.absent.count, "rows": [list(row) for row in self.absent.rows]},
            "doubles": {str(number): [list(one) for one in wrong] for number, wrong in self.doubles.items()},
            "at": utc_now().isoformat(),
            "along": self.along,
            "noted": self.noted,
            "asked": dict(self.asked),
            "refusals": [asdict(one) for one in self.refusals.values()],
            "mark": self.mark,
        }

    @classmethod
    def from_json(cls, kind: import_kind.Kind, kept: Mapping[str, Any]) -> Summary:
        return cls(
            kind,
            collections.Counter(kept["counts"]),
            dict.fromkeys(kept["groups"]),
            collections.Counter({(role, language): count for role, language, count in kept["readers"]}),
            absent=absent_in(kept),
            along=kept.get("along", 0),
            noted=kept.get("noted", 0),
            asked=collections.Counter(kept.get("asked", {})),
            refusals={(one["key"], one["reason"]): Refusal(**one) for one in kept.get("refusals", ())},
            mark=kept.get("mark", ""),
        )


def absent_in(kept: Mapping[str, Any]) -> Absent:
    """What a file lacked, as a run keeps it."""
    found = kept.get("absent", {"count": 0, "rows": []})
    return Absent(found["count"], [(row[0], row[1]) for row in found["rows"]])


def summary_of(actor: Actor, checked: check.Checked) -> Summary:
    """The summary of a file that was checked in one go."""
    made = Summary(checked.kind)
    made.add(checked)
    made.complete(actor)
    return made


def _reader(row: import_kind.CheckedRow, usual: str) -> Reader:
    """The first role and the language of a new person; a row without roles is a student."""
    roles = row.values.get("roles")
    first = Role.STUDENT if roles is None else next((role for role in Role if role in roles), "")
    return first, row.values.get("language") or usual
