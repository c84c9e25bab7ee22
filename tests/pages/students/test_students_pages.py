"""The tab Studenten as its users see it: rows, filters, buttons per right, forms that keep what was typed."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.mail import OutboxMail
from app.entities.programmes import Programme
from app.entities.students import ExamExclusion, Student, StudentGroup
from app.entities.users import User
from app.permissions import Role
from tests.factories import (
    enrol,
    make_elective,
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
    supervise,
)
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
OWN_TAB = "U hebt dit zelf in een ander tabblad gewijzigd"
BULK = (
    "Koppelen aan opleiding",
    "Maak een examen niet-beschikbaar",
    "Stel studievoortgang beschikbaar",
    "Toevoegen aan studentgroepen",
    "Inlogcode versturen",
)
FLEUR = {
    "number": "0020311",
    "first_name": "Zoë",
    "infix": "",
    "last_name": "Çelik",
    "gender": "female",
    "birth_date": "24-11-2008",
    "email": "zoe@example.nl",
    "target": "",
    "group_id": "0",
}


def main_of(page: str) -> str:
    """The page without the menu around it."""
    return html.unescape(page[page.index('<main id="main"') : page.index("</main>")])


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


def test_the_list_names_students_as_dutch_lists_do(visit: Visit) -> None:
    programme, elective = make_programme(name="Verzorgende-IG"), make_elective(code="K0262")
    teacher = make_user("school_supervisor", first_name="Sanne", last_name="Bakker")
    student = make_student(
        programme, elective, last_name="Berg", number="0020311", supervisors=((teacher, "school_supervisor"),)
    )
    make_group(student, name="VZ-IG 2A")
    page = main_of(visit("administrator").get("/studenten/").text)
    for text in ("Berg, Fleur van der", "0020311", "Verzorgende-IG", "K0262", "VZ-IG 2A", "Sanne Bakker"):
        assert text in page
    assert f'href="/studenten/{student.id}"' in page


def test_what_a_student_still_lacks_is_said_in_the_row(visit: Visit) -> None:
    make_student()
    page = main_of(visit("administrator").get("/studenten/").text)
    assert "Nog geen opleiding" in page.split("<tbody")[1]
    assert "Nog geen" in page.split("<tbody")[1]


def test_the_administrator_has_the_buttons_of_the_manual(visit: Visit) -> None:
    make_student()
    page = main_of(visit("administrator").get("/studenten/").text)
    for label in ("Nieuwe student invoeren", "Importeren", "Studentgroepen", "Voer uit", *BULK):
        assert label in page
    assert 'href="/studenten/importeren/"' in page


def test_a_praktijkbegeleider_adds_and_edits_but_does_not_import(visit: Visit) -> None:
    visitor = visit("school_supervisor")
    supervise(make_student(), db.session.get_one(type(make_user()), visitor.user_id), "school_supervisor")
    page = main_of(visitor.get("/studenten/").text)
    assert "Nieuwe student invoeren" in page
    assert "Voer uit" in page
    assert "Importeren" not in page


@pytest.mark.parametrize("role", ["exam_committee", "company_supervisor", "school_examiner"])
def test_who_only_reads_has_no_button_and_no_tick_box(visit: Visit, role: str) -> None:
    visitor = visit(role)
    user = db.session.get_one(type(make_user()), visitor.user_id)
    student, exam = make_student(), make_exam()
    if role == "company_supervisor":
        supervise(student, user, role)
    make_sitting(
        make_registration(student, exam), school_examiner=user if role == "school_examiner" else None
    )
    for path in ("/studenten/", f"/studenten/{student.id}", "/studentgroepen/"):
        answer = visitor.get(path)
        assert answer.status_code == 200
        page = main_of(answer.text).replace("/studenten/do/show_columns", "")  # one's own columns
        for text in (
            "Voer uit",
            "Nieuwe student",
            "Wijzigen",
            "Importeren",
            "toevoegen",
            'type="checkbox"',
            "/do/",
        ):
            assert text not in page, (path, text)


def test_each_sees_own_students_only(visit: Visit) -> None:
    visitor = visit("school_supervisor")
    own, other = make_student(last_name="Eigen"), make_student(last_name="Ander")
    supervise(own, db.session.get_one(type(make_user()), visitor.user_id), "school_supervisor")
    page = visitor.get("/studenten/").text
    assert "Eigen, Fleur" in page
    assert "Ander, Fleur" not in page
    assert visitor.get(f"/studenten/{own.id}").status_code == 200
    for path in (
        f"/studenten/{other.id}",
        f"/studenten/do/change_student?id={other.id}",
        f"/studenten/do/couple_programme?id={own.id}&id={other.id}",
        f"/studenten/do/add_to_groups?id={other.id}",
    ):
        assert visitor.get(path).status_code == 404, path


def test_a_search_does_not_mind_accents_and_finds_every_word(visit: Visit) -> None:
    make_student(first_name="Zoë", infix="", last_name="Çelik", search="zoe celik 0001")
    make_student(last_name="Dijk", search="fleur van der dijk 0002")
    visitor = visit("administrator")
    assert "Çelik, Zoë" in visitor.get("/studenten/?q=CELIK zoë").text
    assert "Dijk, Fleur" not in visitor.get("/studenten/?q=çelik").text
    assert "Dijk, Fleur" in visitor.get("/studenten/?q=dijk 0002").text
    assert "Niets gevonden" in visitor.get("/studenten/?q=100%25").text


def test_the_filters_narrow_the_list(visit: Visit) -> None:
    programme, elective = make_programme(), make_elective()
    teacher = make_user("school_supervisor")
    full = make_student(
        programme,
        elective,
        last_name="Compleet",
        supervisors=((teacher, "school_supervisor"),),
        progress_available=True,
    )
    make_sitting(make_registration(full, make_exam(programme)))
    make_student(last_name="Leeg")
    group = make_group(full)
    visitor = visit("administrator")
    for query, complete, empty in (
        (f"opleiding={programme.id}", True, False),
        (f"opleiding=k{elective.id}", True, False),
        (f"groep={group.id}", True, False),
        (f"begeleider={teacher.id}", True, False),
        ("begeleider=SANNE", True, False),
        ("begeleider=sanne nee", False, False),
        (f"groep={group.name.lower()}", True, False),
        ("state=no-programme", False, True),
        ("state=no-supervisor", False, True),
        ("state=nothing-planned", False, True),
        ("state=no-progress", False, True),
        ("state=onzin", False, False),
        ("groep=1 OR 1=1", False, False),
        ("opleiding=k", False, False),
    ):
        rows = visitor.get(f"/studenten/?{query}").text
        assert ("Compleet, Fleur" in rows, "Leeg, Fleur" in rows) == (complete, empty), query


def test_the_list_is_sorted_by_name_and_by_number(visit: Visit) -> None:
    make_student(last_name="Aa", number="2")
    make_student(last_name="Zz", number="1")
    visitor = visit("administrator")
    by_name, by_number = visitor.get("/studenten/").text, visitor.get("/studenten/?order=number").text
    assert by_name.index("Aa, Fleur") < by_name.index("Zz, Fleur")
    assert by_number.index("Zz, Fleur") < by_number.index("Aa, Fleur")
    assert visitor.get("/studenten/?order=search").status_code == 400


def test_the_pages_cost_as_many_queries_for_200_students_as_for_20(visit: Visit) -> None:
    visitor = visit("administrator")
    programme, elective = make_programme(), make_elective()
    exam = make_exam(programme)
    group = make_group()
    costs = []
    for size in (20, 180):
        for number in range(size):
            teacher = make_user("school_supervisor") if number % 10 == 0 else None
            student = make_student(programme, elective)
            if teacher:
                supervise(student, teacher, "school_supervisor")
            make_registration(student, exam)
        group = make_group(*db.session.scalars(select(Student).limit(size)).all())
        cost = []
        for path in (
            "/studenten/?size=100",
            f"/studenten/{student.id}",
            "/studentgroepen/",
            f"/studentgroepen/{group.id}",
        ):
            refresh()
            with counted() as statements:
                assert visitor.get(path).status_code == 200
            cost.append(len(statements))
        costs.append(cost)
    assert costs[0] == costs[1]
    assert costs[0][0] <= 12
    assert max(costs[0]) <= 15


def test_a_student_is_entered_and_the_page_of_the_student_follows(visit: Visit) -> None:
    visitor = visit("administrator")
    answer = visitor.do("/studenten/do/add_student", FLEUR)
    refresh()
    student = db.session.scalars(select(Student)).one()
    assert answer.headers["Location"] == f"/studenten/{student.id}"
    page = visitor.get(f"/studenten/{student.id}").text
    assert "Zoë Çelik (0020311) is ingevoerd." in page
    assert "24-11-2008" in page


def test_every_mistake_is_told_at_once_and_the_rest_is_kept(visit: Visit) -> None:
    make_student(number="0020311")
    wrong = {**FLEUR, "last_name": "", "birth_date": "31-02-2008", "email": "zoe@", "first_name": "Zoë"}
    answer = visit("administrator").do("/studenten/do/add_student", wrong)
    page = main_of(answer.text)
    assert answer.status_code == 422
    assert "Er is al een student met dit studentnummer." in page
    assert "“31-02-2008” is geen datum" in page
    assert "“zoe@” is geen e-mailadres." in page
    assert 'id="last_name-error"' in page
    assert 'value="Zoë"' in page
    assert 'value="31-02-2008"' in page


def test_a_foreign_choice_is_refused_at_the_field(visit: Visit) -> None:
    programme = make_programme()
    answer = visit("school_supervisor").do(
        "/studenten/do/add_student", {**FLEUR, "target": f"p{programme.id}"}
    )
    assert answer.status_code == 422
    assert 'id="target-error"' in answer.text
    assert db.session.scalars(select(Student)).all() == []


def form_of(student: Student, **changed: object) -> dict[str, object]:
    return {
        "number": student.number,
        "first_name": student.first_name,
        "infix": student.infix,
        "last_name": student.last_name,
        "gender": student.gender.value,
        "birth_date": "14-03-2008",
        "email": student.email,
        "version": str(student.version),
        **changed,
    }


def test_the_pencil_comes_back_to_the_list_with_its_filters(visit: Visit) -> None:
    student = make_student(last_name="Berg", search="fleur berg")
    visitor = visit("administrator")
    path = f"/studenten/do/change_student?id={student.id}&q=berg"
    assert f'href="{path.replace("&", "&amp;")}"' in visitor.get("/studenten/?q=berg").text
    answer = visitor.do(path, form_of(student, first_name="Flor"))
    assert answer.headers["Location"] == "/studenten/?q=berg"
    refresh()
    assert db.session.get_one(Student, student.id).first_name == "Flor"


def test_two_people_with_the_pencil_the_second_is_told_and_chooses(visit: Visit) -> None:
    student = make_student(first_name="Fleur")
    first, second = visit("administrator"), visit("administrator")
    path = f"/studenten/do/change_student?id={student.id}"
    stale = form_of(student, last_name="Dijk")
    assert hidden(second.get(path).text, "version") == "1"
    first.do(path, form_of(student, first_name="Flor"))
    answer = second.do(path, stale)
    page = main_of(answer.text)
    assert answer.status_code == 422
    assert "heeft dit intussen gewijzigd" in page
    assert "Voornaam: Fleur → Flor" in page
    assert 'value="Dijk"' in page
    assert hidden(page, "version") == "2"
    again = second.do(path, {**stale, "version": "2"})
    assert again.status_code == 302
    refresh()
    saved = db.session.get_one(Student, student.id)
    assert (saved.first_name, saved.last_name, saved.version) == ("Fleur", "Dijk", 3)


def test_another_mistake_in_an_old_form_does_not_hide_that_it_is_old(visit: Visit) -> None:
    student = make_student()
    visitor = visit("administrator")
    path = f"/studenten/do/change_student?id={student.id}"
    visitor.do(path, form_of(student, first_name="Flor"))
    answer = visitor.do(path, form_of(student, version="1", email="fout"))
    assert hidden(answer.text, "version") == "1"
    assert OWN_TAB in visitor.do(path, form_of(student, version="1")).text


def test_a_form_without_a_sound_version_is_refused(visit: Visit) -> None:
    student = make_student()
    for version in ("", "abc", "999"):
        answer = visit("administrator").do(
            f"/studenten/do/change_student?id={student.id}", form_of(student, version=version)
        )
        assert answer.status_code == 422, version


def test_an_action_says_beforehand_who_and_does_it_for_all_that_match(visit: Visit) -> None:
    programme = make_programme(name="Verzorgende-IG")
    make_student(programme, last_name="Heeft", search="heeft x")
    for number in range(30):
        make_student(last_name=f"Nieuw{number:02}", search=f"nieuw{number} x")
    make_student(last_name="Buiten", search="buiten")
    visitor = visit("administrator")
    path = "/studenten/do/couple_programme?all=1&q=x"
    choice = {"target": f"p{programme.id}"}
    confirm = main_of(visitor.post(path, choice).text)
    assert "Nieuw00, Fleur van der" in confirm
    assert "en nog 20" in confirm
    assert "1 is al zo en blijft gelijk." in confirm
    done = visitor.do(path, choice)
    assert done.headers["Location"] == "/studenten/?q=x"
    assert "30 studenten gekoppeld aan Verzorgende-IG" in visitor.get("/studenten/?q=x").text


def test_who_does_not_come_along_is_named_with_the_reason(visit: Visit) -> None:
    programme = make_programme()
    exam = make_exam(programme, title="Zorgen")
    held, free = make_student(programme, last_name="Aangemeld"), make_student(programme, last_name="Vrij")
    make_registration(held, exam)
    visitor = visit("administrator")
    path = f"/studenten/do/exclude_exam?id={held.id}&id={free.id}"
    for answer in (visitor.post(path, {"exams": str(exam.id)}), visitor.do(path, {"exams": str(exam.id)})):
        page = main_of(answer.text)
        assert "Aangemeld, Fleur van der" in page
        assert f"is al aangemeld voor {exam}" in page
    refresh()
    assert [row.student_id for row in db.session.scalars(select(ExamExclusion))] == [free.id]


def test_the_choose_page_sends_the_selection_on(visit: Visit) -> None:
    student = make_student()
    answer = visit("administrator").get(f"/studenten/choose/?id={student.id}&action=release_progress")
    assert answer.headers["Location"] == f"/studenten/do/release_progress?id={student.id}"


def test_a_students_page_shows_everything_of_the_student(visit: Visit) -> None:
    programme = make_programme(name="Verzorgende-IG")
    teacher = make_user("school_supervisor", first_name="Sanne", last_name="Bakker")
    student = make_student(programme, last_name="Berg", supervisors=((teacher, "school_supervisor"),))
    make_group(student, name="VZ-IG 2A")
    exam, waiting = make_exam(programme, title="Zorgen"), make_exam(programme, title="Wonen")
    make_sitting(make_registration(student, exam))
    visitor = visit("administrator")
    visitor.do(f"/studenten/do/exclude_exam?id={student.id}", {"exams": str(waiting.id)})
    page = main_of(visitor.get(f"/studenten/{student.id}").text)
    for text in (
        "Fleur van der Berg",
        student.number,
        "14-03-2008",
        "Verzorgende-IG",
        "Sanne Bakker",
        "VZ-IG 2A",
        "Zorgen",
        "Wonen",
        "Ingepland",
        "Niet beschikbaar",
        "Logboek",
        "Maak een examen niet-beschikbaar",
    ):
        assert text in page, text
    visitor.do(f"/studenten/do/send_student_codes?id={student.id}")
    page = main_of(visitor.get(f"/studenten/{student.id}").text)
    refresh()
    mail = db.session.scalars(select(OutboxMail)).one()
    group = db.session.scalars(select(StudentGroup)).one()
    for place in (
        f"/opleidingen/{programme.id}",
        f"/gebruikers/{teacher.id}",
        f"/studentgroepen/{group.id}",
        f"/examens/?opleiding={programme.id}&q={student.number}",
        f"/voortgang/{student.id}",
        f"/postvak-uit/{mail.id}",
        f"/logboek/?student={student.number}",
    ):
        assert f'href="{place}"' in page, place
        assert visitor.get(place).status_code == 200, place


def test_each_part_of_a_students_page_is_for_who_may_see_it(visit: Visit) -> None:
    programme, student = make_programme(name="Verzorgende-IG"), make_student()
    enrol(student, programme)
    make_group(student, name="VZ-IG 2A")
    visitor = visit("company_supervisor")
    supervise(student, db.session.get_one(User, visitor.user_id), "company_supervisor")
    page = main_of(visitor.get(f"/studenten/{student.id}").text)
    for text in ("Verzorgende-IG", "VZ-IG 2A", f"/voortgang/{student.id}", "Nog niets"):
        assert text in page, text
    for text in ("/opleidingen/", "/gebruikers/", "/studentgroepen/", "/postvak-uit/", "Mails", "Logboek"):
        assert text not in page, text


def test_the_trail_is_for_who_may_read_it(visit: Visit) -> None:
    visitor = visit("school_supervisor")
    student = make_student()
    supervise(student, db.session.get_one(type(make_user()), visitor.user_id), "school_supervisor")
    assert "Logboek" not in visitor.get(f"/studenten/{student.id}").text
    assert "Logboek" in visit("exam_committee").get(f"/studenten/{student.id}").text


def test_an_action_on_a_students_page_comes_back_to_it(visit: Visit) -> None:
    student = make_student()
    visitor = visit("administrator")
    answer = visitor.do(
        f"/studenten/do/release_progress?id={student.id}&back=/studenten/{student.id}", {"available": "on"}
    )
    assert answer.headers["Location"] == f"/studenten/{student.id}"


def test_who_hands_a_student_over_goes_back_to_the_list(visit: Visit) -> None:
    visitor = visit("school_supervisor")
    student = make_student()
    supervise(student, db.session.get_one(type(make_user()), visitor.user_id), "school_supervisor")
    back = f"%2Fstudenten%2F{student.id}%3Fq%3Dfleur"
    answer = visitor.do(f"/studenten/do/change_student?id={student.id}&back={back}", form_of(student))
    assert answer.headers["Location"] == "/studenten/?q=fleur"
    assert visitor.get(f"/studenten/{student.id}").status_code == 404


def test_a_name_is_text_and_never_markup(visit: Visit) -> None:
    student = make_student(last_name="<script>alert(1)</script>", search="script")
    visitor = visit("administrator")
    for path in ("/studenten/", f"/studenten/{student.id}", f"/studenten/do/change_student?id={student.id}"):
        assert "<script>alert" not in visitor.get(path).text


@pytest.mark.parametrize("role", [Role.SUPPLIER, Role.STUDENT])
def test_who_has_no_students_has_no_page(visit: Visit, role: Role) -> None:
    for path in ("/studenten/", "/studentgroepen/", "/studenten/1", "/studenten/do/add_student"):
        assert visit(role).get(path).status_code == 403


def test_programmes_to_choose_stand_under_their_heading(visit: Visit) -> None:
    programme, elective = make_programme(), make_elective()
    student = make_student()
    page = visit("administrator").get(f"/studenten/do/couple_programme?id={student.id}").text
    assert '<optgroup label="Opleidingen">' in page
    assert '<optgroup label="Keuzedelen">' in page
    for row in (db.session.get_one(Programme, programme.id), elective):
        assert str(row) in page


def test_an_examiner_sees_no_birth_date(visit: Visit) -> None:
    visitor = visit("school_examiner")
    student = make_student()
    examiner = db.session.get_one(type(make_user()), visitor.user_id)
    make_sitting(make_registration(student, make_exam()), school_examiner=examiner)
    page = visitor.get(f"/studenten/{student.id}").text
    assert student.number in page
    assert "14-03-2008" not in page
    assert "14-03-2008" in visit("exam_committee").get(f"/studenten/{student.id}").text


def test_the_confirmation_says_what_was_chosen(visit: Visit) -> None:
    programme, student = make_programme(name="Verzorgende-IG"), make_student()
    visitor = visit("administrator")
    answer = visitor.post(f"/studenten/do/couple_programme?id={student.id}", {"target": f"p{programme.id}"})
    assert "1 student gekoppeld aan Verzorgende-IG" in main_of(answer.text)


def test_an_attempt_leads_to_its_planning(visit: Visit) -> None:
    programme = make_programme()
    student = make_student(programme)
    registration = make_registration(student, make_exam(programme))
    page = visit("administrator").get(f"/studenten/{student.id}").text
    assert f'href="/examens/aanmelding/{registration.id}"' in page


def test_a_school_with_very_many_groups_types_a_name_instead(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_group(make_student(last_name="Eerste"), name="VZ-IG 2A")
    make_group(make_student(last_name="Tweede"), name="VZ-IG 2B")
    visitor = visit("administrator")
    assert '<select class="form-select form-select-sm" id="filter-groep"' in visitor.get("/studenten/").text
    monkeypatch.setattr("app.queries.students.choices.MANY", 1)
    page = visitor.get("/studenten/?groep=ig 2b").text
    assert 'id="filter-groep" name="groep" value="ig 2b" placeholder="Typ een naam"' in page
    assert "Tweede, Fleur" in page
    assert "Eerste, Fleur" not in page


def test_a_link_to_the_students_of_one_of_very_many_groups_says_its_name(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = make_user("school_supervisor", first_name="Sanne", infix="de", last_name="Wit")
    student = make_student(last_name="Eerste", supervisors=((guide, "school_supervisor"),))
    group = make_group(student, name="VZ-IG 2A")
    make_group(make_student(last_name="Tweede", supervisors=((guide, "school_supervisor"),)), name="VZ-IG 2B")
    monkeypatch.setattr("app.queries.students.choices.MANY", 0)
    page = visit("administrator").get(f"/studenten/?groep={group.id}&begeleider={guide.id}").text
    assert "Studentgroep:</span> VZ-IG 2A<" in page
    assert "Praktijkbegeleider:</span> Sanne de Wit<" in page
    assert 'name="groep" value="VZ-IG 2A"' in page
    assert "Eerste, Fleur" in page
    assert "Tweede, Fleur" not in page
    stranger = visit("school_supervisor").get(f"/studenten/?groep={group.id}&begeleider={guide.id}").text
    assert "VZ-IG" not in stranger
    assert "Sanne de Wit" not in stranger


def test_the_trail_names_who_was_coupled_and_in_which_role_in_the_readers_words(visit: Visit) -> None:
    company = make_user("company_supervisor", first_name="André", last_name="Bakker")
    school = make_user("school_supervisor", first_name="Sam", infix="de", last_name="Wit")
    student, visitor = make_student(), visit("administrator")
    chosen = [f"company_supervisor:{company.id}", f"school_supervisor:{school.id}"]
    visitor.do(f"/studenten/do/couple_users?id={student.id}", {"users": chosen})
    told = "Bakker, André als Praktijkopleider; Wit, Sam de als Praktijkbegeleider"
    for page in (f"/studenten/{student.id}", "/logboek/"):
        text = html.unescape(visitor.get(page).text)
        assert told in text, page
        assert "company_supervisor" not in text, page


def test_where_nothing_would_change_there_is_nothing_to_press(visit: Visit) -> None:
    active = make_student(last_name="Vos")
    page = visit("administrator").get(f"/studenten/do/reactivate_students?id={active.id}").text
    assert "Er verandert niets." in page
    assert '<button class="btn btn-primary" type="submit">Weer activeren' not in page
    gone = make_student(active=False)
    page = visit("administrator").get(f"/studenten/do/reactivate_students?id={gone.id}&id={active.id}").text
    assert '<button class="btn btn-primary" type="submit">Weer activeren' in page


@pytest.mark.parametrize(
    ("role", "path", "hint"),
    [
        ("administrator", "/studenten/", "of importeer een Excel- of CSV-bestand"),
        ("school_supervisor", "/studenten/", "Voer een student in, of vraag de beheerder u te koppelen."),
        ("company_supervisor", "/studenten/", "Hier staan de studenten aan wie u gekoppeld bent."),
        ("exam_committee", "/studenten/", "Zodra er studenten zijn ingevoerd, staan ze hier."),
        ("administrator", "/voortgang/", "Zodra er studenten zijn ingevoerd, staan ze hier."),
        ("company_supervisor", "/voortgang/", "Hier staan de studenten aan wie u gekoppeld bent."),
        ("administrator", "/examens/", "Zodra er studenten aan een opleiding zijn gekoppeld"),
        ("company_examiner", "/examens/", "Zodra u aan een student of examenmoment bent gekoppeld"),
    ],
)
def test_an_empty_page_says_what_its_reader_can_do(visit: Visit, role: str, path: str, hint: str) -> None:
    assert hint in html.unescape(visit(role).get(path).text)


def test_a_form_that_is_sent_again_tells_what_it_did_although_its_choices_are_gone(visit: Visit) -> None:
    programme, student = make_programme(), make_student()
    enrol(student, programme)
    group = make_group(student)
    visitor = visit("administrator")
    new = {"number": "12345", "first_name": "Fleur", "last_name": "Berg"}
    for number, (path, form) in enumerate(
        (
            (f"/studenten/do/uncouple_programme?id={student.id}", {"target": f"p{programme.id}"}),
            ("/studenten/do/undo_coupling", {"run_id": "1"}),
            (f"/studenten/do/remove_from_group?id={student.id}", {"groups": str(group.id)}),
            (f"/studentgroepen/do/remove_group?id={group.id}", {}),
            ("/studenten/do/add_student", new),
        )
    ):
        refresh()
        if "run_id" in form:
            form["run_id"] = str(db.session.scalars(select(CouplingRun.id)).one())
        first, again = (visitor.do(path, {**form, "token": f"form-{number}"}) for _time in range(2))
        assert (first.status_code, again.status_code) == (302, 302), path
        assert again.headers["Location"] == first.headers["Location"], path


def test_where_there_is_nothing_to_choose_the_page_says_so_and_has_no_button(visit: Visit) -> None:
    student, other = make_student(), make_student(make_programme())
    visitor = visit("administrator")
    for name, told in (
        ("exclude_exam", "Deze studenten hebben nog geen examens"),
        ("include_exam", "Alle examens van deze studenten zijn beschikbaar"),
        ("uncouple_programme", "Deze studenten zijn aan geen opleiding of keuzedeel gekoppeld"),
        ("remove_from_group", "Deze studenten zitten in geen enkele studentgroep"),
        ("uncouple_users", "Bij deze studenten hoort nog geen gebruiker"),
    ):
        page = visitor.get(f"/studenten/do/{name}?id={student.id}").text
        assert told in page, name
        assert ">Verder</button>" not in page, name
    page = visitor.get(f"/studenten/do/uncouple_programme?id={student.id}&id={other.id}").text
    assert ">Verder</button>" in page, "one of them has a programme"


def test_a_new_school_with_nothing_to_choose_yet_says_where_it_is_made(visit: Visit) -> None:
    student, visitor = make_student(), visit("administrator")
    for name, told in (
        ("couple_programme", "Er is nog geen opleiding of keuzedeel om te kiezen"),
        ("add_to_groups", "Maak er eerst een bij Studentgroepen."),
        ("couple_users", "Er is nog geen gebruiker om te kiezen"),
    ):
        page = visitor.get(f"/studenten/do/{name}?id={student.id}").text
        assert told in page, name
        assert ">Verder</button>" not in page, name
    make_group()
    assert ">Verder</button>" in visitor.get(f"/studenten/do/add_to_groups?id={student.id}").text


def test_what_these_students_have_stands_in_a_list_also_when_it_is_much(visit: Visit) -> None:
    student = make_student()
    for number in range(30):
        make_group(student, name=f"Klas {number:02}")
    make_group(name="Andere klas")
    page = visit("administrator").get(f"/studenten/do/remove_from_group?id={student.id}").text
    assert page.count('name="groups"') == 30
    assert "Andere klas" not in page
    assert "data-picker-search" not in page


def test_a_student_is_closed_and_opened_again_on_the_own_page_too(visit: Visit) -> None:
    student, visitor = make_student(), visit("administrator")
    for name, label in (("deactivate_students", "Deactiveren"), ("reactivate_students", "Weer activeren")):
        page = html.unescape(visitor.get(f"/studenten/{student.id}?q=fleur").text)
        href = f"/studenten/do/{name}?id={student.id}&back=%2Fstudenten%2F{student.id}%3Fq%3Dfleur"
        assert f'href="{href}"' in page, name
        assert label in main_of(visitor.get(f"/studenten/{student.id}").text)
        assert visitor.do(href).headers["Location"] == f"/studenten/{student.id}?q=fleur"
    assert "deactivate_students" not in visit("exam_committee").get(f"/studenten/{student.id}").text
