"""The names that are most like a text: proposed in step 3, and offered where a list is too long to show."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from app.rules.names import INFIXES
from app.rules.people import search_form

OFFERED = 20
LIKELY = 0.85  # of two texts that are alike to this degree, one is a typing error
SLIP = 0.6  # of what two texts do not share, before it may be a typing error too
APART = 0.05  # and the next one is this much less alike, or nobody knows which is meant
BEGINNING = 3  # letters that two names share somewhere, or they are not compared
_WORDS = re.compile(r"\w+")


class Nearest:
    """An index of names; each value may have several."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self._forms = {value: tuple({_form(name) for name in called}) for value, called in names.items()}
        self._beginnings: dict[str, set[str]] = defaultdict(set)
        self._found: dict[str, list[tuple[float, str]]] = {}  # what was asked before
        for value, forms in self._forms.items():
            for beginning in {one for form in forms for one in _beginnings(form)}:
                self._beginnings[beginning].add(value)

    def like(self, text: str) -> list[tuple[float, str]]:
        """(likeness, value), the most like first."""
        form = _form(text)
        if form not in self._found:
            self._found[form] = self._ranked(form)
        return self._found[form]

    def _ranked(self, form: str) -> list[tuple[float, str]]:
        near = {value for beginning in _beginnings(form) for value in self._beginnings.get(beginning, ())}
        ranked = [(max(_likeness(form, one) for one in self._forms[value]), value) for value in near]
        return sorted(ranked, key=lambda found: (-found[0], found[1]))[:OFFERED]

    def likely(self, text: str) -> str:
        """The one that must be meant; empty: nobody knows."""
        found = self.like(text)
        if not found or found[0][0] < LIKELY or (len(found) > 1 and found[0][0] - found[1][0] < APART):
            return ""
        return found[0][1]


def by_a_slip(text: str, other: str) -> bool:
    """Whether two texts that are alike may be one: "Locatie Zuid" is another place than "Locatie Noord"."""
    words, others = (set(_WORDS.findall(search_form(one))) for one in (text, other))
    rest, more = (" ".join(sorted(one)) for one in (words - others, others - words))
    return not rest or not more or more.startswith(rest) or _likeness(rest, more) >= SLIP


def _form(name: str) -> str:
    """Words in the order of the alphabet, without infixes: "Bakker, Sanne de" is "Sanne de Bakker"."""
    return " ".join(sorted(word for word in _WORDS.findall(search_form(name)) if word not in INFIXES))


def _beginnings(form: str) -> set[str]:
    return {word[:BEGINNING] for word in form.split()}


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
