"""Finds every page that a role can reach: follows links from Start on, one page per kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from playwright.sync_api import Page

MOST = 120  # pages per role; more means that a route's numbers are not recognised
TELLING = {"opleiding"}  # parameters that make another kind of page


@dataclass(frozen=True)
class Found:
    """A page: where it is, its kind (the route with N for numbers), and what it is built of."""

    href: str
    kind: str
    title: str
    shape: frozenset[str]
    faults: tuple[str, ...]  # what is wrong, as far as it shows without drawing the page
    posts: frozenset[str]  # the addresses of its forms that change something


class _Reader(HTMLParser):
    """Collects the links of a page, and each element as a path of tags and classes; words do not count."""

    VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.posts: set[str] = set()
        self.shape: set[str] = set()
        self.title = self.lang = ""
        self.ids: Counter[str] = Counter()
        self.headings: list[str] = []
        self._path: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids[given.get("id") or ""] += 1
        self.lang = given.get("lang") or self.lang if tag == "html" else self.lang
        if re.fullmatch("h[1-6]", tag):
            self.shape.add(f"{self.headings[-1] if self.headings else ''}>{tag}")
            self.headings.append(tag)
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag == "form" and (given.get("method") or "get").lower() == "post":
            self.posts.add(given.get("action") or "")
        telling = [given.get(name) or "" for name in ("class", "role", "type", "aria-invalid", "hidden")]
        names = sorted(given)
        self._path.append(f"{tag}{telling}{names}")
        self.shape.add("/".join(self._path[-4:]))
        if tag in self.VOID:
            self._path.pop()

    def handle_data(self, data: str) -> None:
        if self._path and self._path[-1].startswith("title["):
            self.title += data

    def faults(self) -> list[str]:
        found = [f"id {name!r} {count}x" for name, count in self.ids.items() if name and count > 1]
        if (tops := self.headings.count("h1")) != 1:
            found.append(f"{tops} headings of level 1")
        if self.lang != "nl":
            found.append(f"lang is {self.lang!r}")
        return found

    def handle_endtag(self, tag: str) -> None:
        while self._path:
            if self._path.pop().startswith(f"{tag}["):
                return


def pages_of(page: Page) -> Iterator[Found]:
    """The pages within reach of the signed-in user; a download leads no further.

    They are read over the browser's own connection, without drawing anything.
    """
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        href = waiting.pop(0)
        if (kind := kind_of(href)) in seen:
            continue
        seen.add(kind)
        assert len(seen) <= MOST, sorted(seen)
        answer = page.request.get(href)
        assert answer.status == 200, f"{answer.status}: {href}"
        if "text/html" not in answer.headers["content-type"]:
            continue
        landed = kind_of(urlsplit(answer.url)._replace(scheme="", netloc="").geturl())
        if landed != kind and landed in seen:  # another way to a page that was read
            continue
        seen.add(landed)
        reader = _Reader()
        reader.feed(answer.text())
        yield Found(
            href=href,
            kind=landed,
            title=" ".join(reader.title.split()),
            shape=frozenset(reader.shape),
            faults=tuple(f"{href}: {fault}" for fault in reader.faults()),
            posts=frozenset(urljoin(href, action) for action in reader.posts),
        )
        waiting += [urljoin(href, link) for link in reader.links if link.startswith(("/", "?"))]


def kind_of(href: str) -> str:
    """`/examens/aanmelding/7?q=x` -> `/examens/aanmelding/N`."""
    parts = urlsplit(href)
    telling = sorted({name for name, _value in parse_qsl(parts.query)} & TELLING)
    path = re.sub(r"(?<=/)\d+(?=/|$)", "N", parts.path.rstrip("/") or "/")
    return path + ("?" + "&".join(telling) if telling else "")
