"""Which column of a file is what: by its name, by what is in it, and several columns that are one."""

from __future__ import annotations

from datetime import date

import pytest

from app.imports.columns import World, cells_of, guess
from app.imports.content import guess_by_content
from app.imports.fields import own_columns
from app.imports.groups import GROUPS
from app.imports.kinds import STUDENTS, USERS
from app.imports.nearest import Nearest, by_a_slip
from app.queries.imports.present import Known, ProgrammeFact, UserFact
from app.rules.fields import FieldType, StudentField
from app.rules.mapping import read_mapping

TEACHER = UserFact(
    1, "Sanne de Bakker", "sdb", "s.debakker@school.example.nl", True, frozenset({"school_supervisor"})
)
KNOWN = Known(
    date(2026, 11, 25),
    programmes=(ProgrammeFact(1, "25656", "Verzorgende-IG", 2025, 3),),
    groups={"vig3a": (1, "VIG3A"), "vig3b": (2, "VIG3B")},
    people={1: TEACHER},
)


def told(*columns: list[object], columns_of=STUDENTS, found=None) -> dict[str, list[int]]:
    """What is guessed of columns without a name that says anything."""
    rows = list(zip(*columns, strict=True))
    return guess_by_content(rows, columns_of.fixed, World(KNOWN), found or {}, len(columns))


class TestByContent:
    @pytest.mark.parametrize(
        ("values", "key"),
        [
            (["a@x.nl", "b@x.nl", "mailto:c@x.nl"], "email"),
            (["0203118", "0203119", "0203120"], "number"),
            ([203118, 203119, 203120], "number"),
            (["14-3-2008", "2007-01-31", "1 mei 2006"], "birth_date"),
            ([date(2008, 3, 14), date(2007, 1, 31), date(2006, 5, 1)], "birth_date"),
            (["m", "V", "x", "m"], "gender"),
            (["25656", 25656, "25656 Verzorgende-IG"], "programme"),
            (["VIG3A", "vig3b", "VIG3A; VIG3B"], "group"),
            (["s.debakker@school.example.nl", "SDB", "sdb"], "school_supervisor"),
        ],
    )
    def test_a_column_is_known_by_its_values(self, values, key):
        assert told(values) == {key: [0]}

    def test_a_choice_of_the_school_is_known_by_its_words_and_a_yes_or_no_is_not(self):
        choice = StudentField("plek", "Plek", FieldType.CHOICE, ("Noord", "Zuid"))
        columns = own_columns((choice, StudentField("ja", "Ja", FieldType.YES_NO)))
        rows = [("noord", "ja"), ("Zuid", "nee"), ("NOORD", "ja")]
        assert guess_by_content(rows, columns, World(KNOWN), {}, 2) == {"extra_plek": [0]}

    def test_roles_and_addresses_of_users_are_known_too(self):
        roles = ["BPV-docent", "Examinator school; docent", "beheerder"]
        found = told(roles, ["a@x.nl", "b@x.nl", "c@x.nl"], columns_of=USERS)
        assert found == {"roles": [0], "email": [1]}

    @pytest.mark.parametrize(
        "values",
        [
            ["0203118", "0203118", "0203119"],  # a number twice is no student's number
            ["0612345678", "0612345679", "0612345680"],
            ["111222333", "123456782", "999999990"],  # citizens' numbers are not taken for anything
            ["14-3-1899", "14-3-2025", "14-3-2026"],
            [39521, 39522, 39521],
            ["-", "x", "x", "-"],
            ["V3A", "V3B", "V3C"],
            ["sdb", "iemand", "anders"],
            ["a@x.nl", "b@x.nl"],  # too few to tell
            ["a@x.nl", "b@x.nl", "geen", "geen"],
            [],
        ],
    )
    def test_values_that_may_be_anything_are_left_alone(self, values):
        assert told(values) == {}

    @pytest.mark.parametrize(
        ("values", "key"),
        [
            (["2026-2027", "2026/27", "2025-2026"], "school_year"),
            (["blauw", "Groen", "blue"], "colour"),
            (["0203118", 203119, "0203120; 0203121"], "members"),
        ],
    )
    def test_properties_and_students_of_groups_are_known_by_their_values(self, values, key):
        assert told(values, columns_of=GROUPS) == {key: [0]}

    @pytest.mark.parametrize(
        "values",
        [
            ["VIG3A", "VIG3B", "VIG3C"],  # that may be the name, or a place
            ["1", "2", "3"],
            ["12", "28", "9"],
            ["2025", 2026, "2026"],  # a cohort, or the year in which they leave
            ["0612345678", "0612345679", "0612345680"],
            ["111222333", "123456782", "999999990"],
            ["geel", "paarsig", "wit"],
        ],
    )
    def test_of_groups_nothing_is_guessed_that_may_be_anything(self, values):
        assert told(values, columns_of=GROUPS) == {}

    def test_a_column_and_a_field_that_were_found_by_name_are_not_looked_at(self):
        mails = ["a@x.nl", "b@x.nl", "c@x.nl"]
        assert told(mails, mails, found={"email": [1]}) == {}
        assert told(mails, mails) == {"email": [0]}

    def test_addresses_of_colleagues_are_not_taken_for_those_of_students(self):
        colleague = [TEACHER.email] * 3
        assert told(["a@x.nl", "b@x.nl", "c@x.nl"], colleague) == {"email": [0], "school_supervisor": [1]}


class TestByName:
    def test_a_column_called_naam_is_a_surname_beside_a_first_name_and_else_a_whole_name(self):
        assert guess(["Nr", "Roepnaam", "Naam"], STUDENTS.fixed)["last_name"] == [2]
        alone = guess(["Studentnummer", "Naam"], STUDENTS.fixed)
        assert alone == {"number": [0], "full_name": [1]}
        assert guess(["E-mail", "Volledige naam"], USERS.columns) == {"email": [0], "full_name": [1]}
        assert guess(["Naam"], GROUPS.columns) == {"name": [0]}

    def test_a_surname_without_a_first_name_stays_a_surname(self):
        assert guess(["Studentnummer", "Achternaam"], STUDENTS.fixed) == {"number": [0], "last_name": [1]}

    def test_the_short_names_of_student_systems_are_known(self):
        header = ["Stamnr.", "Voorletters", "Tussenv.", "Achternaam", "Program"]
        assert guess(header, STUDENTS.fixed) == {
            "number": [0],
            "first_name": [1],
            "infix": [2],
            "last_name": [3],
            "programme": [4],
        }
        assert guess(["Lln.nr", "Leerling"], STUDENTS.fixed) == {"number": [0], "full_name": [1]}
        assert guess(["Voorletters", "Roepnaam"], STUDENTS.fixed) == {"first_name": [1]}

    def test_what_stands_in_brackets_behind_a_name_is_no_part_of_it(self):
        header = ["Studentnummer (7 cijfers)", "Voornaam*", "Achternaam (verplicht)", "Opleiding(en)"]
        assert guess(header, STUDENTS.fixed) == {
            "number": [0],
            "first_name": [1],
            "last_name": [2],
            "programme": [3],
        }

    def test_in_a_file_of_groups_the_class_is_the_group_and_naam_is_the_students(self):
        header = ["Studentnummer", "Naam", "Klas"]
        assert guess(header, GROUPS.columns) == {"members": [0], "name": [2]}
        assert guess(["Groepen", "Leerlingen"], GROUPS.columns) == {"name": [0], "members": [1]}


class TestSeveralColumns:
    def test_parts_of_a_name_are_joined_and_couplings_stand_side_by_side(self):
        values = ["Anna", None, "Maria", "VIG3A", "#VERW!", "#N/B"]
        by_key = {column.key: column for column in STUDENTS.fixed}
        assert cells_of(by_key["first_name"], [0, 1, 2], values) == ["Anna Maria"]
        assert cells_of(by_key["group"], [3, 0], values) == ["VIG3A", "Anna"]
        assert cells_of(by_key["first_name"], [1], values) == []
        assert cells_of(by_key["first_name"], [0, 4], values) == ["#VERW!"], "so that the check refuses it"
        assert cells_of(by_key["first_name"], [0, 5], values) == ["#N/B"], "a name cannot do without"

    def test_what_an_earlier_version_kept_is_still_read(self):
        assert read_mapping({"number": 0, "first_name": [1, 2]}) == {"number": [0], "first_name": [1, 2]}


class TestNearest:
    names = Nearest(
        {
            "1": ["Sanne de Bakker", "S. de Bakker"],
            "2": ["Sam de Boer", "S. de Boer"],
            "3": ["Zoë Çelik", "Z. Çelik"],
            "4": ["Jan Vos", "J. Vos"],
            "5": ["Jan Vos", "J. Vos"],
        }
    )

    @pytest.mark.parametrize("text", ["Bakker, Sanne de", "SANNE DE BAKKER", "Sanne de Baker", "S. Bakker"])
    def test_one_name_is_meant_however_it_is_written(self, text):
        assert self.names.likely(text) == "1"

    @pytest.mark.parametrize("text", ["Jan Vos", "Iemand Anders", "de", ""])
    def test_nobody_is_proposed_when_it_may_be_two_or_none(self, text):
        assert self.names.likely(text) == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Verzorgende IG (25656)", "1"),  # the code says which, however the name is written
        ("Verzorgende ig", "1"),
        ("Medewerker kinderopvang niveau 3", "2"),
        ("Medewerker kinderopvng", "2"),
        ("Medewerker jeugdzorg", ""),  # a programme of its own, that this school does not have
        ("Kapper (25643)", ""),
    ],
)
def test_a_programme_is_proposed_that_may_be_meant_and_no_other(text, meant):
    programmes = (*KNOWN.programmes, ProgrammeFact(2, "25697", "Medewerker kinderopvang", 2025, 3))
    column = next(one for one in STUDENTS.fixed if one.key == "programme")
    assert column.propose(text, World(Known(KNOWN.today, programmes=programmes))) == meant


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Dependance Zuid", ""),
        ("Dependance Nord", "Dependance Noord"),
        ("Dep. Noord", "Dependance Noord"),
        ("noord", "Dependance Noord"),
    ],
)
def test_another_word_is_no_typing_error_in_a_choice_of_the_school(text, choice):
    field = StudentField("plek", "Plek", FieldType.CHOICE, ("Dependance Noord", "Dependance Haven"))
    (column,) = own_columns((field,))
    assert column.propose(text, World(KNOWN)) == choice


def test_a_slip_stands_within_a_word():
    assert by_a_slip("sanne de bakker", "sanne de baker")
    assert by_a_slip("medewerker kinderopvang", "medewerker kinderopvang niveau 3")
    assert not by_a_slip("dependance zuid", "dependance noord")
