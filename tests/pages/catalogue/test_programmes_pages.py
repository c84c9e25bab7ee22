"""Opleidingen (manual, step 1): what the school may use, who to ask for what is missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.entities.programmes import CoreTask, Programme, ProgrammeElective, WorkProcess
from tests.factories import make_elective, make_exam, make_programme, make_student, make_user, save
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]


def offer(programme: Programme, *electives: object) -> None:
    save(*(ProgrammeElective(programme_id=programme.id, elective_id=e.id) for e in electives))  # type: ignore[attr-defined]


def test_the_list_shows_crebo_level_learning_path_and_cohort(visit: Visit) -> None:
    make_programme(name="Gastheer/-vrouw", crebo="25168", level=2, learning_path="BBL", cohort=2024)
    page = visit("administrator").get("/opleidingen/").text
    for text in ("Gastheer/-vrouw", "25168", "BBL", "2024"):
        assert text in page


def test_the_page_says_how_to_reach_the_supplier(visit: Visit) -> None:
    page = visit("administrator").get("/opleidingen/").text
    assert "Staat uw opleiding er niet tussen?" in page
    assert 'href="mailto:support@example.nl"' in page
    assert 'href="tel:0850001234"' in page


def test_exams_are_counted_with_those_of_the_electives_and_students_as_far_as_in_sight(
    visit: Visit, visitor_of: Callable[..., Visitor]
) -> None:
    programme, elective = make_programme(), make_elective()
    offer(programme, elective)
    make_exam(programme)
    make_exam(programme, current=False)
    make_exam(elective)
    supervisor = make_user("school_supervisor", programmes=[programme])
    make_student(programme, supervisors=((supervisor, "school_supervisor"),))
    make_student(programme)
    make_student(programme, active=False)
    exams = f'<a href="/examenbeheer/?opleiding={programme.id}">2</a>'
    for visitor, students in ((visit("administrator"), 2), (visitor_of(supervisor), 1)):
        page = visitor.get("/opleidingen/").text
        assert exams in page
        assert f'data-label="Studenten" class="numeric">{students}</td>' in page


def test_the_supplier_sees_no_count_of_students(visit: Visit) -> None:
    make_student(make_programme())
    assert "Studenten" not in visit("supplier").get("/opleidingen/").text


def test_filters_narrow_the_list_and_nonsense_finds_nothing(visit: Visit) -> None:
    make_programme(name="Kok", level=2, cohort=2024)
    make_programme(name="Verzorgende-IG", level=3, cohort=2025)
    visitor = visit("administrator")
    for query, shown in (
        ("q=kok", {"Kok"}),
        ("niveau=3", {"Verzorgende-IG"}),
        ("cohort=2024", {"Kok"}),
        ("niveau=3&cohort=2024", set()),
        ("niveau=abc", set()),
        ("cohort=99999999999999999999", set()),
        ("q=%25", set()),
    ):
        page = visitor.get(f"/opleidingen/?{query}").text
        for name in ("Kok", "Verzorgende-IG"):
            assert (f">{name}</a>" in page) == (name in shown), query


def test_a_programme_shows_work_processes_in_natural_order_its_exams_and_its_electives(visit: Visit) -> None:
    programme, elective = make_programme(), make_elective(name="Zorgtechnologie")
    offer(programme, elective)
    exam = make_exam(programme, title="Proeve in de praktijk")
    long_task = CoreTask(code="B1-K2", name="Veel werkprocessen", position=2, programme_id=programme.id)
    long_task.work_processes = [
        WorkProcess(code=f"B1-K2-W{n}", name=f"Stap {n}", position=n) for n in (10, 2, 1)
    ]
    save(long_task)
    page = visit("administrator").get(f"/opleidingen/{programme.id}").text
    assert page.index("B1-K1 Voert het werk uit") < page.index("B1-K2 Veel werkprocessen")
    assert page.index("B1-K2-W1<") < page.index("B1-K2-W2<") < page.index("B1-K2-W10<")
    assert f'href="/examenbeheer/{exam.id}"' in page
    assert f'href="/opleidingen/keuzedelen/{elective.id}"' in page


def test_an_elective_shows_hours_and_the_programmes_that_offer_it(visit: Visit) -> None:
    programme, elective = (
        make_programme(),
        make_elective(name="Zorgtechnologie", hours=480, kind="verdiepend"),
    )
    offer(programme, elective)
    visitor = visit("administrator")
    listed = visitor.get("/opleidingen/keuzedelen/").text
    for text in ("Zorgtechnologie", elective.code, "480", "verdiepend"):
        assert text in listed
    page = visitor.get(f"/opleidingen/keuzedelen/{elective.id}").text
    assert "480 uur" in page
    assert f'href="/opleidingen/{programme.id}"' in page
    assert "D1-K1-W1" in page


def test_a_supervisor_sees_own_programmes_and_their_electives_only(
    app: object, visitor_of: Callable[..., Visitor]
) -> None:
    own, other = make_programme(name="Eigen opleiding"), make_programme(name="Andere opleiding")
    own_elective, other_elective = make_elective(), make_elective()
    offer(own, own_elective)
    offer(other, other_elective)
    visitor = visitor_of(make_user("school_supervisor", programmes=[own]))
    page = visitor.get("/opleidingen/").text
    assert "Eigen opleiding" in page
    assert "Andere opleiding" not in page
    assert visitor.get(f"/opleidingen/{own.id}").status_code == 200
    assert visitor.get(f"/opleidingen/{other.id}").status_code == 404
    assert visitor.get(f"/opleidingen/keuzedelen/{own_elective.id}").status_code == 200
    assert visitor.get(f"/opleidingen/keuzedelen/{other_elective.id}").status_code == 404


@pytest.mark.parametrize("path", ["/opleidingen/", "/opleidingen/keuzedelen/"])
def test_the_lists_are_closed_to_who_has_no_business_there(visit: Visit, path: str) -> None:
    for role in ("student", "company_supervisor", "school_examiner", "company_examiner"):
        assert visit(role).get(path).status_code == 403


def test_twenty_programmes_more_cost_no_query_more(visit: Visit) -> None:
    visitor = visit("administrator")
    make_student(make_programme())
    visitor.get("/opleidingen/")
    with counted() as few:
        visitor.get("/opleidingen/")
    for _ in range(20):
        make_student(make_programme(), make_elective())
    with counted() as many:
        visitor.get("/opleidingen/")
    assert len(many) == len(few) <= 15
    with counted() as electives:
        visitor.get("/opleidingen/keuzedelen/")
    assert len(electives) <= 15


def test_the_supplier_loads_the_catalogue_and_nobody_else_can(visit: Visit) -> None:
    load = "/opleidingen/do/load_catalogue"
    for role in ("administrator", "school_supervisor", "exam_committee"):
        visitor = visit(role)
        assert "Catalogus laden" not in visitor.get("/opleidingen/").text
        assert visitor.get(load).status_code == 403
        assert visitor.do(load).status_code == 403
    visitor = visit("supplier")
    assert "Catalogus laden" in visitor.get("/opleidingen/").text
    assert visitor.get(load).status_code == 200
    assert "25656" not in visitor.get("/opleidingen/").text
    assert visitor.do(load).status_code == 302
    assert "25656" in visitor.get("/opleidingen/").text
