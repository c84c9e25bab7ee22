"""Takes a whole name apart: voornaam, tussenvoegsel, achternaam.

The infixes are the words of "Tabel 36, Voorvoegselstabel" of the Dutch population register (Landelijke
Tabellen, Basisregistratie Personen, RvIG): "van der" and "in 't" are written with the words of that table.
Its words of one letter are left out (A, I, O: more often initials), and so are Al and Ben. With El, Ait and
the like these stand in SURNAME_STARTS: for people from Morocco and the Middle East they are a part of the
surname (sorted under the E of El), as their documents write it. Capitals stay as they are.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from app.rules.people import tidy

INFIXES = frozenset(
    (
        "'s",
        "'t",
        "aan",
        "af",
        "am",
        "auf",
        "aus",
        "bij",
        "boven",
        "da",
        "dal",
        "dalla",
        "de",
        "deca",
        "degli",
        "dei",
        "del",
        "della",
        "den",
        "der",
        "des",
        "di",
        "die",
        "do",
        "don",
        "dos",
        "du",
        "gen",
        "het",
        "im",
        "in",
        "l'",
        "la",
        "las",
        "le",
        "les",
        "lo",
        "los",
        "of",
        "onder",
        "op",
        "over",
        "te",
        "ten",
        "ter",
        "tho",
        "thoe",
        "thor",
        "to",
        "toe",
        "tot",
        "uijt",
        "uit",
        "van",
        "vander",
        "vanden",
        "vande",
        "ver",
        "vom",
        "von",
        "voor",
        "vor",
        "zu",
        "zum",
        "zur",
    )
)
SURNAME_STARTS = frozenset(
    (
        "abou",
        "abu",
        "ait",
        "aït",
        "al",
        "ben",
        "bin",
        "bint",
        "el",
        "ibn",
        "ouled",
        "oulad",
        "ould",
        "sint",
        "st",
        "st.",
    )
)
TITLES = frozenset(("dhr", "mevr", "mevrouw", "mw"))  # not "heer": De Heer is a surname
_APOSTROPHES = str.maketrans("’‘`´", "''''")
_INITIALS = re.compile(r"(?:[^\W\d_]{1,4}\.-?)+|[^\W\d_]")
_CALLED = re.compile(r"\(([^()]+)\)")


class Split(NamedTuple):
    """A name in its parts; `doubtful`: another reader might have split it elsewhere."""

    first: str
    infix: str
    last: str
    doubtful: bool = False


def split_name(text: str) -> Split:
    """Take a whole name apart, whatever its order.

    Reads "Fleur van der Berg", "Berg, Fleur van der", "Berg, van der, Fleur" and "van der Berg, Fleur".
    """
    called = _CALLED.search(text)
    if called and (rest := tidy(text.replace(called[0], " "))):
        return _called(split_name(rest), tidy(called[1]))
    parts = [part for part in (_words(part) for part in tidy(text).split(",")) if part]
    if len(parts) > 1:
        return _with_commas(parts)
    return _in_speaking_order(parts[0]) if parts else Split("", "", "", doubtful=True)


def split_surname(text: str) -> Split:
    """Take a surname with its infix apart: "van der Berg", "Berg, van der" or "Berg van der"."""
    whole = tidy(text)
    family, comma, rest = whole.partition(",")
    words, behind = _words(family), _words(rest)
    if comma and not (words and behind and all(map(_is_infix, behind))):
        return Split("", "", whole, doubtful=True)
    before = _infixes_at_start(words)
    last = words[before:]
    last, after = (last, []) if before or comma else _without_infix_behind(last)
    return _made([], [*words[:before], *behind, *after], last, doubtful=bool(before and behind))


def _called(found: Split, name: str) -> Split:
    """Read "Jansen, P. (Piet)": the name in brackets replaces initials; beside a name it is kept."""
    initials = all(map(_INITIALS.fullmatch, found.first.split()))
    return found._replace(first=name if initials else f"{found.first} ({name})", doubtful=True)


def _with_commas(parts: list[list[str]]) -> Split:
    """Read a surname that stands first; its infix is before it, after the first name, or between commas."""
    at = next((at for at in range(1, len(parts)) if len(parts) > 2 and all(map(_is_infix, parts[at]))), 0)
    between = parts.pop(at) if at else []
    surname, names = parts[0], [word for part in parts[1:] for word in part]
    before = _infixes_at_start(surname)
    last, after = _without_infix_behind(surname[before:])  # "Berg van den, Piet"
    behind = _infixes_at_end(names)
    given = names[: len(names) - behind]
    infix = [*between, *names[len(given) :], *surname[:before], *after]
    places = sum(map(bool, (between, behind, before, after)))
    return _made(given, infix, last, doubtful=places > 1 or len(parts) > 2 or not given)


def _without_infix_behind(surname: list[str]) -> tuple[list[str], list[str]]:
    """(surname, infix) of "Berg van den"; at least one word stays the surname."""
    at = max(1, len(surname) - _infixes_at_end(surname))
    return surname[:at], surname[at:]


def _in_speaking_order(words: list[str]) -> Split:
    """Read a name without commas. The surname begins at an infix, El or Ben; else it is the last word."""
    leading = _infixes_at_start(words)
    if leading:  # "van der Berg Fleur": a surname first, or no first name at all
        return _made(words[leading + 1 :], words[:leading], words[leading : leading + 1], doubtful=True)
    inside = range(1, len(words) - 1)
    at = next((at for at in inside if _is_infix(words[at]) or words[at].casefold() in SURNAME_STARTS), 0)
    if at:
        infixes = _infixes_at_start(words[at:])
        last = words[at + infixes :]
        usual = 2 if last[0].casefold() in SURNAME_STARTS else 1
        return _made(words[:at], words[at : at + infixes], last, doubtful=len(last) > usual)
    given = words[:-1]
    told = len(given) == 1 or (given and all(map(_INITIALS.fullmatch, given)))
    return _made(given, [], words[-1:], doubtful=not told)


def _made(given: Sequence[str], infix: Sequence[str], last: Sequence[str], *, doubtful: bool) -> Split:
    return Split(" ".join(given), " ".join(infix), " ".join(last), bool(doubtful))


def _words(text: str) -> list[str]:
    """The words without Dhr. and Mevr.; a double name is one word: "Jansen-de Vries"."""
    words: list[str] = []
    for word in text.split():
        if word.casefold().rstrip(".") in TITLES:
            continue
        if words and (_goes_on(words[-1]) or word.startswith(("-", "–"))):
            words[-1] = f"{words[-1]} {word}"
        else:
            words.append(word)
    return words


def _goes_on(word: str) -> bool:
    """Whether the part behind the last hyphen still waits for a name: "Jansen-", "Jansen-van de"."""
    hyphen = max(word.rfind("-"), word.rfind("–"))
    return hyphen >= 0 and all(map(_is_infix, word[hyphen + 1 :].split()))


def _is_infix(word: str) -> bool:
    return word.casefold().translate(_APOSTROPHES) in INFIXES


def _infixes_at_start(words: Sequence[str]) -> int:
    """How many words before the surname are its infix; a surname is never all infix."""
    count = 0
    while count < len(words) - 1 and _is_infix(words[count]):
        count += 1
    return count


def _infixes_at_end(words: Sequence[str]) -> int:
    count = 0
    while count < len(words) and _is_infix(words[-1 - count]):
        count += 1
    return count
