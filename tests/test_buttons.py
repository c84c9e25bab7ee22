"""Nobody is offered what they may not do: per role, every button of every page is followed."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

import pytest

from app.entities.users import User
from app.permissions import Role
from tests.support.visitor import Visitor
from tests.support.world import World

pytestmark = pytest.mark.everywhere

VisitorOf = Callable[[User | None], Visitor]

LINK = re.compile(r'(?:href|action)="([/?][^"#]*)')
CHOICE = re.compile(r'<select[^>]* name="action".*?</select>', re.DOTALL)
OPTION = re.compile(r'<option value="(\w+)">')
TICKED = re.compile(r'type="checkbox" name="id" value="(\d+)"')
NUMBER = re.compile(r"\d+")
OUT = ("/static", "/bootstrap", "/afmelden", "/taal")
ALIKE = 2  # pages of which only the numbers differ, that are looked at
ASKED = {200, 302, 422}  # the question, on to another question, or a rule that says why not: never 403 or 404
# At least so many different buttons per role: a walk that misses half of the pages proves nothing.
FEWEST = {
    Role.SUPPLIER: 25,
    Role.ADMINISTRATOR: 50,
    Role.SCHOOL_SUPERVISOR: 32,
    Role.COMPANY_SUPERVISOR: 10,
    Role.SCHOOL_EXAMINER: 10,
    Role.COMPANY_EXAMINER: 10,
    Role.EXAM_COMMITTEE: 10,
    Role.STUDENT: 8,
}


@pytest.mark.parametrize("role", Role)
def test_no_button_is_drawn_that_its_action_refuses(world: World, visitor_of: VisitorOf, role: Role) -> None:
    visitor = visitor_of(world.user(role))
    buttons = dict(buttons_within_reach(visitor))
    refused = []
    for button, page in buttons.items():
        answer = visitor.get(button)
        if answer.status_code not in ASKED:
            refused.append(f"{answer.status_code}: {button} on {page}")
    assert refused == []
    assert len({urlsplit(button).path for button in buttons}) >= FEWEST[role]


def buttons_within_reach(visitor: Visitor) -> Iterator[tuple[str, str]]:
    """Each button that does something, with the page where it was found; the pages are walked from Start."""
    waiting, seen, alike = ["/"], {"/"}, Counter[str]()
    while waiting:
        here = waiting.pop(0)
        answer = visitor.get(here)
        if answer.status_code != 200 or not answer.content_type.startswith("text/html"):
            continue
        for link in (*links_of(answer.text, here), *chosen_of(answer.text, here)):
            once = link if "/do/" in link or "opleiding=" in link else urlsplit(link).path
            if once in seen or link.startswith(OUT) or alike[kind_of(link)] == ALIKE:
                continue
            seen.add(once)
            alike[kind_of(link)] += 1
            if "/do/" in link:
                yield link, here
            else:
                waiting.append(link)


def links_of(page: str, here: str) -> Iterator[str]:
    return (urljoin(here, html.unescape(link)) for link in LINK.findall(page))


def chosen_of(page: str, here: str) -> Iterator[str]:
    """What the action list of a page leads to, for its first row."""
    chosen, ticked = CHOICE.search(page), TICKED.search(page)
    if chosen and ticked:
        place = urlsplit(here).path
        yield from (f"{place}do/{name}?id={ticked[1]}" for name in OPTION.findall(chosen[0]))


def kind_of(href: str) -> str:
    """The address without its numbers; of a page without its query too: a filter brings no other buttons."""
    parts = urlsplit(href)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")}) if "/do/" in href else []
    return NUMBER.sub("N", parts.path) + "?" + "&".join(names)
