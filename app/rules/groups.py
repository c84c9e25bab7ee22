"""The fields of a student group (school year, cohort, colour), its rule in words, the name of a copy."""

import re
from collections.abc import Sequence

from app.errors import RuleBroken
from app.rules.people import tidy
from app.rules.text import N_, Reason, counted, reason

# The colours to choose from, each with its name in words: a colour alone says nothing (WCAG 1.4.1).
GROUP_COLOURS: dict[str, str] = {
    "blue": N_("Blauw"),
    "green": N_("Groen"),
    "amber": N_("Oranje"),
    "purple": N_("Paars"),
    "teal": N_("Turquoise"),
    "red": N_("Rood"),
    "grey": N_("Grijs"),
}

# The fields of a group.
GROUP_FIELDS: dict[str, str] = {
    "name": N_("Naam"),
    "cohort": N_("Cohort"),
    "location": N_("Locatie"),
    "school_year": N_("Schooljaar"),
    "colour": N_("Kleur"),
    "mentor": N_("Mentor"),
    "rule": N_("Regel"),
}
FIRST_COHORT, LAST_COHORT = 2000, 2100
PROGRAMMES_TOLD = 4  # of a rule; the rest is counted
_SCHOOL_YEAR = re.compile(r"(\d{4})\s*[-/–]\s*(\d{4}|\d{2})")


def school_year(text: str) -> str:
    """`2026-2027`; also reads 2026/2027 and 2026-27. Empty stays empty; refuses 2026-2028."""
    plain = tidy(text)
    if not plain:
        return ""
    found = _SCHOOL_YEAR.fullmatch(plain)
    first = int(found[1]) if found else 0
    last = int(found[2]) if found else 0
    if found and len(found[2]) == 2:
        last += first - first % 100
    if not found or not FIRST_COHORT <= first <= LAST_COHORT:
        raise RuleBroken(N_("Schrijf het schooljaar als twee jaren, bijvoorbeeld 2026-2027."))
    if last != first + 1:
        raise RuleBroken(
            N_("Een schooljaar loopt over twee jaren na elkaar: bedoelt u %(year)s?"),
            year=f"{first}-{first + 1}",
        )
    return f"{first}-{last}"


def cohort(text: str) -> int | None:
    """The year in which the group began; empty is None."""
    plain = tidy(text)
    if not plain:
        return None
    if not plain.isascii() or not plain.isdigit() or not FIRST_COHORT <= int(plain[:9]) <= LAST_COHORT:
        raise RuleBroken(N_("Schrijf het cohort als een jaartal, bijvoorbeeld 2026."))
    return int(plain)


def colour(key: str) -> str:
    """The key of a colour of the list, or empty; refuses any other."""
    if key and key not in GROUP_COLOURS:
        raise RuleBroken(N_("Kies een kleur uit de lijst."))
    return key


def rule_in_words(programmes: Sequence[str]) -> Reason:
    """A group's rule in words: "Alle actieve studenten van Verzorgende-IG (25656, 2025)"."""
    told = ", ".join(programmes[:PROGRAMMES_TOLD])
    if len(programmes) <= PROGRAMMES_TOLD:
        return reason(N_("Alle actieve studenten van %(programmes)s"), programmes=told)
    more = len(programmes) - PROGRAMMES_TOLD
    return counted(
        more,
        N_("Alle actieve studenten van %(programmes)s en nog 1 opleiding"),
        N_("Alle actieve studenten van %(programmes)s en nog %(count)s opleidingen"),
        programmes=told,
        count=more,
    )


def next_school_year(year: str) -> str:
    """`2026-2027` -> `2027-2028`; refuses a group without a school year."""
    if not year:
        raise RuleBroken(N_("De groep heeft geen schooljaar. Vul dat eerst in."))
    first = int(school_year(year)[:4]) + 1
    return school_year(f"{first}-{first + 1}")


def copied_name(name: str, old: str, new: str) -> str:
    """The name for a next school year: the new year takes the place of the old one, or comes at the end."""
    for write in (_in_full, _with_a_slash, _short):
        if write(old) in name:
            return name.replace(write(old), write(new))
    return f"{name} ({new})"


def _in_full(year: str) -> str:
    return year


def _with_a_slash(year: str) -> str:
    return year.replace("-", "/")


def _short(year: str) -> str:
    return f"{year[2:4]}-{year[7:]}"
