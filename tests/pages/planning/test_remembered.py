"""Examens remembers where its reader is: in every way back, and from visit to visit."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.users.couplings import uncouple_from_programmes
from app.entities.base import db
from app.entities.lists import ListView
from app.entities.programmes import Programme
from app.entities.users import User
from app.permissions import SYSTEM
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.support.visitor import Visitor

pytestmark = pytest.mark.web
VisitorOf = Callable[[User], Visitor]

LINK = re.compile(r'<a [^>]*href="([^"]+)"')


@dataclass(frozen=True)
class Place:
    """Two programmes, and a planned and an open exam of a student in the second."""

    other: Programme
    programme: Programme
    registration: int
    planner: User


@pytest.fixture
def place(app: Flask) -> Place:
    other, programme = make_programme(), make_programme()
    exam = make_exam(programme, tasks=2)
    make_exam(programme)
    student = make_student(programme, last_name="Vos", search="fleur vos")
    make_student(other)
    registration = make_registration(student, exam)
    for task in exam.tasks:
        make_sitting(registration, task, school_examiner=make_user("school_examiner"))
    return Place(other, programme, registration.id, make_user("administrator"))


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def links_of(page: str) -> list[str]:
    return [html.unescape(href) for href in LINK.findall(main_of(page))]


def programme_in(href: str) -> str:
    return "".join(parse_qs(urlsplit(href).query).get("opleiding", []))


def chosen(page: str) -> str:
    """The programme that stands in the filter."""
    select_ = page.partition('name="opleiding"')[2].partition("</select>")[0]
    found = re.search(r'<option value="(\d*)" selected', select_)
    return found[1] if found else ""


def test_every_way_back_from_a_block_keeps_the_programme_and_the_filters(
    place: Place, visitor_of: VisitorOf
) -> None:
    visitor = visitor_of(place.planner)
    overview = visitor.get(f"/examens/?opleiding={place.programme.id}&q=vos").text
    blocks = [href for href in links_of(overview) if "/aanmelding/" in href or "/examens/do/" in href]
    assert len(blocks) == 3  # the planned exam, its bin, and the open one
    lost, seen, waiting = [], set(), blocks
    while waiting:
        href = waiting.pop()
        if href in seen or not href.startswith("/examens/"):
            continue
        seen.add(href)
        if programme_in(href) != str(place.programme.id) or "q=vos" not in href:
            lost.append(href)
            continue
        if urlsplit(href).path != "/examens/":
            page = visitor.get(href, follow_redirects=True)
            assert page.status_code == 200, href
            waiting += [link for link in links_of(page.text) if link.startswith("/examens/")]
    assert not lost
    assert any("do/plan_exam" in href and "aanmelding" in href for href in seen)
    assert any("do/replace_school_examiner" in href for href in seen)
    assert sum(urlsplit(href).path == "/examens/" for href in seen) >= 1


def test_cancelling_what_began_at_an_examenaanmelding_leads_to_it(
    place: Place, visitor_of: VisitorOf
) -> None:
    visitor = visitor_of(place.planner)
    here = f"/examens/aanmelding/{place.registration}?opleiding={place.programme.id}"
    buttons = [href for href in links_of(visitor.get(here).text) if "/examens/do/" in href]
    assert any("remove_planning" in href for href in buttons)
    for href in buttons:
        page = visitor.get(href).text
        back = re.findall(r'href="([^"]+)">Annuleren</a>', page)
        assert [html.unescape(one) for one in back] == [here], href


def test_when_the_planning_is_gone_the_overview_of_its_programme_comes_back(
    place: Place, visitor_of: VisitorOf
) -> None:
    visitor = visitor_of(place.planner)
    here = f"/examens/aanmelding/{place.registration}?opleiding={place.programme.id}"
    links = links_of(visitor.get(here).text)
    removing = next(href for href in links if "remove_planning" in href)
    answer = visitor.do(removing)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"/examens/?opleiding={place.programme.id}")


def test_a_page_opened_from_the_list_of_all_programmes_leads_back_to_it(
    place: Place, visitor_of: VisitorOf
) -> None:
    visitor = visitor_of(place.planner)
    listed = visitor.get("/examens/momenten/?q=vos").text
    opened = next(href for href in links_of(listed) if "/aanmelding/" in href)
    page = visitor.get(opened).text
    assert "/examens/momenten/?q=vos" in links_of(page)
    changing = next(href for href in links_of(page) if "plan_exam" in href)
    cancelled = next(href for href in links_of(visitor.get(changing).text) if "/aanmelding/" in href)
    assert "/examens/momenten/?q=vos" in links_of(visitor.get(cancelled).text)


def test_the_programme_is_there_again_at_the_next_visit(place: Place, visitor_of: VisitorOf) -> None:
    assert chosen(visitor_of(place.planner).get("/examens/").text) == ""
    visitor_of(place.planner).get(f"/examens/?opleiding={place.programme.id}")
    later = visitor_of(place.planner).get("/examens/")
    assert later.headers["Location"].endswith(f"/examens/?opleiding={place.programme.id}")
    assert chosen(visitor_of(make_user("administrator")).get("/examens/").text) == "", "it is one's own"


def test_an_address_with_a_programme_wins_over_what_is_remembered(
    place: Place, visitor_of: VisitorOf
) -> None:
    visitor = visitor_of(place.planner)
    visitor.get(f"/examens/?opleiding={place.programme.id}")
    assert chosen(visitor.get(f"/examens/?opleiding={place.other.id}").text) == str(place.other.id)
    assert visitor.get("/examens/").headers["Location"].endswith(f"opleiding={place.other.id}")
    refresh()
    assert len(db.session.scalars(select(ListView)).all()) == 1


def test_other_filters_stay_when_the_programme_is_remembered(place: Place, visitor_of: VisitorOf) -> None:
    visitor = visitor_of(place.planner)
    visitor.get(f"/examens/?opleiding={place.programme.id}")
    page = visitor.get("/examens/?q=vos", follow_redirects=True).text
    assert chosen(page) == str(place.programme.id)
    assert 'value="vos"' in page


def test_a_programme_that_is_no_longer_theirs_is_forgotten(app: Flask, visitor_of: VisitorOf) -> None:
    programmes = [make_programme() for _ in range(3)]
    me = make_user("school_supervisor", programmes=programmes)
    visitor = visitor_of(me)
    visitor.get(f"/examens/?opleiding={programmes[0].id}")
    assert visitor.get("/examens/").status_code == 302
    run(uncouple_from_programmes, SYSTEM, [me.id], programmes=[programmes[0].id])
    assert visitor.get("/examens/").status_code == 200


def test_with_one_programme_it_is_chosen(app: Flask, visitor_of: VisitorOf) -> None:
    programme = make_programme()
    make_student(programme, last_name="Vos")
    page = visitor_of(make_user("school_supervisor", programmes=[programme])).get("/examens/").text
    assert chosen(page) == str(programme.id)


def test_an_empty_block_says_that_it_plans_to_whom_it_lets_plan(place: Place, visitor_of: VisitorOf) -> None:
    says = "Nog niet ingepland: klik om in te plannen"
    href = f"/examens/?opleiding={place.programme.id}"
    assert says in main_of(visitor_of(place.planner).get(href).text)
    assert says not in main_of(visitor_of(make_user("exam_committee")).get(href).text)
