"""Step 4 asks about many rows at once: why rows are refused, and what mends all of them with one click."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.entities.base import db
from app.entities.users import User
from app.imports.kinds import USERS
from app.imports.summary import Summary, summary_of
from app.imports.write_users import import_users
from app.permissions import actor_of
from tests.factories import make_student, make_user, refresh
from tests.support.importing import Wizard, lines
from tests.support.visitor import Visitor

HEADER = ("Studentnummer", "Voornaam", "Achternaam", "Geboortedatum", "E-mail")
ROWS = (
    ("900311", "B", "Vos", "14-3-2008", "b@x.example.nl, b2@x.example.nl"),
    ("900312", "C", "Vos", "14-3-2008", "c@x.example.nl."),
    ("900315", "F", "Vos", "14-3-2008", "geen"),
    ("900331", "B", "Bos", "00-00-2005", "bb@x.example.nl"),
    ("900340", "K", "Bos", "31-2-2008", "k@x.example.nl"),
)


def test_rows_come_in_without_the_one_cell_that_is_wrong(wizard, students):
    pk = wizard.take(lines(*ROWS, header=HEADER))
    assert [row.state for row in wizard.check(pk).rows] == ["refused"] * 3 + ["new", "refused"]
    wizard.answer(pk, "without", "yes", about="email")
    rows = wizard.check(pk).rows
    assert [row.state for row in rows] == ["new"] * 4 + ["refused"]
    assert "“geen” gaat niet mee" in rows[2].notes[0].sentence
    wizard.answer(pk, "without", "yes", about="birth_date")
    wizard.write(pk)
    assert [student.email for student in students()] == ["", "", "", "bb@x.example.nl", "k@x.example.nl"]
    assert students()[4].birth_date is None


def test_nobody_comes_in_without_what_a_new_student_needs(wizard):
    pk = wizard.take(lines(("1", "", "Vos", "", ""), ("", "A", "Vos", "", ""), header=HEADER))
    for key in ("number", "first_name", "last_name", "full_name"):
        wizard.answer(pk, "without", "yes", about=key)
    assert [row.state for row in wizard.check(pk).rows] == ["refused", "refused"]


def test_an_address_of_another_can_be_left_out_and_a_code_still_needs_one(wizard):
    make_user("school_examiner", email="a@x.example.nl")
    pk = wizard.take(lines(("1", "A", "Vos", "", "a@x.example.nl"), header=HEADER), codes="make")
    wizard.answer(pk, "without", "yes", about="email")
    (row,) = wizard.check(pk).rows
    assert (row.state, [one.reason for one in row.problems]) == ("refused", ["no address"])


@pytest.fixture
def office(visit: Callable[..., Visitor]) -> tuple[Visitor, Wizard]:
    visitor = visit("administrator")
    return visitor, Wizard(actor_of(db.session.get_one(User, visitor.user_id)))


def test_the_page_counts_refusals_by_reason_and_one_click_mends_them(office):
    visitor, wizard = office
    pk = wizard.take(lines(*ROWS, header=HEADER))
    page = visitor.get(f"/studenten/importeren/{pk}/controle").text
    assert "Waarom rijen worden geweigerd" in page
    assert "Importeer deze 3 rijen zonder E-mail" in page
    assert "Importeer deze 1 rij zonder Geboortedatum" in page
    given = {"question": "without", "about": "email", "choice": "yes", "seen": ""}
    visitor.post(f"/studenten/importeren/{pk}/antwoord", given)
    refresh()
    page = visitor.get(f"/studenten/importeren/{pk}/controle").text
    assert "zonder E-mail" not in page
    assert "Niet goed bij E-mail" in page
    assert "“geen” gaat niet mee" in page


def test_the_rows_of_one_reason_are_shown_apart(office):
    visitor, wizard = office
    pk = wizard.take(lines(*ROWS, header=HEADER))
    page = visitor.get(f"/studenten/importeren/{pk}/controle").text
    link = page.split('class="sheet section import-reasons"')[1].split('href="')[1].split('"')[0]
    shown = visitor.get(link.replace("&amp;", "&")).text
    assert "Rij 2" in shown
    assert "Rij 6" not in shown


def test_a_row_that_may_be_somebody_has_both_answers_beside_it(office, students):
    visitor, wizard = office
    make_student(number="900500", first_name="Jan", infix="", last_name="Vos", email="jan@x.example.nl")
    row = ("912345", "Jan", "Vos", "", "jan@x.example.nl")
    pk = wizard.take(lines(row, header=HEADER))
    page = visitor.get(f"/studenten/importeren/{pk}/controle").text
    assert "Vos, Jan (900500)" in page
    assert "Kies wie het is" in page
    given = {"question": "same", "about": "2", "choice": "known", "seen": ""}
    visitor.post(f"/studenten/importeren/{pk}/antwoord", given)
    refresh()
    assert [one.state for one in wizard.check(pk).rows] == ["changed"]


def test_a_large_file_counts_its_reasons_too(wizard):
    pk = wizard.take(lines(*ROWS, header=HEADER))
    summary = summary_of(wizard.actor, wizard.check(pk))
    again = Summary.from_json(wizard.kind, summary.as_json())
    assert again.refusals == summary.refusals
    assert sorted(one.rows for one in again.refusals.values()) == [1, 3]


def test_users_can_come_in_without_a_telephone_number_that_is_none(wizard):
    users = Wizard(wizard.actor, USERS, import_users)
    header = ("E-mail", "Voornaam", "Achternaam", "Rol", "Telefoon")
    row = ("jan@b.example.nl", "Jan", "Vos", "Praktijkopleider", "bellen na 17u")
    pk = users.take(lines(row, header=header), "gebruikers.csv")
    assert [row.state for row in users.check(pk).rows] == ["refused"]
    users.answer(pk, "without", "yes", about="phone")
    assert [row.state for row in users.check(pk).rows] == ["new"]
