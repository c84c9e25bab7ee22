"""The fields of a student that every school has: each with its name, length, reading, showing and places.

The table takes its lengths from here; form, page, list, import, export, own data and trail take the rest.
After these fields come those that a school adds itself (rules/fields.py). A coupling of a student (to a
programme, group or user) is no field.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.errors import RuleBroken
from app.rules import people
from app.rules.text import N_

PLACES = frozenset(("page", "list", "import", "export"))  # form, own data and trail have every field
FILES = frozenset(("import", "export"))  # of a part of a name: list and page write the whole name


class Gender(enum.StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


GENDER_LABELS = {
    Gender.FEMALE: N_("Vrouw"),
    Gender.MALE: N_("Man"),
    Gender.OTHER: N_("Anders"),
    Gender.UNKNOWN: N_("Onbekend"),
}


@dataclass(frozen=True)
class PlainField:
    """`name` is its column in the table; label, hint and help are msgids.

    `synonyms`, `example` and `help` are for the import. A field that the import does not read as a text has
    them in a column of its own (imports/students.py).
    """

    name: str
    label: str
    most: int = 0  # characters; 0: no text
    required: bool = False
    everybody: bool = False  # also for those who only see the student, like an examiner
    places: frozenset[str] = PLACES
    rule: Callable[[str, date], Any] | None = None  # (typed text, today) -> the kept value
    thaw: Callable[[str], Any] = str  # a text out of JSON -> the kept value
    choices: Mapping[Any, str] | None = None  # a closed list: value -> msgid
    empty: Any = ""
    hint: str = ""  # below it in the form
    inputmode: str = ""
    synonyms: tuple[str, ...] = ()
    example: str = ""
    help: str = ""

    def of(self, row: Any) -> Any:
        """The value that a student, or a row of a query, has."""
        return getattr(row, self.name)

    def read(self, typed: str, today: date) -> Any:
        """The kept value of a typed text; RuleBroken says what is wrong with it."""
        found = self.rule(typed, today) if self.rule else people.tidy(typed)
        if self.required and not found:
            raise RuleBroken(N_("Vul dit veld in."))
        return found

    def typed(self, value: Any) -> str:
        """The value as a user types it in the form."""
        if isinstance(value, date):
            return people.dutch_date(value)
        return str(value or "")

    def shown(self, value: Any) -> str:
        """The value as people read it; a msgid for a closed list."""
        return self.choices[value] if self.choices else self.typed(value)


PLAIN_FIELDS = (
    PlainField(
        name="number",
        label=N_("Studentnummer"),
        most=people.NUMBER_MAX,
        required=True,
        everybody=True,
        rule=lambda typed, _today: people.student_number(typed),
        hint=N_("Voorloopnullen tellen mee."),
    ),
    PlainField(
        name="first_name",
        label=N_("Voornaam"),
        most=80,
        required=True,
        places=FILES,
    ),
    PlainField(
        name="infix",
        label=N_("Tussenvoegsel"),
        most=20,
        places=FILES,
        hint=N_("Bijvoorbeeld: van der"),
    ),
    PlainField(
        name="last_name",
        label=N_("Achternaam"),
        most=120,
        required=True,
        places=FILES,
    ),
    PlainField(
        name="gender",
        label=N_("Geslacht"),
        places=PLACES - {"list"},
        rule=lambda typed, _today: Gender(typed or Gender.UNKNOWN),
        thaw=Gender,
        choices=GENDER_LABELS,
        empty=Gender.UNKNOWN,
    ),
    PlainField(
        name="birth_date",
        label=N_("Geboortedatum"),
        places=PLACES - {"list"},
        rule=lambda typed, today: people.birth_date(typed, today=today),
        thaw=date.fromisoformat,
        empty=None,
        hint=N_("Dag-maand-jaar, bijvoorbeeld 24-11-2008."),
        inputmode="numeric",
    ),
    PlainField(
        name="email",
        label=N_("E-mailadres"),
        most=people.EMAIL_MAX,
        everybody=True,
        rule=lambda typed, _today: people.email(typed),
        hint=N_("Hierheen gaat de inlogcode van de student."),
        inputmode="email",
    ),
)
BY_NAME: Mapping[str, PlainField] = {field.name: field for field in PLAIN_FIELDS}
LABELS: Mapping[str, str] = {field.name: field.label for field in PLAIN_FIELDS}


def most(name: str) -> int:
    """How many characters a field may have: the length of its column."""
    return BY_NAME[name].most


def fields_in(place: str) -> tuple[PlainField, ...]:
    return tuple(field for field in PLAIN_FIELDS if place in field.places)
