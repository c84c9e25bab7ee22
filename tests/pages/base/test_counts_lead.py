"""A count leads to what it counts: the page behind it shows that very number, in every role."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.entities.users import User
from tests.support.visitor import Visitor
from tests.support.walker import DEMO_USERS, Choice, Walked, demo_user, read_page, walk

pytestmark = pytest.mark.web
VisitorOf = Callable[[User], Visitor]

NUMBER = r"\d{1,3}(?:\.\d{3})*"
# "12 examens", "30", "Alles bekijken (46): De komende dagen", "Te beoordelen, 5"; no codes, times or years.
COUNTED = re.compile(rf"^({NUMBER})(?: [^\W\d]|$)|\(({NUMBER})\)(?::|$)|, ({NUMBER})$")


def counted_in(text: str) -> str:
    """The count that a link's text holds; "" when it holds none."""
    found = COUNTED.search(text)
    return next(filter(None, found.groups()), "") if found else ""


def shown_by(page: Walked) -> set[str]:
    """How many things the page says it holds: "60 gevonden", "1–25 van 60"."""
    return {numbers[-1] for text in page.found if (numbers := re.findall(NUMBER, text))}


def counts_on(page: Walked) -> Iterator[tuple[Choice, str]]:
    for link in (*page.links, *(one for one in page.choices if one.text.endswith(")"))):
        number = counted_in(link.text)
        if number and link.href.startswith("/"):
            yield link, number


@pytest.mark.parametrize("name", DEMO_USERS)
def test_the_page_behind_a_count_shows_that_number(demo: Flask, visitor_of: VisitorOf, name: str) -> None:
    visitor = visitor_of(demo_user(name))
    wrong, checked = set(), set()
    for page in walk(visitor):
        for link, number in counts_on(page):
            if (link.href, number) in checked:
                continue
            checked.add((link.href, number))
            behind = read_page(visitor, link.href)
            assert behind is not None, link
            if number not in shown_by(behind):
                wrong.add(f"{page.href}: “{link.text}” -> {link.href} shows {sorted(shown_by(behind))}")
    assert not wrong, "\n".join(sorted(wrong))


def test_what_is_a_count_is_known_by_its_place() -> None:
    counts = ("12 examens", "30 Vast te stellen", "1.234 studenten", "7", "Alles bekijken (46): De week")
    assert [counted_in(text) for text in counts] == ["12", "30", "1.234", "7", "46"]
    others = (
        "25168-B1K1-PVB Proeve",
        "09:00–11:00 Lokaal 3",
        "Rinse (5914105)",
        "Verkoop (2025)",
        "VZ-IG 2A",
    )
    assert not any(counted_in(text) for text in others)
