"""Finds the names most like a text: step 3 proposes one, and offers them where a list is too long to show."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from app.rules.names import INFIXES
from app.rules.people import search_form

OFFERED = 20
LIKELY = 0.85  # when two texts are alike to this degree, one is a typing error
SLIP = 0.6  # the words that two texts do not share are alike to this degree, or it is no typing error
APART = 0.05  # the next name is this much less alike, or nobody knows which is meant
BEGINNING = 3  # letters at the start of a word; two names that share none are not compared
_WORDS = re.compile(r"\w+")


class Nearest:
    """An index of values by their names; a value may have several names."""

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
        """The value that must be meant; "" when none is like enough, or two are."""
        found = self.like(text)
        if not found or found[0][0] < LIKELY or (len(found) > 1 and found[0][0] - found[1][0] < APART):
            return ""
        return found[0][1]


def by_a_slip(text: str, other: str) -> bool:
    """Whether two alike texts may differ by a typing error; "Locatie Zuid" and "Locatie Noord" do not."""
    words, others = (set(_WORDS.findall(search_form(one))) for one in (text, other))
    rest, more = (" ".join(sorted(one)) for one in (words - others, others - words))
    return not rest or not more or more.startswith(rest) or _likeness(rest, more) >= SLIP


def _form(name: str) -> str:
    """The words in alphabetical order, without infixes: "Bakker, Sanne de" equals "Sanne de Bakker"."""
    return " ".join(sorted(word for word in _WORDS.findall(search_form(name)) if word not in INFIXES))


def _beginnings(form: str) -> set[str]:
    return {word[:BEGINNING] for word in form.split()}


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
