"""Names of groups that Excel changed: a date, a number or a truth value is asked about."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.imports.changed import changed_into, once_written
from app.imports.choices import values_to_choose, world_of_choices
from app.imports.kinds import GROUPS
from app.imports.write_groups import import_groups
from tests.factories import make_group
from tests.imports.hostile import workbook
from tests.support.importing import Wizard, lines

CASES = Path(__file__).with_name("cases")
HEADER = ("Studentnummer", "Voornaam", "Achternaam", "Klas")


def test_a_class_that_became_a_date_a_number_or_a_truth_value_is_warned_about(wizard):
    pk = wizard.take((CASES / "class-became-date.xlsx").read_bytes(), "s.xlsx")
    checked = wizard.check(pk)
    told = [row.problems[0].sentence if row.problems else row.state for row in checked.rows]
    assert told == [
        "“03-04-2026” is geen naam van een groep; Excel maakte er een datum van. "
        "Kies in stap 3 welke groep u bedoelt.",
        "“2000” is misschien geen naam van een groep: van 2E3 maakt Excel 2000. "
        "Kies in stap 3 welke groep u bedoelt.",
        "new",
        "“WAAR” is geen naam van een groep; Excel maakte er WAAR of ONWAAR van. "
        "Kies in stap 3 welke groep u bedoelt.",
    ]
    assert checked.new_groups == ["301"]


def test_the_group_that_was_typed_is_proposed_when_the_school_has_it(wizard):
    groups = {name: str(make_group(name=name).id) for name in ("3-4", "2E3", "5-12")}
    rows = [
        ["1", "A", "Vos", date(2026, 4, 3)],
        ["2", "B", "Vos", 2000],
        ["3", "C", "Vos", "5-dec"],
        ["4", "D", "Vos", "2,00E+03"],
    ]
    pk = wizard.take(workbook(HEADER, *rows), "s.xlsx")
    found = wizard.own_run(pk)
    asked = values_to_choose(world_of_choices(wizard.actor, found), found, {})["group"]
    assert {one.text: one.proposal for one in asked} == {
        "03-04-2026": groups["3-4"],
        "2000": groups["2E3"],
        "5-dec": groups["5-12"],
        "2,00E+03": groups["2E3"],
    }
    assert wizard.check(pk).counts["new"] == 4


def test_who_says_that_a_group_is_called_so_is_believed(wizard):
    values = {"group": {"2000": "+", "WAAR": "-"}}
    rows = [["1", "A", "Vos", 2000], ["2", "B", "Vos", True]]
    checked = wizard.check(wizard.take(workbook(HEADER, *rows), "s.xlsx", values=values))
    assert (checked.counts["new"], checked.new_groups) == (2, ["2000"])


def test_a_group_that_exists_is_nothing_to_ask_about(wizard):
    make_group(name="2000")
    checked = wizard.check(wizard.take(workbook(HEADER, ["1", "A", "Vos", 2000]), "s.xlsx"))
    assert checked.counts["new"] == 1


@pytest.mark.parametrize("cell", ["03-04-2026", "3-apr", "apr-03", "WAAR", "True", "FALSE", "2E+03", "2000"])
def test_a_csv_that_excel_saved_says_the_same(wizard, cell):
    (row,) = wizard.check(wizard.take(lines(("1", "A", "Vos", cell), header=HEADER))).rows
    assert "geen naam van een groep" in row.problems[0].sentence


@pytest.mark.parametrize("name", ["301", "V3A", "10", "2026", "3-4", "A-apr", "Waarnemend", "1234", "150"])
def test_other_names_are_names(name):
    assert changed_into(name) == ""
    assert once_written(name) == ()


def test_a_file_of_groups_makes_no_group_of_a_date(wizard):
    groups = Wizard(wizard.actor, GROUPS, import_groups)
    content = workbook(["Naam", "Cohort"], [date(2026, 4, 3), 2026], [True, 2026], ["V3A", 2026])
    checked = groups.check(groups.take(content, "g.xlsx"))
    assert [row.state for row in checked.rows] == ["refused", "refused", "new"]
    assert "Typ de naam van de groep" in checked.rows[0].problems[0].sentence


def test_no_group_is_made_of_a_date_among_more_names_than_step_3_asks_about(wizard):
    rows = [(str(at), "A", "Vos", f"V{at}") for at in range(1000, 1130)]
    content = lines(*rows, ("9", "B", "Vos", "WAAR"), header=HEADER)
    checked = wizard.check(wizard.take(content))
    assert (checked.counts["new"], checked.counts["refused"]) == (130, 1)
    assert "WAAR" not in checked.new_groups
