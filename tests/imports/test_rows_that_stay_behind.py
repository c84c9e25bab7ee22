"""A column that says who left can leave rows out of the import; step 3 asks which values do."""

from __future__ import annotations

import pytest

from app.imports.choices import values_to_choose, world_of_choices
from app.imports.kinds import USERS
from app.imports.write_users import import_users
from tests.factories import make_student
from tests.support.importing import Wizard, lines


def asked(wizard, pk, key):
    found = wizard.own_run(pk)
    questions = values_to_choose(world_of_choices(wizard.actor, found), found, {})[key]
    return {one.text: one.proposal for one in questions}


def test_a_day_on_which_somebody_left_leaves_the_row_out_and_an_empty_cell_does_not(wizard, students):
    header = ("Uitschrijvingsdatum", "Nummer", "Voornaam", "Achternaam")
    rows = (("", "1", "A", "Vos"), ("15/09/2020", "2", "B", "Vos"), ("15-9-2099", "3", "C", "Vos"))
    out = {"left": {"date-past": "out", "date-later": "in"}}
    pk = wizard.take(lines(*rows, header=header), values=out)
    assert asked(wizard, pk, "left") == out["left"]
    assert wizard.check(pk).counts == {
        "rows": 3,
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "refused": 0,
        "left": 1,
    }
    wizard.write(pk)
    assert [student.number for student in students()] == ["1", "3"]
    assert wizard.own_run(pk).counts["left"] == 1


@pytest.mark.parametrize(
    ("header", "value", "proposal"),
    [
        ("Status", "Actief", "in"),
        ("Status", "Uitgeschreven", "out"),
        ("Inschrijfstatus", "Gediplomeerd", "out"),
        ("Actief", "Nee", "out"),
        ("Uitgeschreven", "Nee", "in"),
        ("Uitgeschreven", "ja", "out"),
        ("Status", "LOA", ""),
    ],
)
def test_what_a_value_means_is_proposed_by_its_word_and_column(wizard, header, value, proposal):
    pk = wizard.take(lines(("1", "A", "Vos", value), header=("Nummer", "Voornaam", "Achternaam", header)))
    key = "left" if header == "Uitgeschreven" else "status"
    assert asked(wizard, pk, key) == {value: proposal}
    state = {"in": "new", "out": "left", "": "refused"}[proposal]
    assert [row.state for row in wizard.check(pk).rows] == [state]


def test_a_row_that_stays_behind_refuses_nothing_and_is_not_missing_from_the_file(wizard):
    make_student(number="2")
    header = ("Status", "Nummer", "Voornaam", "Achternaam", "E-mail")
    rows = (
        ("Actief", "1", "A", "Vos", ""),
        ("Uitgeschreven", "1", "A", "Bos", "geen adres"),
        ("Gestopt", "2", "B", "Vos", ""),
    )
    pk = wizard.take(lines(*rows, header=header))
    checked = wizard.check(pk)
    assert [row.state for row in checked.rows] == ["new", "left", "left"]
    wizard.write(pk)
    assert wizard.own_run(pk).checked["absent"]["count"] == 0


def test_users_can_stay_behind_too(wizard):
    users = Wizard(wizard.actor, USERS, import_users)
    header = ("E-mail", "Voornaam", "Achternaam", "Rol", "Uit dienst")
    rows = (
        ("a@b.example.nl", "A", "Vos", "Praktijkopleider", "1-1-2020"),
        ("b@b.example.nl", "B", "Vos", "Praktijkopleider", ""),
    )
    content = lines(*rows, header=header)
    pk = users.take(content, "gebruikers.csv")
    assert [row.state for row in users.check(pk).rows] == ["new", "new"], "nobody said to leave one out"
    pk = users.take(content, "gebruikers.csv", values={"left": {"date-past": "out"}})
    assert [row.state for row in users.check(pk).rows] == ["left", "new"]
