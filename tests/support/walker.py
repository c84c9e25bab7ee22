"""Walks every page that a user can reach by links, without a browser: one page per kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import sqlalchemy as sa

from app.demo.accounts import ACCOUNTS
from app.entities.base import db
from app.entities.users import User
from tests.browser.crawl import MOST, kind_of
from tests.support.visitor import Visitor

DEMO_USERS = tuple(one.username for one in ACCOUNTS)
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass(frozen=True)
class Choice:
    """An option of a filter: the address that choosing it leads to, and its words."""

    href: str
    text: str


@dataclass
class Walked:
    """A page as its reader sees it. `found`: the texts that say how many rows it holds (data-found)."""

    href: str
    text: str
    links: list[Choice] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    found: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, page: Walked) -> None:
        super().__init__()
        self.page = page
        self._link: tuple[str, list[str]] | None = None
        self._found: list[tuple[int, list[str]]] = []
        self._depth = 0
        self._filtering = False
        self._select = ""
        self._option: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._depth += 1
        if tag == "a" and given.get("href"):
            self._link = (given["href"], [])
        if tag == "form":
            self._filtering = given.get("role") == "search"
        if tag == "select":
            self._select = given.get("name", "")
        if tag == "option" and self._filtering and given.get("value"):
            self._option = (given["value"], [])
        if "data-found" in given:
            self._found.append((self._depth, []))

    def handle_data(self, data: str) -> None:
        for _depth, words in self._found:
            words.append(data)
        for open_one in (self._link, self._option):
            if open_one is not None:
                open_one[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            href, words = self._link
            self.page.links.append(Choice(urljoin(self.page.href, href), _plain(words)))
            self._link = None
        if tag == "option" and self._option is not None:
            value, words = self._option
            href = urljoin(self.page.href, f"?{self._select}={value}")
            self.page.choices.append(Choice(href, _plain(words)))
            self._option = None
        if self._found and self._found[-1][0] == self._depth:
            self.page.found.append(_plain(self._found.pop()[1]))
        if tag not in VOID:
            self._depth -= 1


def _plain(words: Sequence[str]) -> str:
    return " ".join("".join(words).split())


def read_page(visitor: Visitor, href: str) -> Walked | None:
    """The page behind an address; None for a download."""
    answer = visitor.get(href, follow_redirects=True)
    assert answer.status_code == 200, f"{answer.status_code}: {href}"
    if answer.mimetype != "text/html":
        return None
    page = Walked(href, answer.text)
    _Reader(page).feed(answer.text)
    return page


def walk(visitor: Visitor) -> Iterator[Walked]:
    """The pages within reach of this visitor from Start on, the first of every kind."""
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        href = waiting.pop(0)
        if (kind := kind_of(href)) in seen:
            continue
        seen.add(kind)
        assert len(seen) <= MOST, sorted(seen)
        page = read_page(visitor, href)
        if page is not None:
            yield page
            waiting += [link.href for link in page.links if re.match(r"/(?!/)", link.href)]


def demo_user(name: str) -> User:
    return db.session.scalars(sa.select(User).where(User.username == name)).one()
