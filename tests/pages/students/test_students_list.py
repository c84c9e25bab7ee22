"""The list of students at length: pages from a row onwards, filters in the address, a place that is kept."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.students.list_views import show_columns
from app.entities.base import db
from app.entities.lists import ListView
from app.entities.students import Student
from app.entities.users import User
from app.pages.students import students as students_page
from app.permissions import Actor
from tests.factories import (
    make_elective,
    make_group,
    make_programme,
    make_student,
    make_user,
    refresh,
    supervise,
)
from tests.support.forms import as_shown
from tests.support.queries import counted
from tests.support.racer import race
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
LINK = re.compile(
    r'<a class="btn btn-secondary btn-sm"[^>]*href="([^"]+)">(?:(?!</a>).)*?<span[^>]*>([^<]+)', re.S
)


def names(page: str) -> list[str]:
    """The rows of the list, by last name."""
    return re.findall(r'class="row-name"><a href="/studenten/\d+[^"]*">([^,<]+),', page)


def steps(page: str) -> dict[str, str]:
    """The links to other pages of the list, by their text."""
    pager = page.split('class="pager"')[1].split("</nav>", maxsplit=1)[0] if 'class="pager"' in page else ""
    return {text: html.unescape(href) for href, text in LINK.findall(pager)}


def test_the_list_stands_in_the_order_of_a_dutch_list_on_every_database(visit: Visit) -> None:
    wanted = ["Bergen", "Çelik", "Dam", "el Amrani", "Özdemir", "Zwart"]
    for name in reversed(wanted):
        make_student(last_name=name)
    visitor = visit("administrator")
    assert names(visitor.get("/studenten/").text) == wanted
    assert names(visitor.get("/studenten/?order=name&down=1&size=10").text) == wanted[::-1]


def test_one_walks_from_the_first_page_to_the_last_and_back_over_the_same_rows(visit: Visit) -> None:
    # Equal names too: then the id decides.
    everyone = sorted([f"Naam{number:02}" for number in range(20)] + ["Zelfde"] * 12)
    for name in reversed(everyone):
        make_student(last_name=name)
    visitor = visit("administrator")
    for query, wanted in (
        ("size=10", everyone),
        ("order=name&down=1&size=10", everyone[::-1]),
        ("order=number&size=10", everyone[::-1]),
        ("order=progress&size=10", everyone[::-1]),
    ):
        page, seen, back = visitor.get(f"/studenten/?{query}").text, [], []
        assert "Vorige" not in steps(page)
        while True:
            seen += names(page)
            if "Volgende" not in steps(page):
                break
            page = visitor.get(steps(page)["Volgende"]).text
        assert seen == wanted, query
        assert "31–32 van 32" in page
        last = visitor.get(steps(visitor.get(f"/studenten/?{query}").text)["Laatste pagina"]).text
        assert names(last) == wanted[-10:]
        assert "23–32 van 32" in last
        while "Vorige" in steps(last):
            back = names(last) + back
            last = visitor.get(steps(last)["Vorige"]).text
        assert "1–10 van 32" in last
        assert names(last)[:2] + back == wanted[:2] + wanted[-len(back) :], query
        assert names(visitor.get(steps(page)["Eerste pagina"]).text) == wanted[:10]


def test_back_from_the_second_page_is_the_first_with_its_way_on(visit: Visit) -> None:
    for number in range(12):
        make_student(last_name=f"Naam{number:02}")
    visitor = visit("administrator")
    second = visitor.get(steps(visitor.get("/studenten/?size=5").text)["Volgende"]).text
    first = visitor.get(steps(second)["Vorige"]).text
    assert "1–5 van 12" in first
    assert "Vorige" not in steps(first)
    assert names(visitor.get(steps(first)["Volgende"]).text) == names(second)


@pytest.mark.parametrize("few", [0, 1000], ids=["along the order", "looked up first"])
def test_what_is_still_to_be_done_is_paged_the_same_however_it_is_found(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(students_page, "FEW", few)
    programme = make_programme()
    for number in range(30):
        make_student(*([programme] if number % 3 == 0 else []), last_name=f"Naam{number:02}")
    wanted = [f"Naam{number:02}" for number in range(30) if number % 3]
    visitor = visit("administrator")
    page, seen = visitor.get("/studenten/?state=no-programme&size=8").text, []
    for place in ("1–8 van 20", "9–16 van 20", "17–20 van 20"):
        assert place in page
        seen += names(page)
        page = visitor.get(steps(page).get("Volgende", "/studenten/")).text
    assert seen == wanted
    last = visitor.get("/studenten/?state=no-programme&size=8&einde=1").text
    assert "13–20 van 20" in last
    assert names(last) == wanted[-8:]
    assert names(visitor.get(steps(last)["Vorige"]).text) == wanted[4:12]


def test_an_address_keeps_its_meaning_and_an_unseen_row_tells_nothing(visit: Visit) -> None:
    visitor = visit("school_supervisor")
    user = db.session.get_one(User, visitor.user_id)
    own = [make_student(last_name=name) for name in ("Aa", "Bb", "Cc", "Dd")]
    for student in own:
        supervise(student, user, "school_supervisor")
    other = make_student(last_name="Bz")
    here = f"/studenten/?na={own[0].id}&size=2"
    assert names(visitor.get(here).text) == ["Bb", "Cc"]
    supervise(make_student(last_name="Ab"), user, "school_supervisor")
    assert names(visitor.get(here).text) == ["Ab", "Bb"]
    for nobody in (other.id, 999_999):
        assert names(visitor.get(f"/studenten/?na={nobody}&size=2").text) == ["Aa", "Ab"]
    assert visitor.get("/studenten/?na=x").status_code == 404


def test_an_action_comes_back_to_the_same_filters_order_and_place(visit: Visit) -> None:
    programme = make_programme()
    students = [make_student(last_name=f"Naam{n}", search="naam") for n in range(6)]
    visitor = visit("administrator")
    query = f"q=naam&order=name&na={students[1].id}&size=2"
    page = visitor.get(f"/studenten/?{query}").text
    assert f'name="na" value="{students[1].id}"' in page
    kept = query
    assert f'/studenten/do/change_student?id={students[2].id}&{kept}"'.replace("&", "&amp;") in page
    asked = visitor.get(f"/studenten/choose/?id={students[2].id}&{kept}&action=couple_programme")
    done = visitor.do(asked.headers["Location"], {"target": f"p{programme.id}"})
    assert done.headers["Location"] == f"/studenten/?{kept}"


def test_the_page_of_a_student_leads_back_to_the_same_filters_order_and_place(visit: Visit) -> None:
    programme = make_programme()
    students = [make_student(last_name=f"Naam{n}", search="naam") for n in range(6)]
    visitor = visit("administrator")
    kept = f"q=naam&order=name&na={students[1].id}"
    page = visitor.get(f"/studenten/?{kept}").text
    shown = re.search(rf'href="(/studenten/{students[2].id}\?[^"]+)"', page)
    assert shown
    student = visitor.get(html.unescape(shown[1])).text
    assert f'<p class="back"><a href="/studenten/?{html.escape(kept)}"' in student
    couple = re.search(r'href="(/studenten/do/couple_programme\?[^"]+)"', student)
    assert couple
    done = visitor.do(html.unescape(couple[1]), {"target": f"p{programme.id}"})
    assert done.headers["Location"] == f"/studenten/{students[2].id}?{kept}"
    assert f'href="/studenten/{students[2].id}"' in visitor.get("/studenten/").text, "nothing to lead back to"


def test_a_page_costs_eight_questions_at_most_and_sixty_kilobytes(visit: Visit) -> None:
    programmes = [make_programme() for _number in range(30)]
    for number in range(60):
        make_student(programmes[number // 2])
    group = make_group(rule=programmes[:20])
    visitor = visit("administrator")
    middle = db.session.scalars(select(Student.id).order_by(Student.last_name).offset(30).limit(1)).one()
    for path in (
        "",
        "?q=fleur",
        f"?na={middle}",
        "?einde=1",
        "?state=nothing-planned&order=number&einde=1",
        f"?groep={group.id}",
        "?opleiding=999",
    ):
        visitor.get(f"/studenten/{path}")
        refresh()
        with counted() as statements:
            answer = visitor.get(f"/studenten/{path}")
        assert len(statements) <= 8, (path, [one[-160:] for one in statements])
        assert len(answer.data) < 60 * 1024, path


def test_the_reader_chooses_columns_and_keeps_filters_under_a_name(visit: Visit) -> None:
    make_student(last_name="Berg", email="fleur@example.nl", search="fleur")
    visitor, colleague = visit("administrator"), visit("exam_committee")
    assert "fleur@example.nl" not in visitor.get("/studenten/").text
    chosen = visitor.fill("/studenten/do/show_columns?q=fleur&order=name", {"columns": ["email", "number"]})
    assert chosen.headers["Location"] == "/studenten/?q=fleur&order=name"
    page = visitor.get("/studenten/?q=fleur").text
    assert "fleur@example.nl" in page
    visitor.fill("/studenten/do/show_columns", {"columns": ["email", "number"]})
    assert "De kolommen zijn gelijk gebleven." in visitor.get("/studenten/").text
    assert 'data-label="Opleiding"' not in page
    assert names(visitor.get("/studenten/?order=progress").text) == ["Berg"]  # sorted by what is not shown
    assert 'data-label="Opleiding"' in colleague.get("/studenten/").text
    assert visitor.fill("/studenten/do/show_columns", {"columns": ["secret"]}).status_code == 422
    # A view: what filters and order the address has now, under a name of one's own.
    path = "/studenten/do/save_view?q=fleur&order=name&na=3"
    here = visitor.get("/studenten/?q=fleur&order=name").text
    assert 'href="/studenten/do/save_view?q=fleur&amp;order=name"' in here
    visitor.do(path, {"name": " Mijn  <b>klas</b> "})
    assert visitor.fill("/studenten/do/save_view", {"name": "Leeg"}).status_code == 422
    assert visitor.do(path, {"name": " "}).status_code == 422
    page = visitor.get("/studenten/?q=fleur&order=name").text
    assert 'q=fleur&amp;order=name" aria-current="true">Mijn &lt;b&gt;klas&lt;/b&gt;</a>' in page
    assert "klas" not in colleague.get("/studenten/").text
    visitor.fill("/studenten/do/save_view?q=anders", {"name": "Mijn <b>klas</b>"})
    assert 'href="/studenten/?q=anders">Mijn' in visitor.get("/studenten/").text
    assert colleague.do("/studenten/do/remove_views", {"names": ["Mijn <b>klas</b>"]}).status_code == 422
    visitor.fill("/studenten/do/remove_views", {"names": ["Mijn <b>klas</b>"]})
    visitor.fill("/studenten/do/show_columns", {"columns": []})
    refresh()
    assert db.session.scalars(select(ListView)).all() == []
    empty = visitor.get("/studenten/do/remove_views").text
    assert "U hebt nog geen weergaven bewaard" in empty
    assert ">Verwijderen</button>" not in empty


def test_cohort_and_inlogcode_are_filters_too_and_every_chip_goes_apart(visit: Visit) -> None:
    old, new = make_programme(cohort=2024), make_programme(cohort=2025)
    make_student(old, last_name="Oud")
    invited = make_student(new, last_name="Uitgenodigd", email="u@example.nl")
    visitor = visit("administrator")
    visitor.do(f"/studenten/do/send_student_codes?id={invited.id}")
    assert names(visitor.get("/studenten/?cohort=2025").text) == ["Uitgenodigd"]
    assert names(visitor.get("/studenten/?state=no-code").text) == ["Oud"]
    assert names(visitor.get("/studenten/?cohort=x").text) == []
    page = visitor.get("/studenten/?cohort=2024&state=no-code").text
    assert "1 gevonden" in page
    assert 'class="chip" href="/studenten/?state=no-code"' in page
    assert 'class="chip" href="/studenten/?cohort=2024"' in page
    page = visitor.get("/studenten/?cohort=2024&order=number&down=1").text
    assert 'class="chip" href="/studenten/?order=number&amp;down=1"' in page, "sorted as it was"
    assert 'class="chip-clear" href="/studenten/?order=number&amp;down=1"' in page


def numbered(page: str, name: str) -> list[str]:
    """What a filter offers, with how many each choice finds."""
    chosen = page.split(f'name="{name}"')[1].split("</select>", maxsplit=1)[0]
    return re.findall(r'<option value="[^"]+"[^>]*>([^<]+)<', chosen)


def test_every_choice_says_how_many_students_it_finds_of_those_in_sight(visit: Visit) -> None:
    one, two = (
        make_programme(name=name, crebo=crebo, cohort=2025)
        for name, crebo in (("Eerste", "25656"), ("Tweede", "25657"))
    )
    guide = make_user("school_supervisor", first_name="Sanne", infix="de", last_name="Boer")
    both = make_student(one, two, make_elective(name="Duits", code="K0262"), last_name="Beide")
    seen = make_student(one, last_name="Eigen", supervisors=((guide, "school_supervisor"),))
    make_group(both, seen, name="VIG3A")
    office, teacher = visit("administrator"), visit("school_supervisor")
    supervise(seen, db.session.get_one(User, teacher.user_id), "school_supervisor")
    page = office.get(f"/studenten/?opleiding={one.id}").text
    assert numbered(page, "opleiding") == [
        "Eerste (25656, 2025) (2)",
        "Tweede (25657, 2025) (1)",
        "Duits (K0262) (1)",
    ]
    assert '<span class="chip-label">Opleiding of keuzedeel:</span> Eerste (25656, 2025)</span>' in page
    assert numbered(page, "cohort") == ["2025 (2)"]  # who follows two programmes of it is one student
    assert numbered(page, "groep") == ["VIG3A (2)"]
    assert "Sanne de Boer (1)" in numbered(page, "begeleider")
    assert numbered(page, "state") == [
        "Nog geen opleiding (0)",
        "Nog geen praktijkbegeleider (1)",
        "Nog geen inlogcode verstuurd (2)",
        "Nog niets ingepland (2)",
        "Studievoortgang niet beschikbaar (2)",
        "Niet actief (0)",
    ]
    own = teacher.get("/studenten/").text
    assert numbered(own, "opleiding") == ["Eerste (25656, 2025) (1)"]
    assert (numbered(own, "cohort"), numbered(own, "groep")) == (["2025 (1)"], ["VIG3A (1)"])
    assert numbered(own, "state")[1:3] == [
        "Nog geen praktijkbegeleider (0)",
        "Nog geen inlogcode verstuurd (1)",
    ]


def test_a_filter_that_nobody_has_any_more_stays_chosen_and_is_called_by_its_name(visit: Visit) -> None:
    programme, elective = make_programme(name="Kapper", crebo="25642", cohort=2025), make_elective(code="K1")
    student = make_student(make_programme(), last_name="Berg")
    group = make_group(name="VIG3A")
    visitor = visit("administrator")
    for query, label, name in (
        (f"opleiding={programme.id}", "Opleiding of keuzedeel", "Kapper (25642, 2025)"),
        (f"opleiding=k{elective.id}", "Opleiding of keuzedeel", str(elective)),
        (f"groep={group.id}", "Studentgroep", "VIG3A"),
        ("groep=999", "Studentgroep", "niet meer in de lijst"),
        ("opleiding=999", "Opleiding of keuzedeel", "niet meer in de lijst"),
        ("begeleider=999", "Praktijkbegeleider", "niet meer in de lijst"),
        ("cohort=1999", "Cohort", "1999"),
    ):
        page = html.unescape(visitor.get(f"/studenten/?{query}").text)
        assert f'<span class="chip-label">{label}:</span> {name}</span>' in page, query
        assert f'<option value="{query.split("=")[1]}" selected>{name}</option>' in page, query
        assert "0 gevonden" in page, query
    assert names(visitor.get("/studenten/").text) == [student.last_name]


def test_a_group_is_found_by_what_is_typed_of_its_name_a_year_and_a_whole_name_too(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VIG2A", "VIG2A (2027-2028)", "Café cohort 2025"):
        make_group(make_student(last_name=name.split()[-1]), name=name)
    guide = make_user("school_supervisor", first_name="Renée", last_name="Wit")
    make_student(last_name="Begeleid", supervisors=((guide, "school_supervisor"),))
    monkeypatch.setattr("app.queries.students.choices.MANY", 0)
    visitor = visit("administrator")
    for query, wanted in (
        ("groep=2025", ["2025"]),
        ("groep=cafe", ["2025"]),
        ("groep=vig2a", ["VIG2A"]),
        ("groep=vig2", ["(2027-2028)", "VIG2A"]),
        ("begeleider=renee", ["Begeleid"]),
    ):
        assert names(visitor.get(f"/studenten/?{query}").text) == wanted, query
    assert "Café cohort 2025" in visitor.get("/studentgroepen/?q=cafe").text


def test_a_view_with_a_filter_that_the_school_has_no_more_says_so_and_takes_nobody_along(
    visit: Visit,
) -> None:
    make_student()
    visitor, told = visit("administrator"), "Een filter in dit adres bestaat niet (meer)"
    assert told in visitor.get("/studenten/?extra_vroeger=Noord&order=name").text
    assert told not in visitor.get("/studenten/?q=fleur&order=name&down=1&size=10&na=1").text
    assert visitor.get("/studenten/do/deactivate_students?all=1&extra_vroeger=Noord").status_code == 400


def test_columns_chosen_in_another_tab_are_told_and_not_put_back(visit: Visit) -> None:
    visitor, path = visit("administrator"), "/studenten/do/show_columns"
    old = as_shown(visitor.get(path).text)
    visitor.fill(path, {"columns": ["email"]})
    late = visitor.do(path, {**old, "columns": ["number"]})
    assert late.status_code == 422
    assert "U hebt dit zelf in een ander tabblad gewijzigd; nu gekozen: Naam, E-mail" in late.text
    again = as_shown(late.text)
    assert again["columns"] == ["number"], "what was chosen stays"
    refresh()
    assert db.session.scalars(select(ListView.query)).all() == ["name,email"]
    assert visitor.do(path, again).status_code == 302
    refresh()
    assert db.session.scalars(select(ListView.query)).all() == ["name,number"]


def test_a_view_kept_in_another_tab_is_neither_replaced_nor_removed_unseen(visit: Visit) -> None:
    visitor, keep, remove = visit("administrator"), "/studenten/do/save_view?q=", "/studenten/do/remove_views"
    visitor.fill(f"{keep}een", {"name": "Klas"})
    old_name, old_list = (as_shown(visitor.get(path).text) for path in (f"{keep}drie", remove))
    visitor.fill(f"{keep}twee", {"name": "Klas"})
    late = visitor.do(f"{keep}drie", {**old_name, "name": "Klas"})
    gone = visitor.do(remove, {**old_list, "names": ["Klas"]})
    assert (late.status_code, gone.status_code) == (422, 422)
    assert "in een ander tabblad intussen een weergave “Klas” bewaard" in late.text
    assert "U hebt dit zelf in een ander tabblad gewijzigd: Klas." in gone.text
    refresh()
    assert db.session.scalars(select(ListView.query)).all() == ["q=twee"]
    assert visitor.do(remove, as_shown(gone.text)).status_code == 302
    assert visitor.do(f"{keep}drie", as_shown(late.text)).status_code == 302
    refresh()
    assert db.session.scalars(select(ListView.query)).all() == ["q=drie"]


def test_columns_chosen_at_the_same_moment_are_chosen_once(actor: Callable[..., Actor]) -> None:
    me = actor("administrator")
    reading, writing = os.pipe()
    os.write(writing, bytes(range(4)))  # a column for each racer
    columns = ("email", "groups", "company", "supervisor")
    said = race(lambda: run(show_columns, me, columns=[columns[os.read(reading, 1)[0]]]))
    assert said.count("") == 1
    assert all("Outdated" in one for one in said if one)
