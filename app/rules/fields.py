"""A school's own fields of a student: what may be typed in them, and how it is kept.

school.toml says which fields there are (app/school_fields.py). Their values are kept in one column as JSON: a
text, a number, a date as 2026-11-24, one of the choices as it is written, or true and false.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.errors import RuleBroken
from app.rules import people
from app.rules.text import N_

PLACES = ("list", "filter", "import", "export")
PREFIX = "extra_"  # before the key, where a field stands among the columns of a student
TEXT_MAX = 200
YES, NO = "yes", "no"
YES_NO_LABELS = {True: N_("Ja"), False: N_("Nee")}
_YES_NO_WORDS = {
    **dict.fromkeys((YES, "ja", "j", "y", "true", "waar", "1", "x"), True),
    **dict.fromkeys((NO, "nee", "n", "false", "onwaar", "0"), False),
}
_NUMBER = re.compile(r"-?\d{1,12}(?:[.,]\d{1,6})?")
_AHEAD = dt.timedelta(days=20 * 365)  # how far in the future 1-1-30 may lie before it is 1930

Kept = str | int | float | bool | None


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    YES_NO = "yes_no"


CLOSED = (FieldType.CHOICE, FieldType.YES_NO)  # with a list to choose from
HINTS = {
    FieldType.NUMBER: N_("Een getal, bijvoorbeeld 12 of 12,5."),
    FieldType.DATE: N_("Dag-maand-jaar, bijvoorbeeld 24-11-2008."),
}


@dataclass(frozen=True)
class StudentField:
    key: str
    label: str
    type: FieldType
    choices: tuple[str, ...] = ()
    required: bool = False
    places: frozenset[str] = frozenset(PLACES)

    @property
    def name(self) -> str:
        """Its name among the columns of a student and the fields of a form."""
        return PREFIX + self.key

    def of(self, row: Any) -> Kept:
        """The value that a student, or a row of a query, has."""
        kept: Kept = row.extra.get(self.key)
        return kept


def read_field(field: StudentField, value: object, *, today: dt.date) -> Kept:
    """The value of a cell or form as it is kept; None when empty. RuleBroken says what is wrong with it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = people.tidy(str(value)) if value is not None else ""
    if not text:
        return None
    if field.type is FieldType.NUMBER:
        return _number(text)
    if field.type is FieldType.DATE:
        return _day(value, today)
    if field.type is FieldType.CHOICE:
        return _choice(field, text)
    if field.type is FieldType.YES_NO:
        return _yes_no(text)
    if len(text) > TEXT_MAX:
        raise RuleBroken(N_("Deze tekst is langer dan %(most)s tekens. Kort de tekst in."), most=TEXT_MAX)
    return text


def typed_field(field: StudentField, kept: Kept) -> str:
    """The value as a user types it in the form."""
    if kept is None:
        return ""
    if isinstance(kept, bool):
        return YES if kept else NO
    if field.type is FieldType.DATE:
        return people.dutch_date(dt.date.fromisoformat(str(kept)))
    return str(kept).replace(".", ",") if field.type is FieldType.NUMBER else str(kept)


def flat(extra: Mapping[str, Kept]) -> dict[str, Kept]:
    """The own fields as columns, beside those that every school has."""
    return {PREFIX + key: value for key, value in extra.items()}


def packed(values: Mapping[str, object]) -> dict[str, object]:
    """Values by column, with the columns that `flat` made put back together under "extra"."""
    own = {key.removeprefix(PREFIX): value for key, value in values.items() if key.startswith(PREFIX)}
    rest = {key: value for key, value in values.items() if not key.startswith(PREFIX)}
    return {**rest, "extra": {key: value for key, value in own.items() if value is not None}}


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise RuleBroken(
            N_("“%(value)s” is geen getal. Schrijf bijvoorbeeld 12 of 12,5."), value=_short(text)
        )
    return float(text.replace(",", ".")) if set(text) & set(".,") else int(text)


def _day(value: object, today: dt.date) -> str:
    found = people.date_of(value, today + _AHEAD)
    if found is None:
        raise RuleBroken(
            N_("“%(value)s” is geen datum. Schrijf dag-maand-jaar, bijvoorbeeld 24-11-2006."),
            value=_short(str(value)),
        )
    return found.isoformat()


def _choice(field: StudentField, text: str) -> str:
    found = {people.search_form(choice): choice for choice in field.choices}.get(people.search_form(text))
    if found is None:
        raise RuleBroken(
            N_("“%(value)s” staat niet in de lijst. Kies uit: %(choices)s."),
            value=_short(text),
            choices=", ".join(field.choices),
        )
    return found


def _yes_no(text: str) -> bool:
    word = text.casefold()
    if word not in _YES_NO_WORDS:
        raise RuleBroken(N_("“%(value)s” is geen ja of nee."), value=_short(text))
    return _YES_NO_WORDS[word]


def _short(text: str) -> str:
    return text if len(text) <= people.SHOWN else f"{text[: people.SHOWN - 1]}…"
