"""Whole names, and what a row couples: groups and people that are not there by that name are asked."""

from __future__ import annotations

import pytest

from app.imports.choices import MOST_ASKED, values_to_choose, world_of_choices
from app.imports.intake import receive
from app.imports.kinds import USERS
from app.imports.names import preview_of
from app.imports.write_users import import_users
from app.queries.groups.groups import groups_of
from tests.factories import make_group, make_programme, make_student, make_user
from tests.support.importing import Wizard, lines

FULL = ("Studentnummer", "Naam")


def asked(wizard, content: bytes) -> dict[str, dict[str, str]]:
    """Column key -> value -> proposal of step 3."""
    run = wizard.own_run(receive(wizard.actor, wizard.kind, content, "s.csv"))
    values = values_to_choose(world_of_choices(wizard.actor, run), run, {})
    return {key: {one.text: one.proposal for one in many} for key, many in values.items()}


class TestWholeNames:
    def test_a_whole_name_is_split_into_its_three_parts(self, wizard, students):
        wizard.bring_in(lines(("1", "Fleur van der Berg"), ("2", "Vos, Daan"), header=FULL))
        assert [(one.first_name, one.infix, one.last_name) for one in students()] == [
            ("Fleur", "van der", "Berg"),
            ("Daan", "", "Vos"),
        ]

    def test_a_part_with_a_column_of_its_own_comes_from_there(self, wizard, students):
        header = ("Studentnummer", "Voornaam", "Achternaam", "Volledige naam")
        rows = [("1", "Flor", "Berg", "Fleur van der Berg"), ("2", "", "Smit", "Daan van Vos")]
        wizard.bring_in(lines(*rows, header=header))
        assert [one.full_name for one in students()] == ["Flor van der Berg", "Daan Smit"]

    def test_a_new_surname_does_not_keep_the_old_infix(self, wizard, students):
        make_student(number="1", first_name="Fleur", infix="van der", last_name="Berg")
        pk = wizard.take(lines(("1", "Fleur Jansen"), header=FULL))
        (row,) = wizard.check(pk).rows
        assert [(one.label, one.old, one.new) for one in row.changes] == [
            ("Tussenvoegsel", "van der", ""),
            ("Achternaam", "Berg", "Jansen"),
        ]
        wizard.write(pk)
        assert students()[0].full_name == "Fleur Jansen"

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("Jansen", "Naam: “Jansen” is geen volledige naam: Voornaam ontbreekt. Vul de hele naam in."),
            ("", "Naam: Deze cel is leeg. Vul Voornaam in."),
            ("A" * 90 + " Vos", "is te lang voor een naam"),
        ],
    )
    def test_a_name_that_cannot_be_split_is_refused_at_its_own_column(self, wizard, name, sentence):
        (row,) = wizard.check(wizard.take(lines(("1", name), header=FULL))).rows
        assert sentence in row.problems[0].remark

    def test_a_surname_with_its_infix_in_one_column_is_proposed_to_be_split_and_shown(self, wizard, students):
        header = ("Studentnummer", "Roepnaam", "Achternaam")
        rows = [("1", "Piet", "van der Berg"), ("2", "Kim", "Berg, van der"), ("3", "Noor", "Jansen Smit")]
        content = lines(*rows, header=header)
        run = wizard.own_run(receive(wizard.actor, wizard.kind, content, "s.csv"))
        assert run.mapping == {"number": [0], "first_name": [1], "family_name": [2]}
        assert [one.parts.infix for one in preview_of(run, run.mapping).names] == ["van der", "van der", ""]
        wizard.bring_in(content)
        assert [(one.first_name, one.infix, one.last_name) for one in students()] == [
            ("Piet", "van der", "Berg"),
            ("Kim", "van der", "Berg"),
            ("Noor", "", "Jansen Smit"),
        ]

    def test_a_surname_beside_a_column_for_its_infix_stays_as_it_is(self, wizard):
        header = ("Studentnummer", "Roepnaam", "Tussenvoegsel", "Achternaam")
        content = lines(("1", "Piet", "van", "de Berg"), header=header)
        run = wizard.own_run(receive(wizard.actor, wizard.kind, content, "s.csv"))
        assert run.mapping == {"number": [0], "first_name": [1], "infix": [2], "last_name": [3]}

    def test_users_have_whole_names_too(self, wizard):
        users = Wizard(wizard.actor, USERS, import_users)
        header = ("E-mail", "Volledige naam", "Rol")
        pk = users.take(lines(("s@x.nl", "Bakker, Sanne de", "Praktijkbegeleider"), header=header))
        assert users.check(pk).rows[0].label == "Bakker, Sanne de (s@x.nl)"
        assert users.write(pk).done == 1

    def test_step_2_shows_the_first_names_and_every_doubtful_one_is_counted(self, wizard):
        names = [f"Daan Vos{chr(97 + i)}" for i in range(9)] + ["Maria Garcia Lopez"]
        run = wizard.own_run(
            wizard.take(lines(*((str(i), name) for i, name in enumerate(names)), header=FULL))
        )
        preview = preview_of(run, run.mapping)
        assert [one.text for one in preview.names] == [*names[:5], names[9]]
        assert preview.doubtful == 1


class TestGroups:
    def test_only_a_name_that_is_not_there_is_asked_with_the_group_that_is_likely_meant(self, wizard):
        one, _two = make_group(name="VIG3A"), make_group(name="VIG3B")
        long = make_group(name="Verzorgende avondgroep A")
        ids = str(one.id), str(long.id)
        header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
        names = ["vig3b", "vig-3a", "VIG3C", "Verzorgenden avondgroep A", "Verzorgende avondgroep B"]
        found = asked(
            wizard, lines(*((str(i), "A", "Vos", name) for i, name in enumerate(names)), header=header)
        )
        assert found["group"] == {
            "vig-3a": ids[0],
            "VIG3C": "+",
            "Verzorgenden avondgroep A": ids[1],
            "Verzorgende avondgroep B": "+",
        }

    def test_groups_in_one_cell_and_in_two_columns_are_all_coupled_as_chosen(self, wizard, students):
        there = str(make_group(name="VIG3A").id)
        header = ("Studentnummer", "Voornaam", "Achternaam", "Klas", "Lesgroep 2")
        content = lines(("1", "A", "Vos", "vig3a; NIEUW, oud", "VIG 3A"), header=header)
        mapping = {"number": [0], "first_name": [1], "last_name": [2], "group": [3, 4]}
        values = {"group": {"NIEUW": "+", "oud": "-", "VIG 3A": there}}
        pk = wizard.take(content, mapping=mapping, values=values)
        assert wizard.check(pk).new_groups == ["NIEUW"]
        wizard.write(pk)
        assert [group.name for group in groups_of([students()[0].id])] == ["NIEUW", "VIG3A"]
        assert wizard.bring_in(content, mapping=mapping, values=values).unchanged == 1

    def test_a_new_group_is_one_however_its_name_is_capitalised(self, wizard, students):
        header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
        pk = wizard.take(lines(("1", "A", "Vos", "v3a"), ("2", "B", "Vos", "V3A"), header=header))
        assert wizard.check(pk).new_groups == ["v3a"]
        wizard.write(pk)
        assert [[group.name for group in groups_of([one.id])] for one in students()] == [["v3a"], ["v3a"]]

    def test_a_name_that_nobody_chose_for_is_refused(self, wizard):
        content = lines(("1", "A", "Vos", "V3A"), header=("Studentnummer", "Voornaam", "Achternaam", "Klas"))
        (row,) = wizard.check(wizard.take(content, values={})).rows
        assert "De groep “V3A” is er niet." in row.problems[0].remark

    def test_of_more_new_groups_than_step_3_can_ask_the_rest_is_made_new(self, wizard):
        header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
        rows = [(str(i), "A", "Vos", f"K{i}") for i in range(MOST_ASKED + 5)]
        assert len(wizard.check(wizard.take(lines(*rows, header=header))).new_groups) == MOST_ASKED + 5


class TestPeople:
    header = ("Studentnummer", "Voornaam", "Achternaam", "Praktijkbegeleider")

    def test_who_is_not_found_by_login_is_proposed_by_name_and_coupled_when_chosen(self, wizard, students):
        sanne = make_user("school_supervisor", first_name="Sanne", infix="de", last_name="Bakker")
        other = make_user("school_supervisor", first_name="Sam", last_name="Vos", email="sam@x.nl")
        make_user("school_examiner", first_name="Piet", last_name="Smit")
        wanted = {sanne.id, other.id}
        content = lines(
            ("1", "A", "Vos", "Bakker, Sanne de; SAM@x.nl"),
            ("2", "B", "Vos", "Piet Smit"),
            header=self.header,
        )
        proposals = asked(wizard, content)["school_supervisor"]
        assert proposals == {"Bakker, Sanne de": str(sanne.id), "Piet Smit": ""}
        checked = wizard.check(pk := wizard.take(content))
        assert [row.state for row in checked.rows] == ["new", "refused"]
        assert (
            "Er is geen gebruiker “Piet Smit”. Kies in stap 3 wie het is"
            in checked.rows[1].problems[0].remark
        )
        wizard.write(pk)
        assert {one.user_id for one in students()[0].supervisions} == wanted

    def test_a_choice_for_somebody_without_that_role_is_not_taken(self, wizard):
        examiner = make_user("school_examiner")
        chosen = {"school_supervisor": {"Piet": str(examiner.id)}}
        content = lines(("1", "A", "Vos", "Piet"), header=self.header)
        (row,) = wizard.check(wizard.take(content, values=chosen)).rows
        assert "heeft niet de rol Praktijkbegeleider" in row.problems[0].remark

    def test_of_many_people_those_most_like_the_text_are_offered(self, wizard):
        for i in range(60):
            make_user("school_supervisor", first_name="Sanne", last_name=f"Bakker{i}")
        run = wizard.own_run(wizard.take(lines(("1", "A", "Vos", "S. Bakker7"), header=self.header)))
        column = wizard.kind.by_key["school_supervisor"]
        offered = column.offered("S. Bakker7", world_of_choices(wizard.actor, run))
        assert len(offered) == 20
        assert offered[0].label.startswith("Bakker7, Sanne")


@pytest.mark.parametrize(
    "cell",
    [
        "25656 / 25655",
        "25656+25655",
        "25656 25655",
        "25656 & 25655",
        "Verzorgende-IG/Verpleegkundige",
        "Verzorgende-IG en Verpleegkundige",
        "25656 Verzorgende IG, 25655 Verpleegkunde",
    ],
)
def test_no_programme_is_lost_however_several_stand_in_a_cell(wizard, students, cell):
    wanted = {
        make_programme(crebo="25656", name="Verzorgende-IG").id,
        make_programme(crebo="25655", name="Verpleegkundige").id,
    }
    header = ("Studentnummer", "Voornaam", "Achternaam", "Opleiding")
    wizard.bring_in(lines(("1", "A", "Vos", cell), header=header))
    assert {one.programme_id for one in students()[0].enrolments} == wanted


def test_of_two_programmes_in_a_cell_the_one_that_is_not_there_is_asked(wizard):
    programme = make_programme(crebo="25656")
    header = ("Studentnummer", "Voornaam", "Achternaam", "Opleiding")
    content = lines(("1", "A", "Vos", "25656 / 25999"), ("2", "A", "Vos", "025656"), header=header)
    assert asked(wizard, content) == {"programme": {"25999": "", "025656": str(programme.id)}}


@pytest.mark.parametrize("cell", ["V3A/V3B", "V3A / V3B", "V3A en V3B", "V3A & V3B", "V3A+V3B"])
def test_groups_that_are_there_are_taken_apart_at_a_slash_too(wizard, students, cell):
    wanted = {make_group(name="V3A").id, make_group(name="V3B").id}
    header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
    assert asked(wizard, lines(("1", "A", "Vos", cell), header=header)) == {}
    wizard.bring_in(lines(("1", "A", "Vos", cell), header=header))
    assert {one.id for one in groups_of([students()[0].id])} == wanted


def test_a_group_whose_own_name_has_a_slash_stays_one(wizard, students):
    for name in ("V3A", "V3B", "V3A/V3B"):
        make_group(name=name)
    header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
    wizard.bring_in(lines(("1", "A", "Vos", "V3A/V3B"), header=header))
    assert [one.name for one in groups_of([students()[0].id])] == ["V3A/V3B"]


@pytest.mark.parametrize("between", [", ", " / ", "; ", " en ", " "])
def test_two_addresses_in_a_cell_are_two_people(wizard, students, between):
    users = [make_user("school_supervisor"), make_user("school_supervisor")]
    wanted = {user.id for user in users}
    cell = between.join((users[0].email, f"Sanne <{users[1].email}>" if between == "; " else users[1].email))
    header = ("Studentnummer", "Voornaam", "Achternaam", "Praktijkbegeleider")
    wizard.bring_in(lines(("1", "A", "Vos", cell), header=header))
    assert {one.user_id for one in students()[0].supervisions} == wanted


def test_programmes_in_one_cell_are_each_coupled(wizard, students):
    wanted = {make_programme(crebo="25656").id, make_programme(crebo="25655").id}
    header = ("Studentnummer", "Voornaam", "Achternaam", "Crebo")
    wizard.bring_in(lines(("1", "A", "Vos", "25656, 25655"), header=header))
    assert {one.programme_id for one in students()[0].enrolments} == wanted
