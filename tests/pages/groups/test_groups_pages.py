"""Studentgroepen as their users see them."""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from app.entities.base import db
from app.entities.students import StudentGroup
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.pages.groups.groups import GroupsPage
from tests.factories import make_group, make_programme, make_student, make_user, refresh, supervise
from tests.support.visitor import Visitor, announced

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


def test_the_list_is_narrowed_by_every_property_and_sorted_by_mentor(visit: Visit) -> None:
    sanne = make_user("school_supervisor", first_name="Sanne", last_name="Zwart").id
    bo = make_user("school_examiner", first_name="Bo", last_name="Adams").id
    make_group(
        name="Eerste", cohort=2024, location="Zuid", colour="teal", mentor_id=sanne, school_year="2025-2026"
    )
    make_group(
        name="Tweede", cohort=2025, location="Noord", colour="red", mentor_id=bo, rule=[make_programme()]
    )
    page = visit("administrator")
    for query in (
        "schooljaar=2025-2026",
        "cohort=2024",
        "locatie=zuid",
        f"mentor={sanne}",
        "mentor=zwart",
        "kleur=teal",
        "leden=hand",
    ):
        text = main_of(page.get(f"/studentgroepen/?{query}").text)
        assert ("Eerste" in text, "Tweede" in text) == (True, False), query
        assert "Filters die nu gelden" in text
    text = main_of(page.get("/studentgroepen/?leden=regel").text)
    assert ("Eerste" in text, "Tweede" in text, "Alle actieve studenten van" in text) == (False, True, True)
    assert "Geen enkele rij past" in page.get("/studentgroepen/?cohort=x&leden=y").text
    text = main_of(page.get("/studentgroepen/?order=mentor").text)
    assert text.index("Tweede") < text.index("Eerste")


def test_a_group_shows_its_students_page_by_page(visit: Visit) -> None:
    group = make_group(*(make_student(last_name=f"Klas{n:02}") for n in range(27)), name="Groot")
    page = visit("administrator")
    first = main_of(page.get(f"/studentgroepen/{group.id}").text)
    assert ("Studenten (27)" in first, "Klas24" in first, "Klas25" in first) == (True, True, False)
    second = main_of(page.get(f"/studentgroepen/{group.id}?ledenpagina=2").text)
    assert ("26–27 van 27" in second, "Klas26" in second, "Klas24" in second) == (True, True, False)


def test_students_are_put_in_on_the_groups_page_after_a_question_with_their_names(visit: Visit) -> None:
    student = make_student(last_name="Nieuw")
    group = make_group(name="Klas")
    page, path = (
        visit("administrator"),
        f"/studentgroepen/do/add_members?id={group.id}&back=%2Fstudentgroepen%2F{group.id}",
    )
    assert f'href="{path}"' in html.unescape(page.get(f"/studentgroepen/{group.id}").text)
    question = main_of(page.post(path, {"students": str(student.id)}).text)
    assert ("1 student toegevoegd aan Klas." in question, student.list_name in question) == (True, True)
    answer = page.do(path, {"students": str(student.id)})
    assert answer.headers["Location"] == f"/studentgroepen/{group.id}"
    assert "Studenten (1)" in page.get(f"/studentgroepen/{group.id}").text


def test_a_rule_is_tried_before_it_is_saved_and_then_stands_on_the_page(visit: Visit) -> None:
    programme = make_programme(crebo="25656", name="Verzorgende-IG", cohort=2025)
    student, leaves = make_student(programme, last_name="Regel"), make_student(last_name="Eruit")
    group, words = make_group(leaves, name="VIG"), "Alle actieve studenten van Verzorgende-IG (25656, 2025)"
    page, form = visit("administrator"), {"version": "1", "programmes": str(programme.id)}
    path = f"/studentgroepen/do/set_rule?id={group.id}&back=/studentgroepen/{group.id}"
    question = main_of(page.post(path, form).text)
    for told in (f"VIG: 1 student. {words}.", "Niet meer in de groep: 1 student.", student.list_name):
        assert told in question
    assert "Eruit, Fleur" in page.get(f"/studentgroepen/{group.id}").text
    page.do(path, form)
    shown = main_of(page.get(f"/studentgroepen/{group.id}").text)
    for told in (words, "Studenten (1)", "Regel, Fleur", "Regel wijzigen", "Regel loslaten"):
        assert told in shown
    assert "add_members" not in shown
    assert main_of(page.get(path).text).count("checked") == 1


def test_groups_are_taken_along_as_a_file_that_the_import_knows(visit: Visit) -> None:
    student = make_student(first_name="Fleur", infix="", last_name="Berg")
    mentor = make_user("school_supervisor", first_name="Sanne", infix="de", last_name="Bakker")
    group = make_group(student, name="VIG", colour="teal", mentor_id=mentor.id, school_year="2026-2027")
    page, path = visit("administrator"), f"/studentgroepen/do/export_groups?id={group.id}"
    for content, line in (
        ("groups", "VIG;2025;2026-2027;;Turquoise;Sanne de Bakker;Met de hand;1"),
        ("members", f"VIG;{student.number};Fleur;;Berg"),
    ):
        for _time in range(2):  # the browser asks for a download once more: noted once
            file = page.do(path, {"kind": "csv", "content": content, "token": "e" * 43})
            assert file.data.decode("utf-8-sig").splitlines()[1] == line
    refresh()
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "export_groups"))
    assert [entry.object_type for entry in entries] == ["StudentGroup", "Student"], "two files, two entries"


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


def test_a_list_by_number_is_come_back_to_at_the_same_page(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GroupsPage, "page_size", 2)
    third = [make_group(name=f"Klas {n}") for n in range(4)][2].id
    visitor = visit("administrator")
    page = html.unescape(visitor.get("/studentgroepen/?q=klas&page=2").text)
    here = f"/studentgroepen/{third}?q=klas&page=2"
    assert f'href="{here}"' in page
    change = f"/studentgroepen/do/change_group?id={third}&q=klas&page=2"
    assert f'href="{change}"' in page
    assert 'href="/studentgroepen/?q=klas&page=2"' in html.unescape(visitor.get(change).text)
    group = html.unescape(visitor.get(here).text)
    assert '<p class="back"><a href="/studentgroepen/?q=klas&page=2"' in group
    assert f"/studentgroepen/do/change_group?{urlencode({'id': third, 'back': here})}" in group


def test_what_an_action_makes_is_no_part_of_what_was_announced(visit: Visit) -> None:
    """A database gives each run other numbers, also when the first one was only to show what would happen."""
    group, page = make_group(name="VZ-IG 2A", school_year="2026-2027", cohort=2025), visit("administrator")
    path = f"/studentgroepen/do/copy_groups?id={group.id}"
    for _time in range(2):
        asked = page.post(path)
    assert page.post(path, announced(asked)).status_code == 302
    refresh()
    years = db.session.scalars(select(StudentGroup.school_year).order_by(StudentGroup.school_year)).all()
    assert years == ["2026-2027", "2027-2028"]
