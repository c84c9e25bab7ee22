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
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")  # as a date is kept
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


def fits(field: StudentField, kept: Kept) -> bool:
    """Whether a value that is kept is one that this field can hold: school.toml may have said otherwise then.

    A text holds whatever can be read.
    """
    if kept is None or field.type is FieldType.TEXT:
        return True
    if field.type is FieldType.NUMBER:
        return isinstance(kept, int | float) and not isinstance(kept, bool)
    if field.type is FieldType.DATE:
        return isinstance(kept, str) and _as_day(kept) is not None
    return isinstance(kept, bool) if field.type is FieldType.YES_NO else kept in field.choices


def typed_field(field: StudentField, kept: Kept) -> str:
    """The value as a user types it in the form. One that does not fit is given as it was."""
    if isinstance(kept, bool) and field.type is FieldType.YES_NO:
        return YES if kept else NO
    as_it_is = field.type is FieldType.TEXT or kept in field.choices
    return kept if as_it_is and isinstance(kept, str) else as_it_was(kept)


def as_it_was(kept: Kept) -> str:
    """A value as people read it, whatever its field has become."""
    if kept is None:
        return ""
    if isinstance(kept, bool):
        return YES_NO_LABELS[kept]
    if isinstance(kept, str):
        day = _as_day(kept)
        return people.dutch_date(day) if day is not None else kept
    return str(kept).replace(".", ",")


def cell_of(field: StudentField, kept: Kept) -> int | float | dt.date | None:
    """The number or date that a spreadsheet can count with; None: the value is a text."""
    if field.type is FieldType.DATE and isinstance(kept, str):
        return _as_day(kept)
    number = field.type is FieldType.NUMBER and fits(field, kept)
    return kept if number and isinstance(kept, int | float) else None


def flat(extra: Mapping[str, Kept]) -> dict[str, Kept]:
    """The own fields as columns, beside those that every school has."""
    return {PREFIX + key: value for key, value in extra.items()}


def packed(values: Mapping[str, object]) -> dict[str, object]:
    """Values by column, with the columns that `flat` made put back together under "extra"."""
    own = {key.removeprefix(PREFIX): value for key, value in values.items() if key.startswith(PREFIX)}
    rest = {key: value for key, value in values.items() if not key.startswith(PREFIX)}
    return {**rest, "extra": {key: value for key, value in own.items() if value is not None}}


def _as_day(kept: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(kept) if _DAY.fullmatch(kept) else None
    except ValueError:
        return None


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
