"""What a column of an import can do. The columns themselves stand with their kind (students, users, groups).

From a kind's list of columns come the example file, the guess which column is what, the choices of step 3,
the checks with their sentences, and what is written. A column more is a class more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.errors import RuleBroken
from app.imports.table import Value
from app.queries.imports import Known, UserFact
from app.rules import people
from app.rules.text import N_

LEAVE = "-"  # step 3: do not take this value over
SHOWN = 60


@dataclass(frozen=True)
class World:
    """What a value is read against: the database, and what was chosen in steps 1 and 3
    (`chosen`: column -> text -> choice)."""

    known: Known
    chosen: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    login_codes: str = "none"

    @cached_property
    def programme_labels(self) -> Mapping[int, str]:
        return {one.id: one.label for one in self.known.programmes}

    @cached_property
    def student_names(self) -> Mapping[int, str]:
        return dict(self.known.students.values())

    @cached_property
    def users(self) -> Mapping[int, UserFact]:
        return {user.id: user for user in self.known.users.values()}

    @cached_property
    def user_names(self) -> Mapping[int, str]:
        return {user.id: user.name for user in self.known.users.values()}


@dataclass(frozen=True)
class Option:
    """One choice of a closed list; `label` is a msgid when `translate` says so, else a name."""

    value: str
    label: str
    translate: bool = False


class Column:
    """A target of a column in a file. `parse` gives the value to keep; an empty cell never gets there."""

    key: str
    label: str
    synonyms: Sequence[str] = ()
    required = False  # a file without this column is not imported
    needed = False  # a new row needs a value
    example: Value = ""
    help: str = ""
    stored = True  # an attribute of the row; otherwise couplings, which are only ever added
    closed = False  # has a list of choices: step 3 asks about its values
    many = False  # a cell may hold several values: what is kept is a tuple

    def parts(self, value: Value, world: World) -> Sequence[Value]:
        """The values in a cell."""
        return (value,)

    def parse(self, value: Value, world: World) -> Any:
        raise NotImplementedError

    def show(self, value: Any, world: World) -> str:
        """One kept value as people read it."""
        return "" if value is None else str(value)

    @property
    def names(self) -> Sequence[str]:
        """What this column may be called in a file, as plain letters and digits."""
        return [plain(name) for name in (self.label, *self.synonyms)]


class ClosedColumn(Column):
    """A column whose values come from a list."""

    closed = True

    def options(self, world: World) -> Sequence[Option]:
        raise NotImplementedError

    def ask(self, text: str, world: World) -> bool:
        """Whether step 3 has to ask what this text means."""
        raise NotImplementedError

    def propose(self, text: str, world: World) -> str:
        """The option that is likely meant; empty: no idea."""
        raise NotImplementedError

    def chosen(self, text: str, world: World) -> str | None:
        """What step 3 says about this text; None: nothing."""
        return world.chosen.get(self.key, {}).get(text)


class TextColumn(Column):
    most = 80

    def parse(self, value: Value, world: World) -> Any:
        text = people.tidy(cell_text(value))
        if len(text) > self.most:
            raise RuleBroken(
                N_("“%(value)s” is langer dan %(most)s tekens. Kort het in."),
                value=short(text),
                most=self.most,
            )
        return text or None


def guess(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Column key -> index in the header, by name: the label itself first, then synonyms in their order."""
    names = [plain(name) for name in header]
    found: dict[str, int] = {}
    for rank in range(max(len(column.names) for column in columns)):
        for column in columns:
            if column.key in found or rank >= len(column.names) or column.names[rank] not in names:
                continue
            index = names.index(column.names[rank])
            if index not in found.values():
                found[column.key] = index
    return found


def plain(name: str) -> str:
    """ "E-mail adres" -> "emailadres": what is left of a name when only letters and digits count."""
    return "".join(one for one in people.search_form(name) if one.isalnum())


def cell_text(value: Value) -> str:
    """A cell as text; a whole number of a sheet has no ".0"."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return people.tidy(str(value)) if value is not None else ""


def short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
