"""What a student group may be called, and the school year and colour it carries."""

from __future__ import annotations

import re

from app.errors import RuleBroken
from app.rules.people import tidy
from app.rules.text import N_

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

FIRST_COHORT, LAST_COHORT = 2000, 2100
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
    """A colour of the list, or none."""
    if key and key not in GROUP_COLOURS:
        raise RuleBroken(N_("Kies een kleur uit de lijst."))
    return key
