"""Start: per role what waits, and for the administrator the eight steps of the manual."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app.actions.base.runner import run
from app.actions.library.files import check_upload
from app.actions.library.library import upload_document
from app.entities.assessment import Adoption, Assessment, Result
from app.entities.exams import Exam
from app.entities.planning import Sitting
from app.entities.school import SystemUpdate
from app.entities.users import User
from app.permissions import SYSTEM, Role
from tests.factories import (
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    save,
)
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
VisitorOf = Callable[..., Visitor]


def steps(page: str) -> list[str]:
    """The state of each of the eight steps: done, current or todo."""
    return re.findall(r'<li class="check check-(\w+)"', page)


def at(days: int, hour: int = 9) -> datetime:
    """This many days from today, on the school's clock."""
    return clock.at(clock.today() + timedelta(days=days), hour)


def planned(days: int, exam: Exam | None = None, **people: User) -> Sitting:
    """A student's exam with one task planned on that day."""
    registration = make_registration(make_student(), exam or make_exam())
    return make_sitting(registration, starts_at=at(days), **people)


def close(sitting: Sitting, by: User) -> None:
    save(Assessment(sitting_id=sitting.id, definitive_at=clock.now(), definitive_by_id=by.id))


def make_result(registration_id: int, *, passed: bool = True) -> Result:
    result = Result(
        registration_id=registration_id,
        passed=passed,
        grade="V" if passed else "O",
        mark=Decimal("6.5"),
        points=5,
        max_points=8,
    )
    save(result)
    return result


# --- the administrator's eight steps ----------------------------------------------------------


def test_a_new_administrator_begins_at_the_first_step(visit: Visit) -> None:
    page = visit("administrator").get("/").text
    assert steps(page) == ["current", *["todo"] * 5, "done", "todo"]
    labels = [
        "Opleidingen",
        "Examenbeheer",
        "Gebruikers toevoegen",
        "Studenten toevoegen",
        "Bibliotheekbeheer",
        "Examens",
        "Instellingen",
        "Mijn profiel",
    ]
    found = re.findall(r'<p class="check-title"><a href="([^"]+)">([^<]+)</a>', page)
    assert [label for _, label in found] == labels


def test_every_step_leads_to_a_page_that_is_there(visit: Visit) -> None:
    visitor = visit("administrator")
    for href in re.findall(r'<p class="check-title"><a href="([^"]+)">', visitor.get("/").text):
        assert visitor.get(href).status_code == 200, href


def test_the_steps_follow_what_is_in_the_school(app: Flask, visitor_of: VisitorOf) -> None:
    administrator = make_user("administrator")
    visitor = visitor_of(administrator)

    def state() -> list[str]:
        return steps(visitor.get("/").text)

    programme = make_programme()
    assert state()[:2] == ["done", "current"]
    exam = make_exam(programme)
    assert state()[1:3] == ["done", "current"]
    for role in ("school_supervisor", "school_examiner"):
        make_user(role, programmes=[programme])
    assert state()[2:4] == ["done", "current"]
    student = make_student(programme)
    make_group(student)
    assert state()[3:5] == ["done", "current"]
    upload = check_upload("a.pdf", b"%PDF-1.7")
    run(upload_document, SYSTEM, upload=upload, title="A", roles=["student"])
    assert state()[4:6] == ["done", "current"]
    make_sitting(make_registration(student, exam))
    assert state() == [*["done"] * 7, "current"]


def test_what_is_half_done_is_named_and_linked(visit: Visit) -> None:
    visitor = visit("administrator")
    programme = make_programme()
    make_user("school_supervisor")
    make_user("school_examiner", programmes=[programme])
    make_student()
    save(SystemUpdate(title="Nieuw", body="Tekst", published_on=at(0).date()))
    page = visitor.get("/").text
    assert "1 gebruiker mist een rol of opleiding." in page
    assert "1 student is nog niet aan een opleiding gekoppeld." in page
    assert "1 update is nog niet gelezen." in page
    for href in ("/gebruikers/?staat=onvolledig", "/studenten/?state=no-programme"):
        assert f'href="{href}"' in page
        assert visitor.get(href).status_code == 200


def test_when_all_is_done_the_steps_step_aside(app: Flask, visitor_of: VisitorOf) -> None:
    programme = make_programme()
    for role in ("school_supervisor", "school_examiner"):
        make_user(role, programmes=[programme])
    make_sitting(make_registration(make_student(programme), make_exam(programme)))
    upload = check_upload("a.pdf", b"%PDF-1.7")
    run(upload_document, SYSTEM, upload=upload, title="A", roles=["student"])
    page = visitor_of(make_user("administrator", phone="06 12345678")).get("/").text
    assert steps(page) == ["done"] * 8
    assert "<details" in page.partition("<main")[2]
    assert "In acht stappen klaar" not in page


def test_only_an_administrator_sees_the_steps(visit: Visit) -> None:
    for role in Role:
        assert bool(steps(visit(role).get("/").text)) == (role is Role.ADMINISTRATOR), role


# --- the others -------------------------------------------------------------------------------


def test_an_examiner_sees_today_first_then_what_is_still_open_and_nothing_definitive(
    app: Flask, visitor_of: VisitorOf
) -> None:
    me = make_user("school_examiner")
    overdue, today, tomorrow = (planned(days, school_examiner=me) for days in (-3, 0, 1))
    finished = planned(-2, school_examiner=me)
    close(finished, me)
    of_another = planned(0, school_examiner=make_user("school_examiner"))
    page = visitor_of(me).get("/").text
    links = re.findall(r'href="/te-beoordelen/(\d+)"', page)
    assert links == [str(today.id), str(overdue.id)]
    assert page.count("Nog open") >= 1
    assert f"/examens/aanmelding/{tomorrow.registration_id}" in page
    assert f"/examens/aanmelding/{of_another.registration_id}" not in page


def test_tasks_of_one_exam_that_follow_each_other_are_one_line(app: Flask, visitor_of: VisitorOf) -> None:
    me = make_user("school_supervisor")
    programme = make_programme()
    exam = make_exam(programme, tasks=3)
    student = make_student(programme, supervisors=((me, "school_supervisor"),))
    registration = make_registration(student, exam)
    for task, hour in zip(exam.tasks, (9, 10, 16), strict=True):
        make_sitting(registration, task, starts_at=at(1, hour))
    page = visitor_of(me).get("/").text
    assert page.count(f'href="/examens/aanmelding/{registration.id}"') == 2
    assert "2 opdrachten" in page
    assert "09:00–11:00" in page
    assert "16:00–17:00" in page


def test_a_supervisor_sees_own_students_and_this_week_only(app: Flask, visitor_of: VisitorOf) -> None:
    for role in ("school_supervisor", "company_supervisor"):
        me = make_user(role)
        programme = make_programme()
        own = make_student(programme, supervisors=((me, role),))
        make_student(programme, supervisors=((me, role),))
        make_student(programme)
        exam = make_exam(programme)
        soon = make_sitting(make_registration(own, exam), starts_at=at(2))
        late = make_sitting(make_registration(own, exam, attempt=2), starts_at=at(9))
        other = planned(2)
        page = visitor_of(me).get("/").text
        assert "<strong>2</strong> <span>eigen studenten</span>" in page
        assert "<strong>1</strong> <span>studenten met nog niets ingepland</span>" in page
        assert f"/examens/aanmelding/{soon.registration_id}" in page
        assert f"/examens/aanmelding/{late.registration_id}" not in page
        assert f"/examens/aanmelding/{other.registration_id}" not in page


def test_the_committee_sees_results_that_are_not_adopted(app: Flask, visitor_of: VisitorOf) -> None:
    administrator = make_user("administrator")
    open_one, adopted = (planned(-5).registration_id for _ in range(2))
    make_result(open_one)
    done = make_result(adopted)
    save(Adoption(result_id=done.id, decided_on=at(0).date(), recorded_by_id=administrator.id))
    page = visitor_of(make_user("exam_committee")).get("/").text
    assert f'href="/te-beoordelen/uitslag/{open_one}"' in page
    assert f'href="/te-beoordelen/uitslag/{adopted}"' not in page
    visitor = visitor_of(administrator)
    tile = re.search(
        r'href="([^"]+)"><strong>1</strong> <span>uitslagen nog niet vastgesteld', visitor.get("/").text
    )
    assert tile is not None
    listed = visitor.get(tile[1]).text
    assert f"/te-beoordelen/uitslag/{open_one}" in listed
    assert f"/te-beoordelen/uitslag/{adopted}" not in listed


def test_a_student_sees_the_next_exam_and_own_progress_only(app: Flask, visitor_of: VisitorOf) -> None:
    me = make_user("student")
    programme = make_programme()
    first, second = make_exam(programme, title="Eerste examen"), make_exam(programme, title="Tweede examen")
    make_exam(title="Andermans examen")
    student = make_student(programme, user_id=me.id)
    make_result(make_registration(student, first).id)
    make_sitting(make_registration(student, second), starts_at=at(3))
    planned(2)
    page = visitor_of(me).get("/").text
    assert "1 van 2" in page
    assert "Tweede examen" in page
    assert "Andermans examen" not in page
    assert page.count("agenda-when") == 1
    assert "vul uw nul- en voortgangsmeting in" not in page
    with_progress = make_user("student")
    make_student(programme, user_id=with_progress.id, progress_available=True)
    assert "vul uw nul- en voortgangsmeting in" in visitor_of(with_progress).get("/").text


def test_an_account_without_a_student_is_told_whom_to_ask(visit: Visit) -> None:
    assert "nog niet aan een student gekoppeld" in visit("student").get("/").text


@pytest.mark.parametrize("role", list(Role))
def test_the_page_of_every_role_works_in_an_empty_school(visit: Visit, role: Role) -> None:
    assert "Welkom, Sanne" in visit(role).get("/").text


def test_even_with_every_role_the_page_costs_at_most_fifteen_queries(
    app: Flask, visitor_of: VisitorOf
) -> None:
    me, exam = make_user(*Role), make_exam()
    make_student(user_id=me.id)
    visitor = visitor_of(me)
    costs = []
    for _ in range(2):
        for n in range(10):
            make_result(planned(n % 5 - 2, exam, school_examiner=me).registration_id)
        with counted() as queries:
            assert visitor.get("/").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 15
