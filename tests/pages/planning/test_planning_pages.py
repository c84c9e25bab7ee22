"""The tab Examens and Mijn examens, as each role sees them (manual, step 6)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.entities.assessment import Adoption, Assessment, Result, ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import Exam
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Programme
from app.entities.students import Enrolment, ExamExclusion, Student
from app.entities.users import User
from app.rules.blocks import LEGEND
from tests.factories import (
    make_elective,
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
    save,
    supervise,
)
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import Visitor

MONDAY = clock.monday()

Visit = Callable[..., Visitor]
VisitorOf = Callable[[User | None], Visitor]


@dataclass
class Office:
    """A programme with an exam of two tasks and three students, and an administrator at the keyboard."""

    admin: Visitor
    programme: int
    exam: int
    code: str
    tasks: list[int]
    students: list[int]
    names: list[str]
    school: int
    company: int

    @property
    def overview(self) -> str:
        return f"/examens/?opleiding={self.programme}"

    def plan_url(self, *students: int) -> str:
        ids = "&".join(f"id={one}" for one in students or self.students)
        return f"/examens/do/plan_exam?kies={self.exam}&opleiding={self.programme}&{ids}"

    def form(self, **given: Any) -> dict[str, Any]:
        values = {
            "way": "together",
            "order": "one_by_one",
            "pause": "15",
            "last_end": "17:00",
            "all_school_examiner": str(self.school),
            "all_company_examiner": str(self.company),
            "all_day": f"{MONDAY:%d-%m-%Y}",
            "all_start": "09:00",
            "all_minutes": "120",
            "all_location": "Lokaal 2.04",
            "all_note": "Neem uw legitimatie mee.",
        }
        return {**values, **given}


@pytest.fixture
def office(app: Flask, visit: Visit) -> Office:
    programme = make_programme()
    exam = make_exam(programme, tasks=2)
    students = [make_student(programme) for _ in range(3)]
    school = make_user("school_examiner", programmes=[programme])
    company = make_user("company_examiner", programmes=[programme])
    made = Office(
        visit("administrator"),
        programme.id,
        exam.id,
        exam.code,
        [t.id for t in exam.tasks],
        [s.id for s in students],
        [s.sort_name for s in students],
        school.id,
        company.id,
    )
    refresh()
    return made


def row(model: type[Any], key: int) -> Any:
    return db.session.get_one(model, key)


def planned(office: Office, student: int, *, days: int = 2, attempt: int = 1) -> Registration:
    """Both tasks planned, so many days from now (before now: taken)."""
    registration = make_registration(row(Student, student), row(Exam, office.exam), attempt=attempt)
    for index, task in enumerate(row(Exam, office.exam).tasks):
        make_sitting(
            registration,
            task,
            starts_at=clock.now() + timedelta(days=days, hours=index),
            school_examiner=row(User, office.school),
            company_examiner=row(User, office.company),
        )
    return registration


def add_planned(office: Office, elective: int, count: int) -> None:
    """Many students at once, each with a planned exam."""
    start = clock.now() + timedelta(days=2)
    many = [
        Student(number=f"9{n:05}{count}", first_name="Noor", last_name=f"Zwart{n:05}", search=f"zwart{n}")
        for n in range(count)
    ]
    save(*many)
    keys = [one.id for one in many]
    save(*(Enrolment(student_id=key, programme_id=office.programme) for key in keys))
    save(*(Enrolment(student_id=key, elective_id=elective) for key in keys))
    attempts = [Registration(student_id=key, exam_id=office.exam, attempt=1) for key in keys]
    save(*attempts)
    save(
        *(
            Sitting(registration_id=r, exam_task_id=t, starts_at=start, ends_at=start + timedelta(hours=1))
            for r in [one.id for one in attempts]
            for t in office.tasks
        )
    )


def score(registration: Registration, sitting: Sitting | None = None) -> None:
    """A draft on this moment, or on that of the first task."""
    of_registration = select(Sitting).where(Sitting.registration_id == registration.id)
    sitting = sitting or db.session.scalars(of_registration).first()
    assert sitting is not None
    sheet = ScoreSheet(examiner_id=make_user("school_examiner").id, role="school_examiner", remark="Concept")
    save(Assessment(sitting_id=sitting.id, sheets=[sheet]))


def decide(registration: Registration, *, passed: bool, adopted: bool = False) -> None:
    result = Result(
        registration_id=registration.id, passed=passed, grade="V" if passed else "O", points=3, max_points=8
    )
    save(result)
    if adopted:
        save(
            Adoption(
                result_id=result.id, decided_on=clock.today(), recorded_by_id=make_user("administrator").id
            )
        )


def blocks(page: str) -> list[str]:
    """The states of the blocks in the table, in order."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'class="block block--([a-z-]+)"', body)


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


class TestOverview:
    def test_with_several_programmes_it_asks_which_one(self, office: Office) -> None:
        make_programme()
        page = office.admin.get("/examens/").text
        assert "Kies een opleiding" in page
        assert "<tbody>" not in page

    def test_the_only_programme_chooses_itself(self, office: Office) -> None:
        page = office.admin.get("/examens/").text
        assert all(name in page for name in office.names)
        assert office.code in page

    def test_a_programme_out_of_reach_is_not_found(self, office: Office, visit: Visit) -> None:
        assert office.admin.get("/examens/?opleiding=999999").status_code == 404
        assert visit("school_supervisor").get(office.overview).status_code == 404

    @pytest.mark.parametrize("arguments", ["opleiding=x", "page=abc", "groep=-1", "examen=1e9"])
    def test_nonsense_in_the_address_is_not_found(self, office: Office, arguments: str) -> None:
        assert office.admin.get(f"/examens/?{arguments}").status_code == 404

    def test_the_manual_s_words_stand_there(self, office: Office) -> None:
        page = office.admin.get(office.overview).text
        for word in ("Opleiding", "Student(en)", "Examenaanmelding toevoegen/wijzigen", "Ga!", "Legenda"):
            assert word in page
        assert all(state.label in page for state in LEGEND)

    def test_every_state_has_its_block(self, office: Office) -> None:
        programme = row(Programme, office.programme)
        one, two, three = office.students
        planned(office, one)
        decide(planned(office, two, days=-9), passed=False)
        planned(office, two, attempt=2)
        save(ExamExclusion(student_id=three, exam_id=office.exam))
        more = [make_student(programme, last_name=f"Zwart{n}") for n in range(4)]
        score(planned(office, more[0].id))
        planned(office, more[1].id, days=-3)
        decide(planned(office, more[2].id, days=-3), passed=True, adopted=True)
        page = office.admin.get(office.overview).text
        assert blocks(page) == [
            "planned",
            "failed",
            "planned",
            "not-available",
            "saved",
            "to-assess",
            "adopted-passed",
            "open",
        ]
        assert "kans 2" in page
        assert "2/2" in page

    def test_an_elective_is_a_column_and_empty_for_who_does_not_do_it(self, office: Office) -> None:
        elective = make_elective()
        exam = make_exam(elective, tasks=1)
        make_student(row(Programme, office.programme), elective, last_name="Zwart")
        page = office.admin.get(office.overview).text
        assert exam.code in page
        assert blocks(page) == ["open"] * 5  # three students once, one student twice

    def test_an_older_version_stays_only_as_long_as_it_was_used(self, office: Office) -> None:
        programme = row(Programme, office.programme)
        old, unused = (make_exam(programme, current=False, version="0.9") for _ in range(2))
        make_registration(row(Student, office.students[0]), old)
        page = office.admin.get(office.overview).text
        assert old.code in page
        assert unused.code not in page

    def test_it_searches_by_student_group_and_exam(self, office: Office) -> None:
        group = make_group(row(Student, office.students[0])).id
        by_group = office.admin.get(f"{office.overview}&groep={group}").text
        assert office.names[0] in by_group
        assert office.names[1] not in by_group
        number = row(Student, office.students[1]).number
        by_number = office.admin.get(f"{office.overview}&q={number}").text
        assert office.names[1] in by_number
        assert office.names[0] not in by_number
        other = make_exam(row(Programme, office.programme))
        by_exam = office.admin.get(f"{office.overview}&examen={other.id}").text
        assert len(blocks(by_exam)) == 3
        nobody = office.admin.get(f"{office.overview}&q=zzzz").text
        assert "Geen studenten gevonden" in nobody

    def test_twenty_five_students_on_a_page(self, office: Office) -> None:
        for number in range(30):
            make_student(row(Programme, office.programme), last_name=f"Zwart{number:02}")
        assert len(blocks(office.admin.get(office.overview).text)) == 25
        second = office.admin.get(f"{office.overview}&page=2")
        assert len(blocks(second.text)) == 8
        assert "26–33 van 33" in text_of(second.text)

    def test_two_hundred_students_and_ten_exams_cost_as_many_queries_as_twenty(self, office: Office) -> None:
        programme, elective = row(Programme, office.programme), make_elective()
        for _ in range(8):
            make_exam(programme)
        make_exam(elective)
        office.admin.get(office.overview)  # it remembers the programme, once
        spent = []
        for students in (20, 200):
            there = db.session.scalar(select(func.count()).select_from(Student)) or 0
            add_planned(office, elective.id, students - there)
            refresh()
            with counted() as statements:
                page = office.admin.get(f"{office.overview}&size=200").text
            assert len(blocks(page)) == students * 10 - 3  # the first three do not do the elective
            spent.append(len(statements))
        assert spent[0] == spent[1]
        assert spent[0] <= 12


class TestWhoSeesWhat:
    def test_the_committee_sees_everything_and_no_button(self, office: Office, visit: Visit) -> None:
        planned(office, office.students[0])
        page = visit("exam_committee").get(office.overview).text
        assert blocks(page) == ["planned", "open", "open"]
        for word in ("Ga!", "block-remove", "plan_exam", "data-tick"):
            assert word not in page

    def test_a_supervisor_sees_own_students(self, office: Office, visitor_of: VisitorOf) -> None:
        supervisor = make_user("school_supervisor")
        supervise(row(Student, office.students[1]), supervisor, "school_supervisor")
        page = visitor_of(supervisor).get("/examens/").text
        assert office.names[1] in page
        assert office.names[0] not in page
        assert "Ga!" in page

    def test_a_company_supervisor_sees_own_students_and_plans_nothing(
        self, office: Office, visitor_of: VisitorOf
    ) -> None:
        user = make_user("company_supervisor")
        supervise(row(Student, office.students[1]), user, "company_supervisor")
        planned(office, office.students[1])
        visitor = visitor_of(user)
        page = visitor.get("/examens/").text
        assert blocks(page) == ["planned"]
        assert "Ga!" not in page
        assert "block-remove" not in page
        assert visitor.get(office.plan_url(office.students[1])).status_code == 403

    def test_an_examiner_sees_assigned_registrations_and_nothing_about_the_rest(
        self, office: Office, visitor_of: VisitorOf
    ) -> None:
        other = make_exam(row(Programme, office.programme))
        planned(office, office.students[0])
        make_sitting(make_registration(row(Student, office.students[0]), other))
        make_sitting(make_registration(row(Student, office.students[1]), row(Exam, office.exam)))
        page = visitor_of(row(User, office.school)).get("/examens/").text
        assert blocks(page) == ["planned"]
        assert office.names[1] not in page
        assert other.code not in page

    def test_a_student_has_no_overview(self, office: Office, visit: Visit) -> None:
        assert visit("student").get("/examens/").status_code == 403

    def test_the_red_bin_stands_only_where_something_can_go(self, office: Office) -> None:
        free, half, scored = (planned(office, student) for student in office.students)
        score(half)
        for sitting in scored.sittings:
            score(scored, sitting)
        page = office.admin.get(office.overview).text
        assert f"remove_planning?id={free.id}" in page
        assert f"remove_planning?id={half.id}" in page
        assert f"remove_planning?id={scored.id}" not in page


class TestPlanning:
    def test_from_the_list_to_the_exam_to_the_screen(self, office: Office) -> None:
        ids = "&".join(f"id={one}" for one in office.students[:2])
        chosen = office.admin.get(f"/examens/choose/?opleiding={office.programme}&action=plan_exam&{ids}")
        page = office.admin.get(chosen.location).text
        assert "kerntaak" in page
        assert "Voer uit" in page
        assert f'name="kies" id="kies-{office.exam}"' in page
        screen = office.admin.get(office.plan_url(*office.students[:2])).text
        for word in (
            "Examinator school",
            "Examinator bedrijf",
            "Alle opdrachten tegelijk inplannen",
            "Elke opdracht apart inplannen",
            "eindverantwoordelijk",
            "Dit examen bestaat uit 2 examenopdrachten",
            "B1-K1",
            "Opdracht 1",
            "Opdracht 2",
        ):
            assert word in screen
        assert screen.index("Examinator school") < screen.index("Examinator bedrijf")

    def test_without_students_or_action_it_says_what_to_do(self, office: Office) -> None:
        back = office.admin.get(
            f"/examens/choose/?opleiding={office.programme}&action=plan_exam", follow_redirects=True
        )
        assert "Vink eerst" in back.text
        back = office.admin.get(f"/examens/choose/?opleiding={office.programme}&id=1", follow_redirects=True)
        assert "Kies eerst een actie" in back.text

    def test_without_an_exam_it_asks_for_one(self, office: Office) -> None:
        url = f"/examens/do/plan_exam?opleiding={office.programme}&id={office.students[0]}"
        page = office.admin.get(url, follow_redirects=True).text
        assert "Kies eerst een examen" in page
        assert f'value="{office.students[0]}"' in page

    def test_an_unknown_exam_or_student_is_not_found(self, office: Office) -> None:
        assert office.admin.get(office.plan_url(999_999)).status_code == 404
        assert (
            office.admin.get(office.plan_url().replace(f"kies={office.exam}", "kies=999999")).status_code
            == 404
        )

    def test_first_it_is_announced_then_it_is_done(self, office: Office) -> None:
        told = office.admin.post(office.plan_url(), office.form())
        words = text_of(told.text)
        assert f"{MONDAY:%d-%m-%Y} 09:00–10:00" in words
        assert f"{MONDAY:%d-%m-%Y} 13:30–14:30" in words
        assert all(name in words for name in office.names)
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 0
        refresh()
        done = office.admin.do(office.plan_url(), office.form())
        assert done.location == f"/examens/?opleiding={office.programme}"
        page = office.admin.get(done.location).text
        assert f"{office.code} is ingepland voor 3 studenten." in page
        assert blocks(page) == ["planned"] * 3

    def test_all_that_match_can_be_planned_without_ticking(self, office: Office) -> None:
        chosen = office.admin.get(f"/examens/choose/?opleiding={office.programme}&all=1&action=plan_exam")
        assert "all=1" in chosen.location
        assert "studenten" in office.admin.get(chosen.location).text
        url = f"/examens/do/plan_exam?kies={office.exam}&all=1&opleiding={office.programme}"
        office.admin.do(url, office.form())
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 3

    def test_who_may_not_is_named_with_the_reason(self, office: Office) -> None:
        save(ExamExclusion(student_id=office.students[1], exam_id=office.exam))
        words = text_of(office.admin.post(office.plan_url(), office.form()).text)
        assert "1 gaat niet mee" in words
        assert "niet-beschikbaar" in words

    def test_what_is_missing_is_named_and_the_rest_is_kept(self, office: Office) -> None:
        answer = office.admin.post(
            office.plan_url(), office.form(all_school_examiner="", all_day="31-31-2027", all_note="Zaal oost")
        )
        assert answer.status_code == 422
        assert "Dit veld is verplicht" in answer.text
        assert "Zaal oost" in answer.text
        assert 'value="31-31-2027"' in answer.text
        assert re.search(rf'<option selected value="{office.company}"', answer.text)

    def test_a_task_half_filled_in_says_so(self, office: Office) -> None:
        first, _second = office.tasks
        answer = office.admin.post(
            office.plan_url(office.students[0]),
            office.form(way="apart", **{f"task{first}_day": f"{MONDAY:%d-%m-%Y}"}),
        )
        assert answer.status_code == 422
        assert "laat opdracht 1 helemaal leeg" in answer.text

    def test_tasks_apart(self, office: Office) -> None:
        first, second = office.tasks
        given = {
            f"task{first}_school_examiner": office.school,
            f"task{first}_day": f"{MONDAY:%d-%m-%Y}",
            f"task{first}_start": "09:00",
            f"task{first}_minutes": "60",
            f"task{second}_minutes": "60",
        }
        office.admin.do(office.plan_url(office.students[0]), office.form(way="apart", **given))
        page = office.admin.get(office.overview).text
        assert "1/2" in page

    def test_a_clash_is_told_with_the_other_moment_and_everything_typed_stays(self, office: Office) -> None:
        office.admin.do(office.plan_url(office.students[0]), office.form())
        answer = office.admin.post(
            office.plan_url(office.students[1]), office.form(all_note="Let op de tijd")
        )
        assert answer.status_code == 422
        words = text_of(answer.text)
        assert "heeft op dat moment al iets anders" in words
        assert f"{MONDAY:%d-%m-%Y} 09:00–10:00" in words
        assert "Let op de tijd" in answer.text

    def test_an_existing_planning_stands_in_the_form_to_be_changed(self, office: Office) -> None:
        office.admin.do(office.plan_url(office.students[0]), office.form())
        page = office.admin.get(office.plan_url(office.students[0])).text
        assert 'name="all_day" ' in page
        assert f'value="{MONDAY:%d-%m-%Y}"' in page
        assert 'value="09:00' in page
        assert "u wijzigt de planning" in page
        told = text_of(
            office.admin.post(office.plan_url(office.students[0]), office.form(all_start="13:00")).text
        )
        assert f"was {MONDAY:%d-%m-%Y} 09:00–10:00 → wordt {MONDAY:%d-%m-%Y} 13:00–14:00" in told
        office.admin.do(office.plan_url(office.students[0]), office.form(all_start="13:00"))
        assert f"De planning van {office.code} is gewijzigd voor 1 student." in (
            office.admin.get(office.overview).text
        )
        office.admin.do(office.plan_url(*office.students[:2]), office.form(all_start="14:00"))
        assert (
            f"{office.code} is ingepland voor 1 student. De planning van"
            in office.admin.get(office.overview).text
        )

    def test_the_button_says_what_is_planned_and_what_is_changed(self, office: Office) -> None:
        def button_and_sentence(*students: int, **typed: str) -> tuple[str, str]:
            page = office.admin.post(office.plan_url(*students), office.form(**typed)).text
            (button,) = re.findall(r'name="confirmed" value="1">(.*?)</button>', page, re.S)
            (sentence,) = re.findall(r'<p class="intro">(.*?)</p>', page)
            return text_of("<main" + button).strip(" >"), sentence

        first, second = office.students[:2]
        assert button_and_sentence(first)[0] == "Inplannen"
        office.admin.do(office.plan_url(first), office.form())
        button, sentence = button_and_sentence(first, all_start="13:00")
        assert button == "Planning wijzigen"
        assert sentence.startswith("U wijzigt de planning van")
        button, sentence = button_and_sentence(first, second, all_start="13:00")
        assert button == "Inplannen en wijzigen"
        assert "wijzigt de planning van de anderen" in sentence
        own = db.session.scalars(select(Registration.id).where(Registration.student_id == first)).one()
        page = office.admin.get(f"{office.plan_url(first)}&aanmelding={own}").text
        assert "<h1>Planning wijzigen</h1>" in page

    @pytest.mark.parametrize("role", ["school_examiner", "company_examiner"])
    def test_examiners_to_choose_from_are_named_one_way_whoever_is_there_now(
        self, office: Office, role: str
    ) -> None:
        programmes = [db.session.get_one(Programme, office.programme)]
        there = make_user(role, infix="van", last_name="Aa", organisation="Zorghuis", programmes=programmes)
        other = make_user(role, infix="de", last_name="Zon", organisation="", programmes=programmes)
        named = {
            str(there.id): f"Aa, {there.first_name} van (Zorghuis)",
            str(other.id): f"Zon, {other.first_name} de",
        }
        office.admin.do(office.plan_url(office.students[0]), office.form(**{f"all_{role}": str(there.id)}))
        for student in office.students[:2]:
            page = office.admin.get(office.plan_url(student)).text
            (listed,) = re.findall(rf'<select[^>]*name="all_{role}".*?</select>', page, re.S)
            found = dict(re.findall(r'<option[^>]*value="(\d+)"[^>]*>([^<]*)<', listed))
            assert {key: found[key] for key in named} == named

    def test_a_change_by_somebody_else_is_seen_before_it_is_overwritten(self, office: Office) -> None:
        page = office.admin.get(office.plan_url(office.students[0])).text
        found = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', page)
        assert found
        office.admin.do(office.plan_url(office.students[0]), office.form(all_start="11:00"))
        late = office.admin.post(office.plan_url(office.students[0]), office.form(seen=found[1]))
        assert late.status_code == 422
        assert "U hebt dit zelf in een ander tabblad gewijzigd" in late.text
        assert "Bekijk de planning en probeer het opnieuw." in late.text
        again = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', late.text)
        assert again
        assert again[1] != found[1]
        assert (
            office.admin.do(office.plan_url(office.students[0]), office.form(seen=again[1])).status_code
            == 302
        )

    def test_back_from_the_confirmation_keeps_what_was_typed(self, office: Office) -> None:
        back = office.admin.post(office.plan_url(), office.form(confirmed="back"))
        assert back.status_code == 200
        assert "Neem uw legitimatie mee." in back.text
        assert "Verder" in back.text

    def test_the_screen_costs_as_much_for_fifty_students_as_for_two(self, office: Office) -> None:
        many = [make_student(row(Programme, office.programme)).id for _ in range(50)]
        spent = []
        for students in (many[:2], many):
            refresh()
            with counted() as statements:
                assert office.admin.get(office.plan_url(*students)).status_code == 200
            spent.append(len(statements))
        assert spent[0] == spent[1]
        assert spent[0] <= 15

    def test_the_red_bin_asks_first_and_then_removes(self, office: Office) -> None:
        registration = planned(office, office.students[0])
        key = registration.id
        url = f"/examens/do/remove_planning?id={key}&opleiding={office.programme}"
        asked = office.admin.get(url)
        assert "Verwijderen" in asked.text
        assert office.code in asked.text
        assert db.session.get(Registration, key) is not None
        done = office.admin.do(url)
        assert done.location == f"/examens/?opleiding={office.programme}"
        page = office.admin.get(done.location).text
        assert "is verwijderd" in page
        assert blocks(page) == ["open"] * 3

    def test_the_bin_of_a_moment_leads_back_to_a_page_that_is_there(self, office: Office) -> None:
        """Two tabs: each takes one of the two moments, and the page goes with the last one."""
        key = planned(office, office.students[0]).id
        moments = db.session.scalars(select(Sitting.id).where(Sitting.registration_id == key)).all()
        came_to = []
        for one in moments:
            done = office.admin.do(f"/examens/do/remove_moments?id={one}&aanmelding={key}")
            came_to.append(done.location)
            assert office.admin.get(done.location).status_code == 200
        assert came_to == [f"/examens/aanmelding/{key}", "/examens/"]


class TestRegistration:
    def test_it_shows_what_when_where_and_who(self, office: Office) -> None:
        office.admin.do(office.plan_url(office.students[0]), office.form())
        key = db.session.scalars(select(Registration.id)).one()
        page = text_of(office.admin.get(f"/examens/aanmelding/{key}").text)
        for word in (
            "Opdracht 1",
            f"{MONDAY:%d-%m-%Y} 09:00–10:00",
            "Lokaal 2.04",
            "examinator school",
            "Kans",
            "Geschiedenis",
        ):
            assert word in page
        assert "Examenaanmelding toevoegen/wijzigen" in page  # the trail speaks of it

    def test_out_of_sight_is_not_found(self, office: Office, visit: Visit) -> None:
        key = planned(office, office.students[0]).id
        for role in ("school_supervisor", "company_supervisor", "school_examiner"):
            assert visit(role).get(f"/examens/aanmelding/{key}").status_code == 404

    def test_an_examiner_sees_the_assigned_moments_and_no_trail(
        self, office: Office, visitor_of: VisitorOf
    ) -> None:
        registration = make_registration(row(Student, office.students[0]), row(Exam, office.exam))
        first, second = row(Exam, office.exam).tasks
        mine = make_sitting(registration, first, school_examiner=row(User, office.school))
        make_sitting(registration, second, school_examiner=make_user("school_examiner"))
        page = visitor_of(row(User, office.school)).get(f"/examens/aanmelding/{registration.id}").text
        assert f"/te-beoordelen/{mine.id}" in page
        assert "2. Opdracht 2" not in page
        assert "Geschiedenis" not in page

    def test_the_committee_reads_result_and_trail_and_has_no_button(
        self, office: Office, visit: Visit
    ) -> None:
        registration = planned(office, office.students[0], days=-4)
        decide(registration, passed=True, adopted=True)
        page = visit("exam_committee").get(f"/examens/aanmelding/{registration.id}").text
        assert "Geslaagd" in page
        assert "Vastgesteld" in page
        assert "Geschiedenis" in page
        assert "plan_exam" not in page
        assert "remove_planning" not in page


class TestOwnExams:
    @pytest.fixture
    def student(self, office: Office, visitor_of: VisitorOf) -> Visitor:
        user = make_user("student")
        with transaction():
            row(Student, office.students[0]).user_id = user.id
        return visitor_of(user)

    def test_nothing_yet_is_said_kindly(self, app: Flask, visit: Visit) -> None:
        page = visit("student").get("/mijn-examens/").text
        assert "U hebt nog geen examens" in page

    def test_own_exams_only(self, office: Office, student: Visitor) -> None:
        planned(office, office.students[1])
        page = student.get("/mijn-examens/").text
        assert "Er is nu niets ingepland" in page
        assert office.code in page
        assert "Lokaal 1.12" not in page

    def test_what_is_coming_with_place_and_people(self, office: Office, student: Visitor) -> None:
        planned(office, office.students[0])
        page = text_of(student.get("/mijn-examens/").text)
        assert "Lokaal 1.12" in page
        assert row(User, office.school).full_name in page
        assert "Opdracht 2" in page

    def test_a_draft_shows_nowhere(self, office: Office, student: Visitor) -> None:
        registration = planned(office, office.students[0], days=-2)
        score(registration)
        page = student.get("/mijn-examens/").text
        shown = page.partition("Al mijn examens")[2].partition("legend")[0]
        assert "block--to-assess" in shown
        assert "block--saved" not in shown
        assert "Concept" not in page

    def test_the_result_once_it_is_definitive(self, office: Office, student: Visitor) -> None:
        registration = planned(office, office.students[0], days=-2)
        assert "Voldoende" not in student.get("/mijn-examens/").text
        decide(registration, passed=True)
        page = student.get("/mijn-examens/").text
        assert "Voldoende" in page
        assert "block--passed" in page

    def test_it_costs_a_fixed_number_of_queries(self, office: Office, student: Visitor) -> None:
        spent = []
        for attempt in (1, 2):
            registration = planned(office, office.students[0], days=-attempt, attempt=attempt)
            decide(registration, passed=False)
            refresh()
            with counted() as statements:
                student.get("/mijn-examens/")
            spent.append(len(statements))
        assert spent[0] == spent[1]
        assert spent[0] <= 12
