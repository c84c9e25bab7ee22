"""The way back: after any button of a list, or of the page of a row, the user is where they were."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from sqlalchemy import update

from app.actions.access.code_making import issue_codes
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.permissions import SYSTEM
from tests.factories import make_group, make_programme, make_student, make_user
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]

BUTTON = re.compile(r'(?:href|action)="(/[^"]*/do/[^"]*)"')
CANCEL = re.compile(r'href="([^"]+)">(?:Annuleren|Terug naar de lijst)</a>')
BACK = re.compile(r'<p class="back"><a href="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True)
class Area:
    """A list with pages of rows: where, how one looks for "Vos" there, and what makes a few of them."""

    path: str
    query: str
    make: Callable[[], list[int]]


def _users() -> list[int]:
    programme = make_programme()
    made = [make_user("school_examiner", last_name=f"Vos{n}", programmes=[programme]).id for n in range(5)]
    _mailed(made)
    return made


def _students() -> list[int]:
    programme = make_programme()
    made = []
    for n in range(5):
        user = make_user("student", last_name=f"Vos{n}")
        student = make_student(programme, last_name=f"Vos{n}", search=f"fleur vos{n}", user_id=user.id)
        make_group(student)
        made.append(student.id)
        _mailed([user.id])
    return made


def _groups() -> list[int]:
    return [make_group(make_student(), name=f"Vos{n}").id for n in range(5)]


def _mailed(user_ids: list[int]) -> None:
    """A mail that came to nothing: it can be sent again."""
    with transaction():
        issue_codes(SYSTEM, user_ids, mail=True)
        db.session.execute(update(OutboxMail).values(state="failed"))


AREAS = (
    Area("/gebruikers/", "q=vos&rol=school_examiner&order=name&down=1&size=2&page=2", _users),
    Area("/studenten/", "q=vos&order=number&size=2&na={0}", _students),
    Area("/studentgroepen/", "q=vos&cohort=2025&order=name&size=2&page=2", _groups),
)
areas = pytest.mark.parametrize("area", AREAS, ids=lambda area: area.path)


def buttons_of(page: str) -> list[str]:
    """Where the buttons of a page lead that do something, the frame left out."""
    return sorted({html.unescape(href) for href in BUTTON.findall(main_of(page))})


def main_of(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def same(href: str, other: str) -> bool:
    """The same page with the same query, in whatever order."""
    one, two = urlsplit(href), urlsplit(other)
    return (one.path, parse_qs(one.query)) == (two.path, parse_qs(two.query))


def cancelled(visitor: Visitor, button: str) -> str:
    """Where one comes who thinks better of it."""
    answer = visitor.get(button, follow_redirects=True)
    assert answer.status_code == 200, button
    found = CANCEL.search(answer.text)
    assert found, f"no way back on {button}"
    return html.unescape(found[1])


def row_page(visitor: Visitor, area: Area, here: str) -> str:
    """The page of the first row, as the list links to it."""
    found = re.search(rf'href="({area.path}\d+[^"]*)"', visitor.get(here).text)
    assert found
    return html.unescape(found[1])


@areas
def test_every_button_of_a_list_leads_back_to_the_same_place(visit: Visit, area: Area) -> None:
    here = f"{area.path}?{area.query.format(*area.make())}"
    visitor = visit("administrator")
    page = visitor.get(here).text
    buttons = buttons_of(page)
    assert len(buttons) >= 3
    for button in buttons:
        assert same(cancelled(visitor, button), here), button


@areas
def test_every_action_of_the_action_list_leads_back_to_the_same_place(visit: Visit, area: Area) -> None:
    ids = area.make()
    here = f"{area.path}?{area.query.format(*ids)}"
    visitor = visit("administrator")
    page = main_of(visitor.get(here).text)
    form = page[page.index(f'action="{area.path}choose/"') :]
    hidden = "&".join(f"{name}={value}" for name, value in HIDDEN.findall(form))
    actions = re.findall(r'<option value="(\w+)">', form[form.index('name="action"') :])
    assert len(actions) >= 3
    for action in actions:
        chosen = f"{area.path}choose/?action={action}&id={ids[2]}&{hidden}"
        assert same(cancelled(visitor, chosen), here), action


@areas
def test_every_button_of_a_rows_page_leads_back_to_that_page(visit: Visit, area: Area) -> None:
    here = f"{area.path}?{area.query.format(*area.make())}"
    visitor = visit("administrator")
    row = row_page(visitor, area, here)
    page = visitor.get(row).text
    assert same(html.unescape(BACK.findall(page)[0]), here)
    buttons = buttons_of(page)
    assert len(buttons) >= 5
    assert any("/studenten/do/print_student_codes" in one for one in buttons) or area.path == "/gebruikers/"
    assert any("send_again" in one for one in buttons) or area.path == "/studentgroepen/"
    for button in buttons:
        assert cancelled(visitor, button) == row, button


@pytest.mark.parametrize(
    ("area", "action", "typed"),
    [
        (AREAS[0], "deactivate_users", {}),
        (AREAS[1], "release_progress", {"available": "on"}),
        (AREAS[2], "add_members", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_done_on_a_rows_page_leads_back_to_it(
    visit: Visit, area: Area, action: str, typed: dict[str, str]
) -> None:
    here = f"{area.path}?{area.query.format(*area.make())}"
    visitor = visit("administrator")
    row = row_page(visitor, area, here)
    button = next(one for one in buttons_of(visitor.get(row).text) if f"/do/{action}?" in one)
    given = {"students": str(make_student().id)} if action == "add_members" else typed
    answer = visitor.do(button, given)
    assert (answer.status_code, answer.headers["Location"]) == (302, row)


def test_a_row_that_is_gone_leads_back_to_its_list(visit: Visit) -> None:
    area = AREAS[2]
    here = f"{area.path}?{area.query.format(*area.make())}"
    visitor = visit("administrator")
    row = row_page(visitor, area, here)
    button = next(one for one in buttons_of(visitor.get(row).text) if "/do/remove_group?" in one)
    assert same(visitor.do(button).headers["Location"], here)


def test_what_was_added_leads_back_to_the_list_too(visit: Visit) -> None:
    area = AREAS[2]
    here = f"{area.path}?{area.query.format(*area.make())}"
    visitor = visit("administrator")
    button = next(one for one in buttons_of(visitor.get(here).text) if "/do/add_group" in one)
    made = visitor.do(button, {"name": "Nieuw", "cohort": "2025"}).headers["Location"]
    assert urlsplit(made).path != area.path
    assert same(html.unescape(BACK.findall(visitor.get(made).text)[0]), here)


@pytest.mark.parametrize("back", ["//elders.example", "https://elders.example", "/\\elders.example", "user"])
def test_no_address_leads_out_of_the_application(visit: Visit, back: str) -> None:
    student = make_student()
    page = f"/studenten/do/release_progress?id={student.id}&q=fleur&back={back}"
    assert cancelled(visit("administrator"), page) == "/studenten/?q=fleur"


@pytest.mark.parametrize(
    "back", ["//[", "http://[x]y/studenten/1", "//\u2100", "https://elders.example/studenten/999999?q=x"]
)
def test_an_action_that_was_done_says_so_whatever_stands_behind_back(visit: Visit, back: str) -> None:
    student = make_student()
    page = f"/studenten/do/release_progress?id={student.id}&q=fleur&back={quote(back)}"
    answer = visit("administrator").do(page, {"available": "on"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/studenten/?q=fleur")
