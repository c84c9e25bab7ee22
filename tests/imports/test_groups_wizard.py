"""What becomes of a file of groups: made, changed and filled, a row per student or several in a cell."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.groups.groups import change_group
from app.entities.base import db
from app.entities.students import Student, StudentGroup, group_member
from app.errors import RuleBroken
from app.imports.columns import guess
from app.imports.kinds import GROUPS
from app.imports.workbook import example_csv, example_xlsx
from app.imports.write_groups import import_groups
from app.permissions import actor_of
from tests.factories import make_group, make_programme, make_student, make_user
from tests.support.importing import Wizard, lines
from tests.support.queries import counted

HEADER = ("Groep", "Cohort", "Schooljaar", "Locatie", "Kleur", "Studentnummer")


@pytest.fixture
def wizard(app) -> Wizard:
    return Wizard(actor_of(make_user("administrator")), GROUPS, import_groups)


@pytest.fixture
def students(app) -> None:
    for number in ("01", "02", "03"):
        make_student(number=number)


def groups() -> dict[str, set[str]]:
    found = db.session.execute(
        select(StudentGroup.name, Student.number)
        .outerjoin(group_member, group_member.c.group_id == StudentGroup.id)
        .outerjoin(Student, Student.id == group_member.c.student_id)
    )
    numbers: dict[str, set[str]] = {}
    for name, number in found:
        numbers.setdefault(name, set()).update([number] if number else [])
    return numbers


def states(wizard: Wizard, content: bytes) -> list[str]:
    return [row.state for row in wizard.check(wizard.take(content)).rows]


def test_a_row_per_student_makes_a_group_once_and_fills_it(wizard, students):
    content = lines(
        ("VIG3A", "2026", "2026/27", "Hoofdgebouw", "blauw", "01"),
        ("vig3a", "", "", "", "", "02"),
        ("VIG3A", "", "", "", "", "02"),
        ("VIG3B", "", "", "", "", "01, 02;03"),
        ("Leeg", "", "", "", "", ""),
        header=HEADER,
    )
    pk = wizard.take(content)
    checked = wizard.check(pk)
    assert [row.state for row in checked.rows] == ["new", "changed", "unchanged", "new", "new"]
    assert checked.counts == {"rows": 5, "new": 3, "changed": 1, "unchanged": 1, "refused": 0}
    assert [change.label for change in checked.rows[1].changes] == ["Studentnummer"]
    wizard.write(pk)
    assert groups() == {"VIG3A": {"01", "02"}, "VIG3B": {"01", "02", "03"}, "Leeg": set()}
    group = db.session.scalars(select(StudentGroup).where(StudentGroup.name == "VIG3A")).one()
    assert (group.cohort, group.school_year, group.location, group.colour) == (
        2026,
        "2026-2027",
        "Hoofdgebouw",
        "blue",
    )
    assert wizard.own_run(pk).counts["groups"] == ["VIG3A", "VIG3B", "Leeg"]
    again = wizard.bring_in(content)
    assert (again.done, again.unchanged) == (0, 5)


def test_a_group_that_is_there_gets_what_is_new_and_loses_nobody(wizard, students):
    kept = make_student(number="99")
    group = make_group(kept, name="VIG3A", location="Bijgebouw", cohort=2025)
    pk_of_group, version = group.id, group.version
    wizard.bring_in(lines(("vig3a", "", "", "", "", "01"), header=HEADER))
    assert groups() == {"VIG3A": {"01", "99"}}
    group = db.session.get_one(StudentGroup, pk_of_group)
    assert (group.location, group.version) == ("Bijgebouw", version), "an empty cell wipes nothing"
    wizard.bring_in(lines(("VIG3A", "2026", "", "", "", ""), header=HEADER))
    group = db.session.get_one(StudentGroup, pk_of_group)
    assert (group.cohort, group.location, group.version) == (2026, "Bijgebouw", version + 1)
    with pytest.raises(RuleBroken, match="in een ander tabblad gewijzigd"):
        run(change_group, wizard.actor, [group.id], version=version, name="VIG3A")


def test_every_error_of_a_row_is_told_and_rows_that_contradict_each_other_wait(wizard, students):
    rows = [
        ("", "jaar", "2026-2028", "l" * 81, "zwartig", "01; 404 405"),
        ("A", "2025", "", "", "", "01"),
        ("a", "2026", "", "", "", "02"),
        ("A", "", "", "", "", "03"),
    ]
    pk = wizard.take(lines(*rows, header=HEADER))
    checked = wizard.check(pk).rows
    assert [(one.column, one.value) for one in checked[0].problems] == [
        ("Cohort", "jaar"),
        ("Schooljaar", "2026-2028"),
        ("Locatie", "l" * 81),
        ("Kleur", "zwartig"),
        ("Studentnummer", "404"),
        ("Studentnummer", "405"),
        ("Groep", ""),
    ]
    assert "Er is geen student met nummer “404”" in checked[0].problems[4].sentence
    assert [row.state for row in checked[1:]] == ["refused", "refused", "new"]
    assert "Op rij 4 staat iets anders" in checked[1].problems[0].sentence
    assert "Op rij 3 staat iets anders" in checked[2].problems[0].sentence
    wizard.write(pk)
    assert groups() == {"A": {"03"}}


def test_the_example_file_is_understood_and_every_column_guessed(wizard):
    for number in ("0203118", "0203119"):
        make_student(number=number)
    make_user("school_supervisor", email="s.bakker@school.example.nl")
    for content, name in (
        (example_xlsx(GROUPS.columns, "Studentgroepen"), "voorbeeld.xlsx"),
        (example_csv(GROUPS.columns), "voorbeeld.csv"),
    ):
        pk = wizard.take(content, name)
        assert set(wizard.own_run(pk).mapping) == set(GROUPS.by_key)
        assert wizard.check(pk).counts["refused"] == 0
        wizard.write(pk)
    assert groups() == {"VIG3A": {"0203118", "0203119"}}
    assert guess(["Klas", "Leerlingnummer"], GROUPS.columns) == {"name": [0], "members": [1]}


def test_a_mentor_is_named_by_address_user_name_or_name(wizard):
    sanne = make_user("school_supervisor", first_name="Sanne", infix="de", last_name="Bakker").id
    for _twice in range(2):
        make_user("school_examiner", first_name="Jan", last_name="Jansen")
    company = make_user("company_examiner", email="bedrijf@example.nl")
    closed = make_user("administrator", email="weg@example.nl", active=False).id
    make_group(name="Oud", mentor_id=closed)
    pk = wizard.take(
        lines(
            ("Een", "sanne de bakker"),
            ("Twee", "Jan Jansen"),
            ("Drie", "bedrijf@example.nl"),
            ("Vier", "niemand"),
            ("Vijf", "weg@example.nl"),
            ("Oud", "WEG@example.nl"),
            ("Zes", company.username),
            header=("Groep", "Mentor"),
        )
    )
    checked = wizard.check(pk)
    told = [(row.state, row.problems[0].sentence if row.problems else "") for row in checked.rows]
    assert [state for state, _why in told] == [
        "new",
        "refused",
        "refused",
        "refused",
        "refused",
        "unchanged",
        "refused",
    ]
    for (_state, sentence), word in zip(
        told[1:5], ("meer dan één", "geen rol", "geen gebruiker", "niet actief"), strict=True
    ):
        assert word in sentence
    wizard.write(pk)
    found = db.session.scalars(select(StudentGroup.mentor_id).where(StudentGroup.name == "Een")).one()
    assert found == sanne


def test_a_number_that_lost_its_zeros_in_excel_is_told_with_the_one_that_is_meant(wizard):
    student = make_student(number="0203118").id
    pk = wizard.take(lines(("V3A", "203118"), header=("Klas", "Studentnummer")))
    (row,) = wizard.check(pk).rows
    assert row.values["members"] == (student,)
    assert "is 0203118 in Proeve" in row.notes[0].sentence


@pytest.mark.parametrize(
    "mentor", ["Bakker, Sanne de", "S. de Bakker", "Bakker, S. de", "Sanne de Bakker <s.debakker@x.nl>"]
)
def test_a_mentor_is_found_however_a_list_writes_the_name(wizard, mentor):
    sanne = make_user(
        "school_supervisor", first_name="Sanne", infix="de", last_name="Bakker", email="s.debakker@x.nl"
    ).id
    (row,) = wizard.check(wizard.take(lines(("Een", mentor), header=("Groep", "Mentor")))).rows
    assert row.values["mentor_id"] == sanne


def test_a_group_that_a_rule_fills_takes_nobody_from_a_file(wizard, students):
    programme = make_programme()
    make_student(programme, number="04")
    make_group(rule=[programme], name="Regel")
    pk = wizard.take(
        lines(("Regel", "04", "Zuid"), ("Regel", "01", ""), header=("Groep", "Studentnummer", "Locatie"))
    )
    inside, outside = wizard.check(pk).rows
    assert (inside.state, outside.state) == ("changed", "refused")
    assert "volgen uit een regel" in outside.problems[0].sentence
    wizard.write(pk)
    assert groups()["Regel"] == set(), "the rule fills it, nobody was put in by hand"


def test_it_costs_as_many_statements_for_200_rows_as_for_20(wizard):
    for number in range(220):
        make_student(number=f"n{number}")
    costs = []
    for first, size in ((0, 20), (20, 200)):
        rows = [(f"K{first}-{i % 7}", "2026", "", "", "", f"n{first + i}") for i in range(size)]
        sizes = []
        for location in ("", "Elders"):
            told = [(*row[:3], location, *row[4:]) for row in rows]
            pk = wizard.take(lines(*told, header=HEADER))
            with counted() as checking:
                assert wizard.check(pk).counts["refused"] == 0
            with counted() as writing:
                wizard.write(pk)
            sizes += [len(checking), len(writing)]
        costs.append(sizes)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 25
