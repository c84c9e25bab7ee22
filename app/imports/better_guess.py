"""Mends the guess which column is what where the values of the columns say more than their names."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import islice

from app.imports import columns, common_columns, table
from app.imports.content import LAST_NAME, SAMPLE
from app.imports.kind import Kind
from app.rules import people
from app.rules.mapping import ColumnMap
from app.rules.names import split_name

EMAIL = "email"
MOST = 0.5
_INITIALS = re.compile(r"(?:[^\W\d_]{1,2}\.)+")
OF_SCHOOL = ("school", "student", "onderwijs", "instelling", "edu", "werk", "zakelijk", "organisatie", "work")
OF_OTHERS = (
    "prive",
    "private",
    "persoonlijk",
    "personal",
    "thuis",
    "home",
    "ouder",
    "moeder",
    "vader",
    "verzorger",
    "voogd",
    "wettelijk",
    "parent",
    "mentor",
    "begeleider",
    "docent",
    "opleider",
    "examinator",
    "contact",
)
PUBLIC = frozenset(
    (
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "hotmail.nl",
        "outlook.com",
        "outlook.nl",
        "live.nl",
        "live.com",
        "msn.com",
        "icloud.com",
        "me.com",
        "yahoo.com",
        "ziggo.nl",
        "kpnmail.nl",
        "kpnplanet.nl",
        "planet.nl",
        "home.nl",
        "xs4all.nl",
        "hetnet.nl",
        "casema.nl",
        "upcmail.nl",
        "tele2.nl",
        "proton.me",
        "protonmail.com",
    )
)


def mended(found: table.Table, kind: Kind, guessed: ColumnMap, sender: str) -> dict[str, list[int]]:
    """The guess, with whole names and the school's own addresses where they are. `sender`: the school's."""
    better = {key: list(places) for key, places in guessed.items()}
    _whole_names(found.rows, kind, better)
    _own_addresses(found, kind, better, sender)
    return better


def _whole_names(rows: Sequence[table.Row], kind: Kind, guessed: dict[str, list[int]]) -> None:
    """Take "Naam" as the whole name, also beside a first name, where it holds more than a surname."""
    places = guessed.get(LAST_NAME, [])
    if len(places) != 1 or common_columns.FULL_NAME in guessed or common_columns.FULL_NAME not in kind.by_key:
        return
    texts = _texts(rows, places[0])
    whole = sum(1 for text in texts if _is_whole(text))
    if texts and whole > MOST * len(texts):
        guessed[common_columns.FULL_NAME] = guessed.pop(LAST_NAME)


def _is_whole(text: str) -> bool:
    """Whether a text is more than a surname: "Berg, F. van der" or "F. van der Berg"."""
    words = text.split()
    return bool("," in text and split_name(text).first) or bool(words and _INITIALS.fullmatch(words[0]))


def _texts(rows: Sequence[table.Row], place: int) -> list[str]:
    texts = (columns.cell_text(row.values[place]) for row in islice(rows, SAMPLE))
    return [text for text in texts if text]


def _own_addresses(found: table.Table, kind: Kind, guessed: dict[str, list[int]], sender: str) -> None:
    """Of several columns with addresses, take the one of the school."""
    if EMAIL not in kind.by_key:
        return
    now = guessed.get(EMAIL, [])
    taken = {place for key, places in guessed.items() if key != EMAIL for place in places}
    scores = {
        place: score + (place in now) / 2
        for place, name in enumerate(found.header)
        if place not in taken and (score := _score(name, _texts(found.rows, place), sender)) is not None
    }
    if len(scores) > 1:
        guessed[EMAIL] = [max(scores, key=lambda place: (scores[place], -place))]


def _score(name: str, texts: Sequence[str], sender: str) -> float | None:
    """How much a column of addresses looks like the school's; None: it holds no addresses."""
    domains = Counter(
        text.rpartition("@")[2].lower()
        for text in map(people.bare_address, texts)
        if people.email_plausible(text)
    )
    if not domains or domains.total() < MOST * len(texts):
        return None
    plain = columns.plain(name)
    most = domains.most_common(1)[0][0]
    own = sum(count for domain, count in domains.items() if sender and _tail(domain) == _tail(sender))
    public = sum(count for domain, count in domains.items() if domain in PUBLIC)
    return (
        3 * _has(plain, OF_SCHOOL)
        - 4 * _has(plain, OF_OTHERS)
        + 2 * (own > MOST * domains.total())
        - 2 * (public > MOST * domains.total())
        + (domains[most] > 0.8 * domains.total() and most not in PUBLIC)
    )


def _has(name: str, words: Collection[str]) -> bool:
    return any(word in name for word in words)


def _tail(domain: str) -> str:
    """student.school.nl -> school.nl."""
    return ".".join(domain.rpartition("@")[2].lower().split(".")[-2:])
