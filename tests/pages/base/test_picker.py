"""Choosing by searching: a form holds what is chosen and asks for the rest, however large the school is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import func, insert, literal, select

from app.actions.base.form_words import GONE
from app.actions.base.runner import run
from app.actions.groups.members import NOBODY_IN_IT, remove_from_group
from app.actions.students.supervision import NOT_THEIRS, uncouple_users
from app.entities.base import db
from app.entities.engine import folded, transaction
from app.entities.programmes import Programme
from app.entities.students import Enrolment, StudentGroup, Supervision
from app.entities.users import RoleRow, User, user_programme
from app.errors import RuleBroken
from app.permissions import SUPERVISION_ROLES, SYSTEM, Role
from app.queries.base.picker import FEW, MOST, SOURCES
from app.rules.people import search_form
from tests.factories import (
    make_elective,
    make_exam,
    make_group,
    make_programme,
    make_student,
    make_user,
    refresh,
)
from tests.support import clock
from tests.support.forms import forms_on
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
VisitorOf = Callable[[User | None], Visitor]
FIRST_BUTTON = '<button class="visually-hidden" type="submit"'  # what Enter in a field presses


def grow(programme: int, count: int) -> Sequence[int]:
    """So many more programmes, groups, and users with every role of step 4b in this programme; their ids."""
    start = db.session.scalar(select(func.count()).select_from(Programme)) or 0
    numbers = range(start, start + count)
    with transaction():
        db.session.execute(
            insert(Programme),
            [
                {
                    "crebo": f"{n:05}",
                    "name": f"Vak {n:05}",
                    "level": 3,
                    "learning_path": "BOL",
                    "cohort": 2026,
                }
                for n in numbers
            ],
        )
        db.session.execute(insert(StudentGroup), [{"name": f"Klas {n:05}"} for n in numbers])
        users = [
            {
                "first_name": "Bo",
                "last_name": f"Bos {n:05}",
                "active": True,
                "username": f"bos{n}",
                "email": "",
            }
            for n in numbers
        ]
        made = db.session.scalars(
            insert(User).returning(User.id),
            [{**one, "email": f"{one['username']}@example.nl"} for one in users],
        ).all()
        roles = db.session.scalars(select(RoleRow.id).where(RoleRow.name.in_(list(SUPERVISION_ROLES)))).all()
        held = [{"user_id": user, "role_id": role} for user in made for role in roles]
        db.session.execute(insert(assoc_user_role), held)
        coupled = [{"user_id": user, "programme_id": programme} for user in made]
        db.session.execute(insert(user_programme), coupled)
    refresh()
    return made


def found(page: Visitor, source: str, words: str = "", within: Sequence[int] = ()) -> list[str]:
    """The labels that a search box is answered with."""
    query = {"q": words, "binnen": list(within)}
    answer = page.get(f"/kies/{source}", query_string=query)
    assert answer.status_code == 200, answer.status_code
    return [row["label"] for row in answer.get_json()["rows"]]


# -- size


def test_two_thousand_rows_make_no_form_larger_or_dearer_than_twenty(visit: Visit) -> None:
    programme = make_programme(name="Anders")
    exam, student = make_exam(programme, tasks=2), make_student(programme)
    page, user = visit("administrator"), make_user("school_examiner", programmes=[programme])
    paths = [
        "/gebruikers/do/add_user",
        f"/gebruikers/do/couple_to_programmes?id={user.id}",
        "/studenten/do/add_student",
        f"/studenten/do/change_student?id={student.id}",
        f"/studenten/do/couple_users?id={student.id}",
        f"/studenten/do/couple_programme?id={student.id}",
        f"/studenten/do/add_to_groups?id={student.id}",
        f"/examens/do/plan_exam?kies={exam.id}&id={student.id}",
        *(f"/kies/{source}?q=0&binnen={programme.id}" for source in SOURCES),
    ]

    def cost() -> dict[str, tuple[int, int]]:
        taken = {}
        for path in paths:
            with counted() as statements:
                answer = page.get(path)
            assert answer.status_code == 200, path
            taken[path] = len(statements), len(answer.data)
        return taken

    grow(programme.id, 21)
    cost()  # the first time fills what a process keeps
    few = cost()
    grow(programme.id, 1980)
    many = cost()
    for path in paths:
        assert many[path][0] == few[path][0] <= 18, path
        assert abs(many[path][1] - few[path][1]) < 50, path
    assert 'data-href="/kies/opleidingen"' in page.get(paths[0]).text


def test_a_school_with_few_programmes_has_them_all_as_boxes(visit: Visit) -> None:
    page = visit("administrator")
    names = [make_programme(name=f"Vak {n}").name for n in range(FEW)]
    text = page.get("/gebruikers/do/add_user").text
    assert all(name in text for name in names)
    assert "data-picker" not in text
    make_programme()
    text = page.get("/gebruikers/do/add_user").text
    assert not any(name in text for name in names)
    assert 'data-href="/kies/opleidingen"' in text


# -- searching


def test_a_search_finds_without_capitals_and_accents_at_most_twenty(visit: Visit) -> None:
    page, programme = visit("administrator"), make_programme(name="Zoötechniek", crebo="98765", cohort=2024)
    grow(programme.id, MOST + 1)
    user = make_user("school_examiner", first_name="Çağla", last_name="Łoś", organisation="Møller & Zn")
    label = "Łoś, Çağla (Møller & Zn)"
    for words in ("zootechniek", "ZOÖ 98765", "2024 zoo"):
        assert found(page, "opleidingen", words) == [str(programme)]
    for words in ("los cagla", "MOLLER", user.email):
        assert found(page, "schoolexaminatoren", words) == [label]
    assert "Łoś" in page.get("/gebruikers/?q=LOS+cagla").text  # the list of users searches as well
    both = page.get("/kies/gebruikers?q=los").get_json()["rows"]
    assert both == [{"key": f"school_examiner:{user.id}", "label": label, "group": "Examinator school"}]
    for words in ("%", "_", "vak vak2", "\\", "zoo'--"):
        assert found(page, "opleidingen", words) == []
    answer = page.get("/kies/opleidingen?q=vak")
    assert (len(answer.get_json()["rows"]), answer.get_json()["more"]) == (MOST, True)
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.get("/kies/opleidingen?q=" + "a" * 5000).get_json() == {"rows": [], "more": False}


def test_the_database_writes_a_text_for_searching_as_the_rule_does(app: Flask) -> None:
    texts = (
        "Zoë Çelik-Łukasz",
        "ØSTERGÅRD",
        "Æsop œuvre",
        "Groß",
        "Þór Ðan ðan",
        "İstanbul ıspanak",
        "ＡＢ ﬁn",
        "O'Brien",
    )
    for text in texts:
        assert db.session.scalar(select(folded(literal(text)))) == search_form(text), text


# -- who, and which rows

OFFICE, PLANNERS = {Role.SUPPLIER, Role.ADMINISTRATOR}, {Role.ADMINISTRATOR, Role.SCHOOL_SUPERVISOR}
WHO = {
    "opleidingen": OFFICE,
    "opleidingen-en-keuzedelen": PLANNERS,
    "studentgroepen": PLANNERS,
    "gebruikers": PLANNERS,
    "gekoppelde-gebruikers": PLANNERS,
    "praktijkbegeleiders": PLANNERS,
    "praktijkopleiders": PLANNERS,
    "schoolexaminatoren": PLANNERS,
    "bedrijfsexaminatoren": PLANNERS,
    "examinatoren-school": PLANNERS,
    "examinatoren-bedrijf": PLANNERS,
    "studenten": PLANNERS,
    "groepsleden": PLANNERS,
    "mentoren": PLANNERS,
    "regelopleidingen": {Role.ADMINISTRATOR},
}


def test_a_source_answers_who_may_choose_from_it_and_nobody_else(app: Flask, visitor_of: VisitorOf) -> None:
    assert set(WHO) == set(SOURCES)
    for role in Role:
        page = visitor_of(make_user(role))
        for source, allowed in WHO.items():
            wanted = 200 if role in allowed else 403
            assert page.get(f"/kies/{source}").status_code == wanted, (role, source)
        assert page.get("/kies/wachtwoorden").status_code == 404
    guest = visitor_of(make_user("company_examiner", guest=True))
    assert guest.get("/kies/gebruikers").status_code == 302
    assert visitor_of(None).get("/kies/gebruikers").status_code == 302


def test_a_praktijkbegeleider_finds_own_rows_only(app: Flask, visitor_of: VisitorOf) -> None:
    own, other = make_programme(name="Eigen vak"), make_programme(name="Vreemd vak")
    me = make_user("school_supervisor", programmes=[own], last_name="Begeleider")
    both = ("school_examiner", "company_examiner", "company_supervisor")
    near = make_user(*both, programmes=[own], last_name="Eigen", organisation="Hier")
    far = make_user(*both, programmes=[other], last_name="Vreemd")
    make_user(*both, programmes=[own], last_name="Weg", active=False)
    make_user("company_examiner", programmes=[own], last_name="Gast", guest=True)
    mine = make_student(own, supervisors=((me, "school_supervisor"), (near, "school_examiner")))
    theirs = make_student(other, supervisors=((far, "school_examiner"),))
    classes = [make_group(mine, theirs, name="Eigen klas").id, make_group(theirs, name="Vreemde klas").id]
    make_elective(name="Vreemd keuzedeel")
    page, within = visitor_of(me), [own.id, other.id]
    expected = {
        "opleidingen-en-keuzedelen": [str(own)],
        "studentgroepen": ["Eigen klas"],
        "gekoppelde-gebruikers": ["Begeleider, Sanne", "Eigen, Sanne (Hier)"],
        "praktijkbegeleiders": ["Begeleider, Sanne"],
        "studenten": [mine.list_name],
        "mentoren": ["Begeleider, Sanne", "Eigen, Sanne (Hier)"],
        "examinatoren-school": ["Eigen, Sanne (Hier)"],
        "examinatoren-bedrijf": ["Eigen, Sanne (Hier)"],
    }
    assert {source: found(page, source, within=within) for source in expected} == expected
    assert found(page, "groepsleden", within=classes) == [mine.list_name]
    assert found(page, "groepsleden") == []
    assert sorted(set(found(page, "gebruikers"))) == ["Begeleider, Sanne", "Eigen, Sanne (Hier)"]
    assert found(page, "schoolexaminatoren", near.email) == []  # whose addresses he does not see
    assert page.get("/kies/examinatoren-school?binnen=x").status_code == 404
    office = visitor_of(make_user("administrator"))
    assert found(office, "examinatoren-school", within=within) == ["Eigen, Sanne (Hier)", "Vreemd, Sanne"]
    assert found(office, "examinatoren-school") == []


# -- choosing


def test_many_are_chosen_by_a_button_where_there_is_no_javascript(visit: Visit) -> None:
    """Search, tick, search on, save: what was typed and ticked stays, and nothing is written before."""
    page, programme = visit("administrator"), make_programme(name="Zoötechniek")
    grow(programme.id, MOST + 1)
    typed = {
        "first_name": "Anna",
        "last_name": "Nieuw",
        "email": "anna@example.nl",
        "roles": "school_examiner",
    }
    path = "/gebruikers/do/add_user"
    answer = page.post(path, {**typed, "zoek": "programmes", "programmes-zoek": "zootechniek"})
    fields = next(iter(forms_on(answer.text).values()))
    assert answer.status_code == 200
    assert fields["last_name"].values == ["Nieuw"]
    assert fields["programmes"].options == [str(programme.id)]
    assert answer.text.index(FIRST_BUTTON) < answer.text.index('name="zoek"')
    more = {**typed, "programmes": str(programme.id), "zoek": "programmes", "programmes-zoek": "vak"}
    answer = page.post(path, more)
    fields = next(iter(forms_on(answer.text).values()))
    assert fields["programmes"].values == [str(programme.id)]
    assert len(fields["programmes"].options) == MOST + 1
    assert "Niet alles staat hier" in answer.text
    assert "Niets gevonden" in page.post(path, {**typed, "zoek": "programmes", "programmes-zoek": "xyz"}).text
    refresh()
    assert db.session.scalar(select(User.id).where(User.last_name == "Nieuw")) is None
    two = fields["programmes"].options[:2]
    page.do(path, {**typed, "programmes": two, "programmes-zoek": "vak"})
    refresh()
    user = db.session.scalars(select(User).where(User.last_name == "Nieuw")).one()
    assert {str(one.id) for one in user.programmes} == set(two)


HOSTILE = ("abc", "-1", "0", "²", "999999999999999999999", "1 OR 1=1", "9" * 5000)


def test_an_id_that_was_made_up_is_told_and_the_rest_of_the_form_stays(
    visit: Visit, visitor_of: VisitorOf
) -> None:
    own, other = make_programme(), make_programme()
    grow(own.id, MOST)
    me = make_user("school_supervisor", programmes=[own])
    student = make_student(own, supervisors=((me, "school_supervisor"),))
    page, office = visitor_of(me), visit("administrator")
    examiner = make_user("school_examiner", programmes=[own])
    hidden = (
        make_user("school_examiner", programmes=[other]),
        make_user("school_examiner", programmes=[own], active=False),
        make_user("company_examiner", programmes=[own], guest=True),
    )
    path = f"/studenten/do/couple_users?id={student.id}"
    for bad in (
        *HOSTILE,
        *(f"school_examiner:{one.id}" for one in hidden),
        f"company_examiner:{examiner.id}",
    ):
        answer = page.post(path, {"users": [f"school_examiner:{examiner.id}", bad]})
        assert answer.status_code == 422, bad
        assert GONE in answer.text, bad
        assert "· Examinator school" in answer.text, bad
        assert next(iter(forms_on(answer.text).values()))["users"].values == [
            f"school_examiner:{examiner.id}"
        ]
    for bad in (*HOSTILE, f"p{other.id}", f"e{other.id}", "p", "p²"):
        assert (
            page.do(f"/studenten/do/couple_programme?id={student.id}", {"target": bad}).status_code == 422
        ), bad
    typed = {
        "first_name": "Anna",
        "last_name": "Blijft",
        "email": "anna@example.nl",
        "roles": "school_examiner",
    }
    for bad in HOSTILE:
        answer = office.do("/gebruikers/do/add_user", {**typed, "programmes": [str(own.id), bad]})
        assert (answer.status_code, "Blijft" in answer.text) == (422, True), bad
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Enrolment)) == 1
    assert db.session.scalar(select(func.count()).select_from(Supervision)) == 1


def test_the_pencil_keeps_who_is_coupled_and_adds_who_is_searched(visit: Visit) -> None:
    page, programme = visit("administrator"), make_programme()
    made = grow(programme.id, MOST)
    gone = make_user("school_examiner", active=False, last_name="Vertrokken")
    student = make_student(programme, supervisors=((gone, "school_examiner"),))
    path = f"/studenten/do/change_student?id={student.id}"
    fields = next(iter(forms_on(page.get(path).text).values()))
    assert fields["school_examiner"].options == [str(gone.id)]
    sent = {name: one.values for name, one in fields.items() if one.kind != "submit" and name != "csrf_token"}
    answer = page.post(path, {**sent, "school_examiner": [str(gone.id), str(made[0])]})
    assert answer.status_code == 302
    refresh()
    users = db.session.scalars(select(Supervision.user_id).where(Supervision.student_id == student.id)).all()
    assert set(users) == {gone.id, made[0]}


def test_examiners_are_searched_within_the_exams_programme(visit: Visit) -> None:
    page, programme = visit("administrator"), make_programme()
    exam, student = make_exam(programme, tasks=2), make_student(programme)
    made = grow(programme.id, MOST + 1)
    far = make_user("school_examiner", programmes=[make_programme()])
    path = f"/examens/do/plan_exam?kies={exam.id}&id={student.id}"
    shown = page.get(path).text
    assert shown.count(f'data-href="/kies/examinatoren-school?binnen={programme.id}"') == 3
    typed: dict[str, Any] = {
        "way": "together",
        "all_day": f"{clock.monday():%d-%m-%Y}",
        "all_start": "09:00",
        "all_minutes": "120",
        "all_location": "Zaal",
    }
    for bad in (str(far.id), "x"):
        answer = page.post(path, {**typed, "all_school_examiner": bad})
        assert (answer.status_code, GONE in answer.text, "Zaal" in answer.text) == (422, True, True)
    answer = page.post(path, {**typed, "all_school_examiner": "", "zoek": "all_school_examiner"})
    assert answer.status_code == 200
    answer = page.post(path, {**typed, "all_school_examiner": str(made[0])})
    assert "Bo Bos" in answer.text
    assert "Planning controleren" in answer.text


def test_taking_away_what_nobody_has_is_told(app: Flask) -> None:
    programme = make_programme()
    examiner = make_user("school_examiner")
    make_group(make_student(programme, supervisors=((examiner, "school_examiner"),)))
    group = db.session.scalars(select(StudentGroup.id)).one()
    other = make_student()
    for act, values, reason in (
        (uncouple_users, {"users": [f"school_examiner:{examiner.id}"]}, NOT_THEIRS),
        (remove_from_group, {"groups": [group]}, NOBODY_IN_IT),
    ):
        with pytest.raises(RuleBroken, match=reason[:30]):
            run(act, SYSTEM, [other.id], **values)
