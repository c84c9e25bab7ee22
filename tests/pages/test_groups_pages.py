"""Studentgroepen as their users see them."""

from __future__ import annotations

import html
from collections.abc import Callable

from sqlalchemy import select

from app.entities.base import db
from app.entities.students import StudentGroup
from app.entities.users import User
from tests.factories import make_group, make_student, refresh, supervise
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
GROUP = {
    "name": "VZ-IG 2A",
    "cohort": "2025",
    "school_year": "2026-2027",
    "location": "Zorgplein",
    "colour": "teal",
}


def main_of(page: str) -> str:
    return html.unescape(page[page.index('<main id="main"') : page.index("</main>")])


def test_a_group_is_added_with_the_plus_button(visit: Visit) -> None:
    visitor = visit("administrator")
    assert "Studentgroep toevoegen" in visitor.get("/studentgroepen/").text
    answer = visitor.do("/studentgroepen/do/add_group", GROUP)
    refresh()
    group = db.session.scalars(select(StudentGroup)).one()
    assert answer.headers["Location"] == f"/studentgroepen/{group.id}"
    page = main_of(visitor.get(f"/studentgroepen/{group.id}").text)
    for text in ("VZ-IG 2A", "2025", "2026-2027", "Zorgplein", "Turquoise"):
        assert text in page


def test_mistakes_stand_at_their_fields_and_the_rest_is_kept(visit: Visit) -> None:
    make_group(name="VZ-IG 2A")
    answer = visit("administrator").do(
        "/studentgroepen/do/add_group",
        {**GROUP, "cohort": "25", "school_year": "2026-2030", "colour": "roze"},
    )
    page = main_of(answer.text)
    assert answer.status_code == 422
    for text in (
        "Er is al een studentgroep met deze naam.",
        "bedoelt u 2026-2027?",
        'id="cohort-error"',
        'id="colour-error"',
    ):
        assert text in page
    assert 'value="Zorgplein"' in page


def test_the_list_counts_visible_students(visit: Visit) -> None:
    visitor = visit("school_supervisor")
    own = make_student(last_name="Eigen")
    supervise(own, db.session.get_one(User, visitor.user_id), "school_supervisor")
    group = make_group(own, make_student(last_name="Ander"), name="Samen")
    make_group(make_student(), name="Van een ander")
    page = main_of(visitor.get("/studentgroepen/").text)
    assert "Samen" in page
    assert "Van een ander" not in page
    shown = main_of(visitor.get(f"/studentgroepen/{group.id}").text)
    assert "Studenten (1)" in shown
    assert "Eigen, Fleur" in shown
    assert "Ander, Fleur" not in shown


def test_an_old_form_is_told_apart(visit: Visit) -> None:
    group = make_group(name="VZ-IG 1A")
    path = f"/studentgroepen/do/change_group?id={group.id}"
    visit("administrator").do(path, {**GROUP, "version": "1"})
    answer = visit("administrator").do(path, {**GROUP, "name": "Anders", "version": "1"})
    assert answer.status_code == 422
    assert "Naam: VZ-IG 1A → VZ-IG 2A" in html.unescape(answer.text)
    assert 'value="Anders"' in answer.text


def test_a_group_is_removed_after_a_question_and_only_by_a_post(visit: Visit) -> None:
    student = make_student()
    group = make_group(student, name="VZ-IG 2A")
    visitor = visit("administrator")
    path = f"/studentgroepen/do/remove_group?id={group.id}"
    question = main_of(visitor.get(path).text)
    assert "De studenten zelf blijven bestaan" in question
    assert "VZ-IG 2A" in question
    refresh()
    group_id = group.id
    assert db.session.get(StudentGroup, group_id) is not None
    assert visitor.do(path).headers["Location"] == "/studentgroepen/"
    refresh()
    assert db.session.get(StudentGroup, group_id) is None
