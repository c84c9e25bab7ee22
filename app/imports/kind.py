"""A kind of import (students, users, groups): its columns, and what it knows of the school.

The rest of this package serves every kind from here: reader, guess, forms, check, example file, report.
How a kind is written stands in write_<kind>.py.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from app.imports import columns as import_columns
from app.imports.table import Value
from app.permissions import Actor, Permission
from app.queries.imports import present
from app.queries.imports.absent import Absent
from app.queries.imports.runs import PERMISSIONS
from app.school import current_school

State = Literal["new", "changed", "unchanged", "refused", "left"]  # left: the file itself says to skip it
Cells = Mapping[str, Collection[Value]]  # column key -> the values of that column in the file
Kept = Mapping[str, Any]  # column key -> what is kept of a cell


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell: the column's name in the file, its value, and a sentence in full."""

    column: str
    value: str
    sentence: str
    key: str = ""  # of the column
    reason: str = ""  # see Wrong

    @property
    def remark(self) -> str:
        return f"{self.column}: {self.sentence}" if self.column else self.sentence


class Wrong(NamedTuple):
    """What a kind finds wrong with a row: the column's key, the value, and the sentence."""

    key: str
    value: str
    sentence: str
    reason: str = ""  # rows with the same are counted together; "": those with the same sentence


class Alike(NamedTuple):
    """Who in the database may be a new row by another number; `fact` only once somebody says so."""

    sentence: str
    fact: present.Fact | None = None


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
    notes: list[Problem] = field(default_factory=list)  # what is told of it, and does not refuse it
    there: present.Fact | None = None
    along: bool = False  # whether something changes along with it (Kind.along)
    joins: int = 0  # the number of the row that carries what this one adds
    asks: tuple[str, ...] = ()  # the questions of step 4 that are about this row, answered or not


class Double(NamedTuple):
    """A value that may stand in one row only. Where several have it, only a person knows which is right."""

    key: str
    value_of: Callable[[CheckedRow, import_columns.World], str]
    message: str  # with %(rows)s


class Named(NamedTuple):
    """What a file names: its rows, and per column of `Kind.scopes` what they are coupled to."""

    identities: set[str]
    coupled: Mapping[str, set[Any]]


Refuse = Callable[[CheckedRow, Wrong], None]


class Kind:
    """One kind of import. It has no state: one object per kind serves everybody."""

    key: str  # ImportRun.kind
    fixed: tuple[import_columns.Column, ...]  # the columns at every school
    identity: str  # the column by which a row is found in the database
    in_label: Collection[str] = ()  # columns that the row's label tells already
    doubles: Sequence[Double] = ()
    scopes: Collection[str] = ()  # columns that tell which part of the school the file is about
    object_type: str
    batched = False  # a row can be checked and written without the others, but for `doubles`
    blank: present.Fact | None = (
        None  # what a new row starts as, for a kind of which several rows may make one
    )

    @property
    def columns(self) -> tuple[import_columns.Column, ...]:
        """The columns at this school."""
        return self.fixed

    @property
    def by_key(self) -> Mapping[str, import_columns.Column]:
        return _by_key(self.columns)

    @property
    def permission(self) -> Permission:
        return PERMISSIONS[self.key]

    def choices(self, actor: Actor) -> present.Known:
        """What the lists of step 3 are made of."""
        return present.Known(current_school().today(), present.programme_facts(actor))

    def example_facts(self, actor: Actor) -> present.Known:
        """What the example file is made of."""
        return self.choices(actor)

    def known(self, actor: Actor, cells: Cells) -> present.Known:
        """What the database says of the rows in a file, in a fixed number of queries."""
        raise NotImplementedError

    def find(self, kept: Kept, known: present.Known) -> present.Fact | None:
        """The row in the database that this row of the file is about."""
        return known.there.get(kept.get(self.identity, ""))

    def recognise(
        self, row: CheckedRow, world: import_columns.World
    ) -> tuple[Sequence[Wrong], Sequence[Wrong]]:
        """What is wrong, and what is told, where the file writes the identity otherwise than the database.

        Sets the identity of the row as the database writes it.
        """
        return (), ()

    def alike(
        self, actor: Actor, rows: Sequence[CheckedRow], world: import_columns.World
    ) -> Mapping[int, Alike]:
        """Row number -> who in the database this row, which has no one of its own, may be. A fixed number
        of queries."""
        return {}

    def asks(self, row: CheckedRow, world: import_columns.World) -> tuple[str, ...]:
        """The questions that step 4 asks about this row, which has nothing wrong."""
        return ()

    def dispensable(self, column: import_columns.Column) -> bool:
        """Whether a row can come along without its cell in this column."""
        return not (column.required or column.needed or column.gives or column.key == self.identity)

    def label(self, kept: Kept, there: present.Fact | None) -> str:
        """What a row is called, as far as the row or the database says it."""
        raise NotImplementedError

    def wrong(
        self, kept: Kept, bad: Collection[str], there: present.Fact | None, world: import_columns.World
    ) -> Iterable[Wrong]:
        """What is wrong with the row as a whole; `bad`: the columns of which something was said already."""
        return ()

    def forbidden(self, there: present.Fact, world: import_columns.World) -> Wrong | None:
        """Why this row of the database may not be changed by a file."""
        return None

    def answered(self, kept: Kept, there: present.Fact, world: import_columns.World) -> Iterable[Change]:
        """What changes in this row by an answer of step 4, beside what its columns say."""
        return ()

    def along(self, kept: Kept, there: present.Fact, world: import_columns.World) -> Iterable[Change]:
        """What changes along with this row, in another row: for the page, the mark and the trail."""
        return ()

    def settle(self, rows: Sequence[CheckedRow], refuse: Refuse) -> None:
        """Look at all rows side by side, after each was checked: refuse some, or change what they tell."""

    def new_groups(self, rows: Sequence[CheckedRow], known: present.Known) -> Sequence[str]:
        """Names of the groups that these rows make."""
        return ()

    def absent(self, actor: Actor, named: Named) -> Absent:
        """What the database has and the file does not name."""
        raise NotImplementedError


@lru_cache(maxsize=64)
def _by_key(columns: tuple[import_columns.Column, ...]) -> Mapping[str, import_columns.Column]:
    return {column.key: column for column in columns}
