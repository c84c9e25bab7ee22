"""What a search asks for: rows with certain words or keys, and how many of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sqlalchemy as sa

from app.entities.engine import folded, id_set
from app.rules.people import search_form

WORDS = 8  # more are not looked at


@dataclass(frozen=True)
class Asked:
    """Which rows are asked for: those with these words, or with these keys.

    `having`: only what these students or users have. `within`: only people who are coupled to one of these
    programmes. `most`: so many rows at most.
    """

    words: str = ""
    keys: Collection[str] | None = None
    having: sa.Select[tuple[int]] | None = None
    within: Collection[int] = ()
    most: int | None = None

    def among(self, statement: sa.Select[Any], key: Any, *columns: Any) -> sa.Select[Any]:
        """The rows of a statement with these words in these columns, or with these keys."""
        if self.keys is not None:
            statement = statement.where(key.in_(id_set(ids(self.keys))))
        if self.words:
            statement = statement.where(matching_words(self.words, *columns))
        return statement.limit(self.most)


EVERYTHING = Asked()


def matching_words(text: str, *columns: Any) -> sa.ColumnElement[bool]:
    """Condition: every word stands in one of the columns (never NULL); accents and capitals do not matter."""
    texts: Iterable[sa.ColumnElement[str]] = (sa.cast(column, sa.String) for column in columns)
    found = folded(reduce(lambda all_, one: all_ + " " + one, texts))
    return sa.and_(*(found.contains(word, autoescape=True) for word in search_form(text).split()[:WORDS]))


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def ids(keys: Iterable[str]) -> list[int]:
    """The keys that can be an id, each once."""
    return sorted({int(key) for key in keys if is_id(key)})
