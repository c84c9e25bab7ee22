"""Knows what Excel made of the name of a group: 3-4 became a date, 2E3 a number, WAAR a truth value."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from app.errors import RuleBroken
from app.imports.columns import cell_text, short
from app.imports.table import Value
from app.rules.text import N_

CHOOSE: Mapping[str, str] = {  # for a column about which step 3 asks
    "date": N_(
        "“%(value)s” is geen naam van een groep; Excel maakte er een datum van. "
        "Kies in stap 3 welke groep u bedoelt."
    ),
    "truth": N_(
        "“%(value)s” is geen naam van een groep; Excel maakte er WAAR of ONWAAR van. "
        "Kies in stap 3 welke groep u bedoelt."
    ),
    "number": N_(
        "“%(value)s” is misschien geen naam van een groep: van 2E3 maakt Excel 2000. "
        "Kies in stap 3 welke groep u bedoelt."
    ),
}
MEND: Mapping[str, str] = {  # for a column of which every name is taken as it is
    "date": N_(
        "“%(value)s” is geen naam van een groep; Excel maakte er een datum van. Typ de naam van de groep."
    ),
    "truth": N_(
        "“%(value)s” is geen naam van een groep; Excel maakte er WAAR of ONWAAR van. "
        "Typ de naam van de groep."
    ),
}
_DATE = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})")
_NAMES = ("jan", "feb", "mrt|mar", "apr", "mei|may", "jun", "jul", "aug", "sep", "okt|oct", "nov", "dec")
_MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split("|")}
_MONTH = "|".join(_MONTHS)
_DAY_AND_MONTH = re.compile(rf"(\d{{1,2}})[- ]({_MONTH})\.?|({_MONTH})\.?[- ](\d{{2}})", re.IGNORECASE)
_APOSTROPHE = re.compile("'[A-Z0-9]")  # typed before a text so that Excel leaves it alone; "'s-Hof" is a name
_TRUTH = re.compile(r"waar|onwaar|true|false", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"(\d)(?:[.,]0+)?E\+0*(\d+)", re.IGNORECASE)
_ROUND = re.compile(r"([1-9]\d?)(0{3,})|([1-9])(00)")


def group_text(value: Value) -> str:
    """A cell in a column of groups as text: as Excel shows it, so that a person knows it again."""
    if isinstance(value, bool):
        return "WAAR" if value else "ONWAAR"
    if isinstance(value, dt.date):
        return f"{value:%d-%m-%Y}"
    text = cell_text(value)
    return text[1:] if _APOSTROPHE.match(text) else text


def changed_into(text: str) -> str:
    """What Excel likely made of another name: "date", "truth" or "number"; empty for any other name."""
    if _DATE.fullmatch(text) or _DAY_AND_MONTH.fullmatch(text):
        return "date"
    if _TRUTH.fullmatch(text):
        return "truth"
    return "number" if _SCIENTIFIC.fullmatch(text) or _ROUND.fullmatch(text) else ""


def refuse_changed(text: str, sentences: Mapping[str, str]) -> None:
    """Raise RuleBroken for a name that Excel changed, where these sentences have one for it."""
    if told := sentences.get(changed_into(text)):
        raise RuleBroken(told, value=short(text))


def once_written(text: str) -> Sequence[str]:
    """What may have been typed where this text stands, likeliest first: "3-4" for 03-04-2026."""
    if found := _DATE.fullmatch(text):
        day, month = int(found[1]), int(found[2])
        return (f"{day}-{month}", f"{month}-{day}", f"{day}/{month}", f"{day:02}-{month:02}")
    if found := _DAY_AND_MONTH.fullmatch(text):
        first = int(found[1] or _MONTHS[found[3].lower()])
        second = _MONTHS[found[2].lower()] if found[1] else int(found[4])
        return (f"{first}-{second}", f"{second}-{first}", f"{first}/{second}")
    if found := _SCIENTIFIC.fullmatch(text):
        return (f"{found[1]}E{int(found[2])}",)
    if found := _ROUND.fullmatch(text):
        digits, zeros = found[1] or found[3], found[2] or found[4]
        return (f"{digits}E{len(zeros)}",)
    return ()
