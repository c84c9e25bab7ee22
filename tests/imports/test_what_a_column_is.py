"""Which column is what where names and values differ: whole names, addresses, citizen numbers."""

from __future__ import annotations

import pytest

from app.entities.base import db
from app.entities.users import User
from app.imports.columns import guess
from app.imports.intake import receive, receive_again
from app.imports.kept import rows_of, top_of
from app.imports.kinds import GROUPS, STUDENTS, USERS
from app.imports.names import preview_of
from app.imports.reader import FileRefused
from app.imports.table import Reading
from app.permissions import actor_of
from tests.imports.hostile import workbook
from tests.support.importing import Wizard, lines


class TestNames:
    @pytest.mark.parametrize(
        ("header", "rows", "names"),
        [
            (
                ("Deelnemernummer", "Volledige naam", "Roepnaam", "Achternaam"),
                [
                    ("1", "Fleur van der Berg", "Fleur", "van der Berg"),
                    ("2", "Bo ten Have", "Bo", "ten Have"),
                ],
                [("Fleur", "van der", "Berg"), ("Bo", "ten", "Have")],
            ),
            (
                ("Nummer", "Volledige naam", "Roepnaam", "Achternaam"),
                [("1", "Fleur Berg", "Fleur", "Bergman")],
                [("Fleur", "", "Bergman")],
            ),
            (
                ("Nummer", "Naam", "Roepnaam"),
                [("1", "Berg, F. van der", "Fleur"), ("2", "Vos, J.", "Jan")],
                [("Fleur", "van der", "Berg"), ("Jan", "", "Vos")],
            ),
            (
                ("Nummer", "Naam", "Roepnaam"),
                [("1", "F. van der Berg", "Fleur"), ("2", "J. Vos", "Jan")],
                [("Fleur", "van der", "Berg"), ("Jan", "", "Vos")],
            ),
            (
                ("Nummer", "Naam", "Voornaam/Roepnaam"),
                [("1", "Peeters", "Tom"), ("2", "De Smet", "Els")],
                [("Tom", "", "Peeters"), ("Els", "", "De Smet")],
            ),
            (("Nummer", "Naam"), [("1", "Berg, F. van der")], [("F.", "van der", "Berg")]),
        ],
    )
    def test_what_step_2_shows_is_what_is_written(self, wizard, students, header, rows, names):
        pk = wizard.take(lines(*rows, header=header))
        found = wizard.own_run(pk)
        preview = preview_of(found, found.mapping)
        if preview is not None:
            assert [(one.parts.first, one.parts.infix, one.parts.last) for one in preview.names] == names
        wizard.write(pk)
        assert [(one.first_name, one.infix, one.last_name) for one in students()] == names

    def test_a_null_of_a_program_is_empty_and_somebody_called_null_keeps_the_name(self, wizard, students):
        rows = [
            ("1", "Jan", "NULL", "Jansen"),
            ("2", "Jan", "nan", "Jansen"),
            ("3", "Jan", "n.v.t.", "Jansen"),
            ("4", "Nan", "", "Null"),
            ("5", "Jan", "", "NULL"),
        ]
        wizard.bring_in(lines(*rows))
        assert [one.full_name for one in students()] == [*["Jan Jansen"] * 3, "Nan Null"]


class TestHeaders:
    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("Voornaam/Roepnaam", "first_name"),
            ("Roepnaam / voornaam", "first_name"),
            ("Achternaam student", "last_name"),
            ("Student achternaam", "last_name"),
            ("Geboortedatum deelnemer", "birth_date"),
            ("Geb.dat.", "birth_date"),
            ("DOB", "birth_date"),
            ("OV-nr", "number"),
            ("Student_ID", "number"),
            ("Tsv", "infix"),
            ("Sekse", "gender"),
            ("Klascode", "group"),
            ("Opleidingsnaam", "programme"),
            ("Crebo-nr.", "programme"),
            ("Begeleider bedrijf", "company_supervisor"),
            ("E-mail instelling", "email"),
            ("Mentor.Achternaam", None),
            ("Achternaam moeder", None),
        ],
    )
    def test_a_spelling_that_means_one_thing_is_known(self, name, key):
        assert guess([name], STUDENTS.fixed) == ({key: [0]} if key else {})

    def test_no_name_means_two_columns(self):
        for kind in (STUDENTS, USERS, GROUPS):
            names = [name for column in kind.fixed for name in set(column.names)]
            assert sorted(names) == sorted(set(names))


class TestAddresses:
    @pytest.mark.parametrize(
        ("headers", "place"),
        [
            (("E-mail", "E-mail school"), 4),
            (("E-mail privé", "Mailadres"), 4),
            (("E-mailadres 1", "E-mailadres 2"), 4),
            (("E-mail", "E-mail 2"), 4),
            (("E-mail student", "E-mail ouder"), 3),
        ],
    )
    def test_of_two_columns_with_addresses_the_schools_is_proposed(self, wizard, headers, place):
        private, own = ("a@gmail.com", "b@hotmail.com"), ("a@student.x.example.nl", "b@student.x.example.nl")
        first, second = (private, own) if place == 4 else (own, private)
        rows = [("1", "A", "Vos", first[0], second[0]), ("2", "B", "Vos", first[1], second[1])]
        pk = wizard.take(lines(*rows, header=("Nummer", "Voornaam", "Achternaam", *headers)))
        assert wizard.own_run(pk).mapping["email"] == [place]


BSN = ("111222333", "123456782", "999999990", "231938472")


class TestCitizenNumbers:
    @pytest.mark.parametrize(
        "name", ["BSN", "Burgerservicenummer", "Onderwijsnummer", "PGN", "BSN / onderwijsnr", "Sofi-nummer"]
    )
    def test_a_column_of_that_name_is_not_read(self, wizard, name):
        pk = wizard.take(lines(("1", "A", "Vos", "x12"), header=("Nummer", "Voornaam", "Achternaam", name)))
        assert [values for _number, values in rows_of(wizard.own_run(pk))] == [["1", "A", "Vos", None]]

    @pytest.mark.parametrize("name", ["Kenmerk", "Studentnummer", "Code"])
    def test_most_values_that_pass_the_test_are_enough_under_any_name(self, wizard, name):
        rows = [(number, "A", "Vos", str(at)) for at, number in enumerate((*BSN[:3], "5"))]
        header = (name, "Voornaam", "Achternaam", "Deelnemernummer")
        pk = receive(wizard.actor, STUDENTS, lines(*rows, header=header), "x.csv")
        found = wizard.own_run(pk)
        assert {values[0] for _number, values in rows_of(found)} == {None}
        assert not any(number in str(top_of(found)) for number in BSN)
        assert found.content == b""
        assert [0] not in found.mapping.values()
        assert found.mapping["number"] == [3]

    def test_numbers_of_a_sheet_that_lost_a_zero_are_known_too(self, wizard):
        rows = [
            [str(at), "A", "Vos", number]
            for at, number in enumerate((10464554, 12345672 * 10 + 0, 111222333, 123456782))
        ]
        content = workbook(["Nummer", "Voornaam", "Achternaam", "Kenmerk"], *rows)
        pk = receive(wizard.actor, STUDENTS, content, "x.xlsx")
        assert wizard.own_run(pk).table["citizen"] == [3]

    def test_student_numbers_are_left_alone(self, wizard):
        rows = [(f"90031{n}4{n}", "A", "", "Vos") for n in range(9)]
        pk = receive(wizard.actor, STUDENTS, lines(*rows), "x.csv")
        assert wizard.own_run(pk).table["citizen"] == []

    def test_step_2_says_why_and_offers_nothing_for_it_and_the_file_is_not_read_again(self, visit):
        visitor = visit("administrator")
        wizard = Wizard(actor_of(db.session.get_one(User, visitor.user_id)))
        pk = receive(
            wizard.actor,
            STUDENTS,
            lines(("1", "A", "Vos", BSN[0]), header=("Nummer", "Voornaam", "Achternaam", "BSN")),
            "x.csv",
        )
        page = visitor.get(f"/studenten/importeren/{pk}/kolommen").text
        assert "Hierin staan burgerservicenummers" in page
        assert BSN[0] not in page
        found = wizard.own_run(pk)
        with pytest.raises(FileRefused, match="burgerservicenummers"):
            receive_again(wizard.actor, STUDENTS, found, Reading(header=1), version=found.version)
