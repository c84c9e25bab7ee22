"""What a page says is for people: never how Python names a row, and in the language that it says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from app.actions.access.code_making import issue_codes
from app.entities.base import Model, db
from app.entities.engine import transaction
from app.entities.users import User
from app.pages.base.lists import ListPage
from app.permissions import SYSTEM
from app.views import OTHERS, TABS
from tests.factories import make_user
from tests.support.visitor import Visitor
from tests.support.walker import DEMO_USERS, demo_user, walk
from tests.support.world import World

VisitorOf = Callable[[User | None], Visitor]
REPR = re.compile(r"object at 0x|&lt;app\.|<app\.|&lt;class ")


@pytest.mark.web
@pytest.mark.parametrize("name", DEMO_USERS)
def test_no_page_shows_what_python_calls_a_row(demo: Flask, visitor_of: VisitorOf, name: str) -> None:
    with transaction():
        issue_codes(SYSTEM, [demo_user("student").id], mail=True)
    wrong = [page.href for page in walk(visitor_of(demo_user(name))) if REPR.search(page.text)]
    assert wrong == []


def test_every_row_of_a_list_has_a_name() -> None:
    """Its model says it, or its page does."""
    pages = [page for page in (*(tab.page for tab in TABS), *OTHERS) if issubclass(page, ListPage)]
    assert len(pages) >= 8
    plain = (object.__str__, Model.__str__)
    nameless = [page.__name__ for page in pages if page.datamodel.obj.__str__ in plain]
    named = [page.__name__ for page in pages if page.row_label is not ListPage.row_label]
    assert sorted(set(nameless) - set(named)) == []


def test_the_boxes_of_the_outbox_are_named_by_subject_and_reader(world: World, visitor_of: VisitorOf) -> None:
    reader = make_user("school_examiner", last_name="Vos")
    with transaction():
        issue_codes(SYSTEM, [reader.id], mail=True)
    page = visitor_of(make_user("administrator")).get("/postvak-uit/").text
    boxes = [box for box in re.findall(r"Selecteer ([^<]+)<", page) if "alles op deze" not in box]
    assert boxes
    assert all("@" in box for box in boxes)


@pytest.mark.web
def test_an_update_is_read_in_the_language_of_its_reader(demo: Flask, visitor_of: VisitorOf) -> None:
    reader = demo_user("beheerder")
    dutch = visitor_of(reader).get("/instellingen/").text
    assert "De handleiding is het menu" in dutch
    with transaction():
        db.session.execute(update(User).where(User.id == reader.id).values(language="en"))
    english = visitor_of(demo_user("beheerder")).get("/instellingen/").text
    assert "The manual is the menu" in english
    assert "De handleiding is het menu" not in english


@pytest.mark.web
def test_dutch_texts_on_an_english_page_say_that_they_are_dutch(demo: Flask, visitor_of: VisitorOf) -> None:
    reader = demo_user("beheerder")
    with transaction():
        db.session.execute(update(User).where(User.id == reader.id).values(language="en"))
    visitor = visitor_of(demo_user("beheerder"))
    page = visitor.get("/examenbeheer/1").text
    assert '<html lang="en">' in page
    texts = re.findall(r'<p class="exam-text"([^>]*)>|<p class="exam-criterion">(<[^>]*>)', page)
    assert texts
    assert all('lang="nl"' in "".join(one) for one in texts)
