"""Step 4: what would happen to every row of a file, with all its errors at once.

The same check serves the page and, at that moment again, the import itself. Everything is compared in
memory against one reading of the database (queries/imports.py), so ten rows or ten thousand cost as many
statements.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flask_babel import gettext as _

from app.actions.wording import say
from app.entities.imports import ImportRun
from app.errors import RuleBroken
from app.imports.columns import BY_KEY, USER_COLUMNS, Column, World, cell_text
from app.imports.kept import Row, column_name, rows_of, shown
from app.imports.table import Value
from app.permissions import Actor
from app.queries.imports import Known, StudentFact, load_known
from app.rules.people import sort_name
from app.rules.text import N_, Reason
from app.school import current_school

State = Literal["new", "changed", "unchanged", "refused"]
STATES: Sequence[State] = ("new", "changed", "unchanged", "refused")
REQUIRED_WHEN_NEW = ("first_name", "last_name")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell: the column's name in the file, its value, and a sentence in full."""

    column: str
    value: str
    sentence: str

    @property
    def remark(self) -> str:
        return f"{self.column}: {self.sentence}" if self.column else self.sentence


@dataclass(frozen=True, slots=True)
class Change:
    """One value that gets another; `old` is empty where something is added."""

    label: str
    old: str
    new: str


@dataclass(slots=True)
class CheckedRow:
    """A row of the file: `number` as the sheet counts, `values` what is kept of it by column key."""

    number: int
    label: str
    state: State
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    student: StudentFact | None = None


@dataclass(frozen=True)
class Checked:
    """Every row of the file, in its order."""

    rows: Sequence[CheckedRow]
    world: World
    new_groups: Sequence[str]
    show: Callable[[Column, Any], str]  # a kept value as people read it

    @property
    def counts(self) -> dict[str, int]:
        """Rows per state; they add up to the rows of the file."""
        found = Counter(row.state for row in self.rows)
        return {"rows": len(self.rows), **{state: found[state] for state in STATES}}


# -- step 4: the check


def check_run(actor: Actor, run: ImportRun) -> Checked:
    """Check every row of a run's table against the database as it is now."""
    return check(actor, rows_of(run), run)


def check(actor: Actor, rows: Sequence[Row], run: ImportRun) -> Checked:
    mapping = {key: index for key, index in run.mapping.items() if key in BY_KEY}
    numbers = _readings(rows, mapping.get("number"), BY_KEY["number"])
    world = World(_known(actor, rows, mapping, numbers), run.values)
    checker = _Checker(world, run.table["header"], mapping, wants_accounts=run.login_codes != "none")
    checked = [checker.row(number, values) for number, values in rows]
    checker.refuse_doubles(checked)
    names = {str(row.values["group"]) for row in checked if "group" in row.values and row.state != "refused"}
    there = {name for _id, name in world.known.groups.values()}
    return Checked(checked, world, sorted(names - there), checker.show)


def _readings(rows: Sequence[Row], index: int | None, column: Column) -> set[str]:
    """The student numbers in the file, as they would be kept."""
    found = set()
    empty = World(Known(current_school().today()))
    for _number, values in rows:
        if index is not None and values[index] is not None:
            try:
                found.add(column.parse(values[index], empty))
            except RuleBroken:
                continue
    return found


def _known(actor: Actor, rows: Sequence[Row], mapping: Mapping[str, int], numbers: set[str]) -> Known:
    """What the database says of the people in the file; a new student's own account counts as a login too."""
    indexes = [mapping[key] for key in (*(c.key for c in USER_COLUMNS), "email") if key in mapping]
    texts = {values[index] for _number, values in rows for index in indexes}
    logins = {cell_text(text).removeprefix("mailto:").strip().lower() for text in texts if text is not None}
    return load_known(
        actor, today=current_school().today(), numbers=numbers,
        logins=logins | {number.lower() for number in numbers},
    )  # fmt: skip


Parsed = tuple[Any, str]  # the value, or the sentence that refuses it


class _Checker:
    """Checks row after row; a value that returns costs nothing the second time."""

    def __init__(
        self, world: World, header: Sequence[str], mapping: Mapping[str, int], *, wants_accounts: bool
    ) -> None:
        self.world = world
        self.students = world.known.students
        self.wants_accounts = wants_accounts
        self.columns = [(column, mapping[key]) for key, column in BY_KEY.items() if key in mapping]
        self.names = {column.key: column_name(header, index) for column, index in self.columns}
        self.email_name = self.names.get("email", _("E-mail"))
        self.seen: dict[str, dict[Any, Parsed]] = defaultdict(dict)
        self.users = {user.id: user.name for user in world.known.users.values()}
        self.programmes = {one.id: one.label for one in world.known.programmes}

    def row(self, number: int, values: Sequence[Value]) -> CheckedRow:
        kept: dict[str, Any] = {}
        problems: list[Problem] = []
        for column, index in self.columns:
            value = values[index]
            if value is None:
                continue
            parsed, sentence = self.parse(column, value)
            if sentence:
                problems.append(Problem(self.names[column.key], shown(value), sentence))
            elif parsed is not None:
                kept[column.key] = parsed
        there = self.students.get(kept.get("number", ""))
        problems += self.missing(kept, {p.column for p in problems}, there)
        problems += self.account(kept, {p.column for p in problems}, there)
        row = CheckedRow(number, _label(kept, there), "refused", kept, problems=problems, student=there)
        if not problems:
            row.changes = self.changes(kept, there) if there else []
            row.state = "new" if there is None else "changed" if row.changes else "unchanged"
        return row

    def parse(self, column: Column, value: Value) -> Parsed:
        seen = self.seen[column.key]
        key = (type(value), value)
        if key not in seen:
            try:
                seen[key] = (column.parse(value, self.world), "")
            except RuleBroken as error:
                seen[key] = (None, _sentence(error))
        return seen[key]

    def missing(self, kept: Mapping[str, Any], wrong: set[str], there: StudentFact | None) -> list[Problem]:
        """Required cells that are empty: the number always, names when the student is new."""
        wanted = ("number",) if there else ("number", *REQUIRED_WHEN_NEW)
        return [
            Problem(
                self.names[key], "", _("Deze cel is leeg. Vul %(column)s in.", column=_(BY_KEY[key].label))
            )
            for key in wanted
            if key not in kept and self.names[key] not in wrong
        ]

    def account(self, kept: Mapping[str, Any], wrong: set[str], there: StudentFact | None) -> list[Problem]:
        """Whether the account that a student has, or is to get, can carry this address and number."""
        if there.user_id is None if there else not self.wants_accounts:
            return []
        users, found = self.world.known.users, []
        name = self.email_name
        email, number = kept.get("email", ""), kept.get("number", "")
        if not email and not there and name not in wrong:
            needed = _(
                "Voor een inlogcode is een e-mailadres nodig. Vul het in, of kies in stap 1 geen inlogcode."
            )
            found.append(Problem(name, "", needed))
        elif email.lower() in users and not (there and users[email.lower()].id == there.user_id):
            found.append(
                Problem(name, email, _("Dit e-mailadres is al van een andere gebruiker. Verbeter het."))
            )
        if not there and number.lower() in users:
            found.append(
                Problem(self.names["number"], number, _("Dit nummer is al de gebruikersnaam van een ander."))
            )
        return found

    def changes(self, kept: Mapping[str, Any], there: StudentFact) -> list[Change]:
        """What the row changes in a student; an empty cell changes nothing."""
        found = []
        for column, _index in self.columns:
            new = kept.get(column.key)
            if new is None:
                continue
            if column.stored:
                old = there.values[column.key]
                if old != new:
                    found.append(Change(_(column.label), self.show(column, old), self.show(column, new)))
            elif not self.coupled(column, new, there):
                found.append(Change(_(column.label), "", self.show(column, new)))
        return found

    def coupled(self, column: Column, new: Any, there: StudentFact) -> bool:
        if column.key == "programme":
            return new in there.programme_ids
        if column.key == "group":
            return self.world.known.groups.get(new.lower(), (0,))[0] in there.group_ids
        return (new, column.key) in there.supervisions

    def show(self, column: Column, value: Any) -> str:
        if value is None:
            return ""
        if column.key == "programme":
            return self.programmes.get(value, "")
        if column in USER_COLUMNS:
            return self.users.get(value, "")
        text = column.show(value, self.world)
        return _(text) if column.closed and text else text

    def refuse_doubles(self, rows: Sequence[CheckedRow]) -> None:
        """One number on two rows: which is right, only a person knows. The same for accounts by address."""
        self._refuse_doubles(
            rows, "number", lambda row: str(row.values.get("number", "")).lower(),
            N_("Dit studentnummer staat ook op rij %(rows)s. Laat één rij per student staan."),
        )  # fmt: skip
        self._refuse_doubles(
            rows, "email", self._account_address,
            N_("Dit e-mailadres staat ook op rij %(rows)s. Elke student heeft een eigen adres nodig."),
        )  # fmt: skip

    def _account_address(self, row: CheckedRow) -> str:
        has_account = row.student.user_id is not None if row.student else self.wants_accounts
        return str(row.values.get("email", "")).lower() if has_account else ""

    def _refuse_doubles(
        self, rows: Sequence[CheckedRow], key: str, value_of: Callable[[CheckedRow], str], message: str
    ) -> None:
        by_value: dict[str, list[CheckedRow]] = defaultdict(list)
        for row in rows:
            if value := value_of(row):
                by_value[value].append(row)
        for value, same in by_value.items():
            for row in same if len(same) > 1 else ():
                others = ", ".join(str(other.number) for other in same if other is not row)
                sentence = _sentence(RuleBroken(message, rows=others if len(same) < 6 else f"{others[:40]}…"))
                row.problems.append(Problem(self.names[key], value, sentence))
                row.changes, row.state = [], "refused"


def _label(kept: Mapping[str, Any], there: StudentFact | None) -> str:
    """ "Berg, Fleur van der (0203118)", as far as the row or the database says it."""
    values = {**there.values, **kept} if there else kept
    name = sort_name(values.get("first_name", ""), values.get("infix", ""), values.get("last_name", ""))
    number = values.get("number", "")
    return f"{name} ({number})" if name and number else name or number


def _sentence(error: RuleBroken) -> str:
    """The sentence in the reader's language; names of roles in it too."""
    params = {key: _(value) if key == "role" else value for key, value in error.params.items()}
    return say(Reason(error.message, params))
