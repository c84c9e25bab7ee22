"""What a column of an import can do. The columns themselves stand with their kind (students, users, groups).

A kind's list of columns makes the example file, the guess which column is what, the choices of step 3,
the checks with their sentences, and what is written. One more column is one more class.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.errors import RuleBroken
from app.imports.nearest import Nearest
from app.imports.table import Value
from app.permissions import SUPERVISION_ROLES
from app.queries.imports import present
from app.rules import people
from app.rules.cells import is_formula_error
from app.rules.date_order import MonthFirst
from app.rules.imports import answer_to
from app.rules.text import N_, Reason

SKIPPED = "skipped"  # in what is kept of a row: a column of the file says that the row stays behind
LEAVE = "-"  # step 3: do not take this value over
SHOWN = 60
PERSONS = (
    "student",
    "studenten",
    "leerling",
    "deelnemer",
    "kandidaat",
    "cursist",
    "persoon",
    "persoons",
    "gebruiker",
    "medewerker",
)
_WHOSE = re.compile(rf"(?<![^\W_])(?:{'|'.join(PERSONS)})(?![^\W_])", re.IGNORECASE)  # "Achternaam student"
_IN_BRACKETS = re.compile(r"\([^()]*\)")  # "Achternaam (verplicht)"


@dataclass(frozen=True)
class World:
    """What a value is read against: the database, and the choices of steps 1 and 3.

    `chosen`: column key -> text in the file -> choice. `login_codes`: what step 1 says about them.
    `month_first`: the columns of dates, by key, that prove to write the month first.
    """

    known: present.Known
    chosen: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    login_codes: str = "none"
    month_first: Mapping[str, MonthFirst] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)  # what step 4 was answered

    def answer(self, question: str, about: object = "") -> str:
        """What was answered about this one thing, else about all such rows; "" before any answer."""
        return answer_to(self.answers, question, about)

    @cached_property
    def programme_labels(self) -> Mapping[int, str]:
        return {one.id: one.label for one in self.known.programmes}

    @cached_property
    def student_names(self) -> Mapping[int, str]:
        return dict(self.known.students.values())

    @cached_property
    def users(self) -> Mapping[int, present.UserFact]:
        return {user.id: user for user in self.known.users.values()}

    @cached_property
    def user_names(self) -> Mapping[int, str]:
        return {user.id: user.name for user in (*self.known.people.values(), *self.known.users.values())}

    @cached_property
    def people_by_login(self) -> Mapping[str, present.UserFact]:
        return {login: user for user in self.known.people.values() for login in user.logins}

    @cached_property
    def group_names(self) -> Mapping[str, str]:
        """Id -> name; the id is text, as step 3 writes a choice."""
        return {str(group_id): name for group_id, name in self.known.groups.values()}

    @cached_property
    def new_groups(self) -> dict[str, str]:
        """Name in lower case -> name of a group to be made, as the first row with it writes the name."""
        return {}

    @cached_property
    def groups_by_letters(self) -> Mapping[str, str]:
        """The letters and digits of a group's name -> its id."""
        return {plain(name): group_id for group_id, name in self.group_names.items()}

    @cached_property
    def groups_like(self) -> Nearest:
        return Nearest({group_id: [name] for group_id, name in self.group_names.items()})

    @cached_property
    def people_like(self) -> Mapping[str, Nearest]:
        """Role -> an index of the people who have it, by name."""
        return {
            role: Nearest(
                {
                    str(user.id): [user.name, user.initials]
                    for user in self.known.people.values()
                    if role in user.roles
                }
            )
            for role in SUPERVISION_ROLES
        }


@dataclass(frozen=True)
class Option:
    """One choice of a closed list; `label` is a msgid when `translate` says so, else a name."""

    value: str
    label: str
    translate: bool = False


class Told(NamedTuple):
    """What `parse` gives of a cell with which something is to be told, that does not refuse the row."""

    value: Any
    reason: Reason


class Column:
    """What a column of a file can be.

    `parse` gives the value to keep, or Told; it never gets an empty cell.
    """

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
    joins = False  # several columns of the file make one text, with a space between them
    gives: Sequence[str] = ()  # the columns that this one fills, without a value of its own
    alone: Sequence[str] = ()  # names that mean this column when the file lacks another of `gives`
    in_example = True
    for_all = ""  # a file without this column may choose one value for all rows: how step 2 calls that

    def parts(self, value: Value, world: World) -> Sequence[Value]:
        """The values in a cell."""
        return (value,)

    def explained(self) -> str:
        """What may stand in this column, as the example file says it."""
        return _(self.help) if self.help else ""

    def own_example(self, world: World) -> Value:
        """An example that this school can import; "" where the school has nothing to couple."""
        return self.example

    def looks(self, values: Sequence[Value], world: World) -> float:
        """The part of these values that looks like this column; 0 for what only a header can tell."""
        return 0

    def parse(self, value: Value, world: World) -> Any:
        raise NotImplementedError

    def put(self, value: Any, kept: dict[str, Any]) -> None:
        """Add the value to what is kept of a row; `kept` already holds the columns before this one."""
        kept[self.key] = value

    def same(self, value: Any) -> str:
        """A text that two kept values share when they are one, where no two rows may have it."""
        return str(value).lower()

    def show(self, value: Any, world: World) -> str:
        """One kept value as people read it."""
        return "" if value is None else str(value)

    @property
    def repeatable(self) -> bool:
        """Whether several columns of the file may be this one."""
        return self.many or self.joins

    @property
    def names(self) -> Sequence[str]:
        """What this column may be called in a file, as plain letters and digits."""
        return [plain(name) for name in (self.label, *self.synonyms)]


class AskedColumn(Column):
    """A column about which step 3 can ask."""

    def options(self, world: World) -> Sequence[Option]:
        raise NotImplementedError

    def offered(self, text: str, world: World) -> Sequence[Option]:
        """The options to choose from for this text; of a long list only those most like it."""
        return self.options(world)

    def called(self, text: str) -> str:
        """What step 3 calls this text."""
        return text

    def chosen(self, text: str, world: World) -> str | None:
        """What step 3 says about this text; None: nothing."""
        return world.chosen.get(self.key, {}).get(text)


class ClosedColumn(AskedColumn):
    """A column whose values come from a list."""

    def everywhere(self, choice: str, world: World) -> Any:
        """What is kept of this option. Raises RuleBroken for one that is no longer there."""
        return self.parse(choice, replace(world, chosen={self.key: {choice: choice}}))

    closed = True
    rest = ""  # the choice for values past the most that step 3 asks about; empty: they are refused

    def ask(self, text: str, world: World) -> bool:
        """Whether step 3 has to ask what this text means."""
        raise NotImplementedError

    def propose(self, text: str, world: World) -> str:
        """The option that is likely meant; empty: no idea."""
        raise NotImplementedError

    def rest_of(self, text: str) -> str:
        """The choice for this value when step 3 does not ask about it."""
        return self.rest


def share(values: Sequence[Value], test: Callable[[str], bool]) -> float:
    """The part of these values that passes a test as text."""
    return sum(1 for value in values if test(cell_text(value))) / len(values)


class TextColumn(Column):
    """A text of at most `most` characters."""

    most = 80

    def parse(self, value: Value, world: World) -> Any:
        text = people.tidy(cell_text(value))
        if people.says_nothing(text):
            return None
        if len(text) > self.most:
            raise RuleBroken(
                N_("“%(value)s” is langer dan %(most)s tekens. Kort het in."),
                value=short(text),
                most=self.most,
            )
        return text or None


def cells_of(column: Column, places: Sequence[int], values: Sequence[Value]) -> list[Value]:
    """The cells of a row that belong to a column: none, one or several. A column that joins gets one text."""
    if len(places) == 1:
        value = values[places[0]]
        return [] if value is None else [value]
    cells = [values[place] for place in places if values[place] is not None]
    if column.joins and len(cells) > 1:
        cells = [one for one in cells if not (isinstance(one, str) and people.says_nothing(one))] or cells[:1]
        wrong = next((cell for cell in cells if isinstance(cell, str) and is_formula_error(cell)), None)
        return [wrong or " ".join(map(cell_text, cells))]
    return cells


def guess(header: Sequence[str], columns: Sequence[Column]) -> dict[str, list[int]]:
    """Column key -> its place in the header, by name: the label first, then synonyms in their order."""
    known = {name for column in columns for name in column.names}
    names = [_known_as(text, known) for text in header]
    found: dict[str, list[int]] = {}
    for rank in range(max(len(column.names) for column in columns)):
        for column in columns:
            if column.key in found or rank >= len(column.names) or column.names[rank] not in names:
                continue
            index = names.index(column.names[rank])
            if [index] not in found.values():
                found[column.key] = [index]
    return _whole(found, names, columns)


def _known_as(text: str, known: Collection[str]) -> str:
    """The name by which a header is known: all of it, without brackets, a part before or behind a slash
    ("Voornaam/Roepnaam"), or without the word that says whose it is ("Achternaam student")."""
    bare = without_brackets(text)
    sides = re.split(r"[/|\\]", bare)
    forms = (text, bare, *sides, *(_WHOSE.sub(" ", one) for one in (bare, *sides)))
    return next((name for name in map(plain, forms) if name in known), plain(bare))


def _whole(
    found: dict[str, list[int]], names: Sequence[str], columns: Sequence[Column]
) -> dict[str, list[int]]:
    """The same guess, with "Naam" as the whole name where no first name has a column of its own."""
    for column in columns:
        missing = any(one.required for one in columns if one.key in column.gives and one.key not in found)
        for key in column.gives if missing and column.key not in found else ():
            if key in found and names[found[key][0]] in column.alone:
                found[column.key] = found.pop(key)
    return found


def without_brackets(name: str) -> str:
    return _IN_BRACKETS.sub("", name)


def plain(name: str) -> str:
    """ "E-mail adres" -> "emailadres": what is left of a name when only letters and digits count."""
    return "".join(one for one in people.search_form(name) if one.isalnum())


def cell_text(value: Value) -> str:
    """A cell as text; a whole number of a sheet has no ".0"."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return people.tidy(str(value)) if value is not None else ""


def short(text: str) -> str:
    """The text, cut off at SHOWN characters, to put in a sentence."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
