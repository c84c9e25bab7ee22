"""Mijn onderwijsvoortgang, and what supervisors and the committee see of it (manual, step 4e)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from app.entities.base import db
from app.entities.progress import AssignmentDone, ConditionalAssignment, ProgressMeasure
from app.entities.users import User
from tests.factories import make_elective, make_programme, make_student, make_user, refresh, save
from tests.support.forms import forms_on
from tests.support.queries import counted

OWN = "/mijn-onderwijsvoortgang/"
ALL_RATINGS = select(ProgressMeasure).order_by(ProgressMeasure.id)
TAB = '<span class="side-label">Mijn onderwijsvoortgang</span>'


@pytest.fixture
def scene(app) -> dict[str, Any]:
    programme, elective = make_programme(), make_elective()
    process = programme.core_tasks[0].work_processes[0].id
    task = ConditionalAssignment(elective_id=elective.id, position=1, title="Observatieverslag")
    save(task)
    user: User = make_user("student", first_name="Fleur")
    supervisor: User = make_user("company_supervisor", first_name="Omar")
    student = make_student(
        programme,
        elective,
        user_id=user.id,
        progress_available=True,
        supervisors=((supervisor, "company_supervisor"),),
    )
    return {
        "user": user,
        "supervisor": supervisor,
        "id": student.id,
        "process": process,
        "task": task.id,
        "field": f"baseline_{process}",
        "programme": programme,
    }


def checked(page: str) -> set[str]:
    """name=value of every radio button and box that is on."""
    found = re.findall(r'<input[^>]*name="([^"]+)" value="([^"]*)" checked', page)
    return {f"{name}={value}" for name, value in found}


def test_the_tab_and_the_page_are_there_when_made_available(scene, visitor_of):
    student = visitor_of(scene["user"])
    assert TAB in student.get("/").text
    page = student.get(OWN)
    assert page.status_code == 200
    assert all(
        word in page.text
        for word in ("Nulmeting", "Voortgangsmeting", "Nooit", "Oefenen", "Observatieverslag")
    )


def test_not_made_available_there_is_no_tab_and_no_page(app, visitor_of):
    user = make_user("student")
    make_student(make_programme(), user_id=user.id, progress_available=False)
    student = visitor_of(user)
    assert TAB not in student.get("/").text
    assert student.get(OWN).status_code == 404
    assert student.post(OWN, {}).status_code == 404


def test_a_student_account_without_a_student_has_no_page(visit):
    assert visit("student").get(OWN).status_code == 404


@pytest.mark.parametrize("role", ["administrator", "company_supervisor", "exam_committee"])
def test_the_page_is_for_students(visit, role):
    assert visit(role).get(OWN).status_code == 403


def test_a_student_fills_in_and_sees_it_back(scene, visitor_of):
    student = visitor_of(scene["user"])
    answer = student.post(OWN, {scene["field"]: "2"})
    assert answer.headers["Location"].endswith(OWN)
    page = student.get(OWN).text
    assert "1 antwoord opgeslagen." in page
    assert checked(page) == {f"{scene['field']}=2"}


def test_each_sees_the_others_answer_with_name_and_date(scene, visitor_of):
    student, supervisor = visitor_of(scene["user"]), visitor_of(scene["supervisor"])
    address = f"/voortgang/{scene['id']}"
    student.post(OWN, {scene["field"]: "1"})
    supervisor.post(address, {scene["field"]: "3"})
    mine, theirs = student.get(OWN).text, supervisor.get(address).text
    assert checked(mine) == {f"{scene['field']}=1"}
    assert "<strong>Goed</strong>" in mine
    assert re.search(r"Omar Bakker\d+, \d\d-\d\d-\d{4}", mine)
    assert checked(theirs) == {f"{scene['field']}=3"}
    assert "<strong>Oefenen</strong>" in theirs


def test_a_supervisor_finds_the_own_students_and_no_other(scene, visitor_of):
    other = make_student(make_programme(), last_name="Elders", progress_available=True)
    supervisor = visitor_of(scene["supervisor"])
    page = supervisor.get("/voortgang/").text
    assert f'href="/voortgang/{scene["id"]}"' in page
    assert "Elders" not in page
    assert supervisor.get(f"/voortgang/{other.id}").status_code == 404
    assert supervisor.post(f"/voortgang/{other.id}", {}).status_code == 404


def test_a_supervisor_ticks_an_assignment_and_the_student_sees_it(scene, visitor_of):
    address, task = f"/voortgang/{scene['id']}", scene["task"]
    visitor_of(scene["supervisor"]).post(address, {f"was_{task}": "0", f"done_{task}": "1"})
    assert "genoteerd door Omar" in visitor_of(scene["user"]).get(OWN).text


def test_a_form_opened_before_a_colleagues_tick_does_not_undo_it(scene, visitor_of):
    address, task = f"/voortgang/{scene['id']}", scene["task"]
    supervisor = visitor_of(scene["supervisor"])
    supervisor.post(address, {f"was_{task}": "0", f"done_{task}": "1"})
    supervisor.post(address, {f"was_{task}": "0", scene["field"]: "1"})  # the older page, without the tick
    refresh()
    assert db.session.scalars(select(AssignmentDone.assignment_id)).all() == [task]


def test_before_it_is_available_a_supervisor_reads_why_not(app, visitor_of):
    supervisor = make_user("company_supervisor")
    student = make_student(make_programme(), supervisors=((supervisor, "company_supervisor"),))
    visitor, address = visitor_of(supervisor), f"/voortgang/{student.id}"
    page = visitor.get(address)
    assert "zodra de school de studievoortgang" in page.text
    assert 'type="radio"' not in page.text
    answer = visitor.post(address, {"baseline_1": "2"})
    assert answer.status_code == 422
    assert "nog niet beschikbaar gesteld" in answer.text


@pytest.mark.parametrize("role", ["administrator", "exam_committee"])
def test_who_reads_can_change_nothing(scene, visit, role):
    reader, address = visit(role), f"/voortgang/{scene['id']}"
    page = reader.get(address)
    assert page.status_code == 200
    assert 'type="radio"' not in page.text
    assert reader.post(address, {scene["field"]: "2"}).status_code == 403
    refresh()
    assert db.session.scalars(select(ProgressMeasure)).all() == []


@pytest.mark.parametrize("role", ["school_examiner", "company_examiner", "student", "supplier"])
def test_others_do_not_get_in(scene, visit, role):
    visitor = visit(role)
    assert (
        visitor.get("/voortgang/").status_code == visitor.get(f"/voortgang/{scene['id']}").status_code == 403
    )


@pytest.mark.parametrize("value", ["4", "-1", "veel", "2.5", ""])
def test_an_answer_that_is_not_on_the_scale_gets_a_sentence(scene, visitor_of, value):
    answer = visitor_of(scene["user"]).post(OWN, {scene["field"]: value})
    assert answer.status_code == 422
    assert "Kies bij elk werkproces Nooit, Oefenen, Voldoende of Goed." in answer.text


def test_an_unknown_work_process_is_not_found(scene, visitor_of):
    assert visitor_of(scene["user"]).post(OWN, {"baseline_999999": "1"}).status_code == 404


def test_the_list_can_be_filtered_on_availability(scene, visitor_of):
    closed = make_student(
        scene["programme"], last_name="Dicht", supervisors=((scene["supervisor"], "company_supervisor"),)
    )
    supervisor = visitor_of(scene["supervisor"])
    assert "Dicht" in supervisor.get("/voortgang/?beschikbaar=nee").text
    assert f'href="/voortgang/{closed.id}"' not in supervisor.get("/voortgang/?beschikbaar=ja").text
    assert "Niets gevonden" in supervisor.get("/voortgang/?beschikbaar=misschien").text


def test_the_pages_stay_within_their_queries(scene, visitor_of, visit):
    student, supervisor = visitor_of(scene["user"]), visitor_of(scene["supervisor"])
    for visitor, address in (
        (student, OWN),
        (supervisor, "/voortgang/"),
        (supervisor, f"/voortgang/{scene['id']}"),
    ):
        with counted() as statements:
            assert visitor.get(address).status_code == 200
        assert len(statements) <= 15, address


def test_the_list_costs_as_much_with_twenty_students_as_with_two(scene, visitor_of):
    supervisor = visitor_of(scene["supervisor"])
    costs = []
    for more in (1, 18):
        for _each in range(more):
            make_student(make_programme(), supervisors=((scene["supervisor"], "company_supervisor"),))
        with counted() as statements:
            supervisor.get("/voortgang/")
        costs.append(len(statements))
    assert costs[0] == costs[1]


def sent(page: str) -> dict[str, str]:
    """What a browser would send of the sheet as it stands."""
    fields = forms_on(page)[""]
    return {one.name: one.values[0] for one in fields.values() if one.values and one.name != "csrf_token"}


def own_ratings() -> dict[str, int]:
    refresh()
    return {f"{row.kind}_{row.work_process_id}": row.rating for row in db.session.scalars(ALL_RATINGS)}


@pytest.mark.parametrize("who", ["student", "supervisor"])
def test_an_older_tab_puts_nothing_back_and_asks_about_what_both_changed(scene, visitor_of, who):
    visitor = visitor_of(scene["user" if who == "student" else "supervisor"])
    address = OWN if who == "student" else f"/voortgang/{scene['id']}"
    touched, both = scene["field"], f"progress_{scene['process']}"
    visitor.post(address, {touched: "0", both: "0"})
    first = sent(visitor.get(address).text)
    visitor.post(address, {**sent(visitor.get(address).text), touched: "3", both: "3"})
    late = visitor.post(address, {**first, both: "1"})
    assert late.status_code == 422
    assert "Voortgangsmeting (daar Goed, hier Oefenen)" in late.text
    assert "Intussen opgeslagen in een ander tabblad: Goed." in late.text
    assert checked(late.text) == {f"{touched}=3", f"{both}=1"}, "what was typed, else what is there"
    assert own_ratings() == {touched: 3, both: 3}
    assert visitor.post(address, sent(late.text)).status_code == 302
    assert own_ratings() == {touched: 3, both: 1}


def test_a_sheet_that_is_refused_keeps_what_was_typed(scene, visitor_of):
    address, task = f"/voortgang/{scene['id']}", scene["task"]
    supervisor = visitor_of(scene["supervisor"])
    form = sent(supervisor.get(address).text)
    other = f"progress_{scene['process']}"
    late = supervisor.post(address, {**form, scene["field"]: "2", other: "9", f"done_{task}": "1"})
    assert late.status_code == 422
    assert checked(late.text) == {f"{scene['field']}=2", f"done_{task}=1"}
    assert "in een ander tabblad" not in late.text
