"""What the reader makes of the first rows of a file: the delimiter, the header, and the rows beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.actions.base.runner import run
from app.actions.imports.imports import fix_row
from app.imports import intake, kept, told
from app.imports.intake import receive, receive_again
from app.imports.kinds import GROUPS, STUDENTS, USERS
from app.imports.reader import FileRefused, Reading
from app.imports.table import NO_HEADER
from app.imports.workbook import example_csv, example_xlsx
from app.queries.imports.imports import own_run
from app.queries.imports.runs import row_mark
from tests.imports.hostile import workbook
from tests.support.importing import HEADER, lines

CASES = Path(__file__).with_name("cases")


def received(wizard, content, name="studenten.csv"):
    """The run of a file of which nothing was chosen yet."""
    return wizard.own_run(receive(wizard.actor, wizard.kind, content, name))


def read_otherwise(wizard, found, **chosen):
    """The run after a choice in "Anders lezen", with the rest of that form as it stood there."""
    before = kept.reading_of(found)
    receive_again(wizard.actor, wizard.kind, found, intake.anew(before, chosen), version=found.version)
    return wizard.own_run(found.id)


# -- the delimiter


def test_excel_leaves_out_the_last_delimiters_and_names_hold_commas(wizard, students):
    found = received(wizard, (CASES / "excel-16-row-blocks.csv").read_bytes())
    assert kept.reading_of(found).delimiter == ";"
    assert (kept.reading_of(found).header, kept.count_of(found)) == (1, 40)
    wizard.bring_in((CASES / "excel-16-row-blocks.csv").read_bytes())
    assert {(one.first_name, one.infix) for one in students()} == {("Fleur", "van der")}
    assert len(students()) == 40


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("title", ["", "Studenten, groepen; en | meer\n"])
def test_the_delimiter_is_the_one_with_which_the_header_names_columns(wizard, delimiter, title):
    rows = [["Stamnr", "Naam", "Klas", "Opmerking"]]
    rows += [[str(900200 + at), '"Berg, Fleur; de | van"', "V3A"] for at in range(30)]
    content = title + "\n".join(delimiter.join(row) for row in rows)
    found = received(wizard, content.encode())
    assert kept.reading_of(found).delimiter == delimiter
    assert found.table["header"] == ["Stamnr", "Naam", "Klas", "Opmerking"]
    assert kept.count_of(found) == 30


def test_without_names_that_we_know_a_short_row_is_no_misfit(wizard):
    content = "Kode;Wie;Waar;Wat\n" + "\n".join(f"{at};Berg, F.;Ede, Gld" for at in range(900, 930))
    assert kept.reading_of(received(wizard, content.encode())).delimiter == ";"


# -- the header


def test_a_file_without_a_header_says_so_and_can_be_read_without_one(wizard, students):
    found = received(wizard, (CASES / "no-header.csv").read_bytes())
    assert found.table["first_is_data"]
    assert kept.count_of(found) == 3
    found = read_otherwise(wizard, found, header="-1")
    assert kept.count_of(found) == 4
    assert not found.table["first_is_data"]
    assert [kept.column_name(found.table["header"], at) for at in range(4)] == [
        "Kolom A",
        "Kolom B",
        "Kolom C",
        "Kolom D",
    ]
    assert (found.mapping["number"], found.mapping["email"]) == ([0], [3])
    assert told.how_read(found) == "Gelezen: zonder kopregel, 4 rijen."


@pytest.mark.parametrize(
    ("rows", "data"),
    [
        ([["900100", "An", "Vos"], ["900101", "Bo", "Bos"]], True),
        ([["An", "Vos", "14-3-2008"], ["Bo", "Bos", "1-12-2007"]], True),
        ([["Kode", "Wie", "Waar"], ["900101", "Bo", "Ede"]], False),
        ([["Nummer", "900100", "Klas"], ["1", "900101", "V3A"]], False),
        ([["Wie", "2026", "Waar"], ["An", 8, "Ede"]], False),
    ],
)
def test_a_header_looks_like_data_when_what_is_below_it_is_alike(wizard, rows, data):
    found = received(wizard, workbook(*rows), "s.xlsx")
    assert found.table["first_is_data"] is data


def test_a_file_without_a_header_takes_over_no_columns_of_another_one(wizard):
    first = "0912701;An;Vos\n0912702;Bo;Bos\n0912703;Co;Das\n"
    found = read_otherwise(wizard, received(wizard, first.encode()), header="-1")
    wizard.write(wizard.take(lines(("1", "A", "", "Vos"))))
    other = read_otherwise(
        wizard, received(wizard, b"An;Vos;0912704\nBo;Bos;0912705\nCo;Das;0912706"), header=-1
    )
    assert (found.mapping["number"], other.mapping["number"]) == ([0], [2])


def test_of_a_title_and_two_rows_of_names_the_row_that_names_most_is_the_header(wizard):
    rows = [
        ["Studenten", "schooljaar 2026"],
        ["Student", None, None, "School"],
        ["Studentnummer", "Voornaam", "Achternaam", "Klas"],
        ["900100", "An", "Vos", "V3A"],
    ]
    found = received(wizard, workbook(*rows), "s.xlsx")
    assert (kept.reading_of(found).header, kept.count_of(found)) == (3, 1)


# -- Anders lezen


def test_another_delimiter_finds_the_header_and_the_columns_anew(wizard):
    content = b"titel,leeg\nStudentnummer;Voornaam;Achternaam\n900100;An;Vos\n900101;Bo;Bos\n"
    found = received(wizard, content)
    assert (kept.reading_of(found).delimiter, kept.reading_of(found).header) == (";", 2)
    first = dict(found.mapping)
    other = read_otherwise(wizard, found, delimiter=",", header="2", encoding="utf-8")
    assert (kept.reading_of(other).header, other.mapping) == (1, {})
    again = read_otherwise(wizard, other, delimiter=";", header="1", encoding="utf-8")
    assert (kept.reading_of(again).header, again.mapping) == (2, first)


def test_another_encoding_finds_the_delimiter_anew(wizard):
    content = "Kode;Wie, of wie niet\nStudentnummer;Voornaam;Achternaam\n900100;Zoë;Vos\n".encode()
    found = received(wizard, content)
    wrong = read_otherwise(wizard, found, encoding="mac_roman", delimiter=",", header="1")
    right = read_otherwise(wizard, wrong, encoding="utf-8", delimiter=",", header="1")
    assert kept.reading_of(right) == kept.reading_of(found)


def test_another_sheet_has_a_header_of_its_own_and_values_are_chosen_anew():
    before = Reading("Blad1", 3, hidden="skip")
    assert intake.anew(before, {"sheet": "Blad2", "header": "3"}) == Reading("Blad2", 0)
    assert intake.anew(before, {"sheet": "Blad1", "header": "5"}) == Reading("Blad1", 5, hidden="skip")
    assert intake.anew(before, {"sheet": "Blad1", "header": "-1"}).header == NO_HEADER


# -- rows wider than the header


def test_a_row_with_more_cells_than_the_header_waits_for_a_person(wizard, students):
    pk = wizard.take((CASES / "row-wider-than-header.csv").read_bytes())
    assert told.remarks_on(wizard.own_run(pk)) == [
        "1 rij heeft meer cellen dan de kopregel (rij 3). Stap 4 weigert zo’n rij tot u hem verbetert: "
        "waarden kunnen in een verkeerde kolom staan."
    ]
    checked = wizard.check(pk)
    assert [row.state for row in checked.rows] == ["new", "refused", "new"]
    assert "meer cellen" in checked.rows[1].problems[0].sentence
    found = wizard.own_run(pk)
    cells = {1: "Jan Piet", 2: "van", 3: "Dijk", 4: "VIG3A"}
    run(fix_row, wizard.actor, [pk], number=3, cells=cells, seen=row_mark(found, 3))
    assert wizard.check(pk).rows[1].state == "new"
    wizard.write(pk)
    assert [one.full_name for one in students()] == ["An Vos", "Jan Piet van Dijk", "Bo Bos"]


def test_a_header_that_merely_lacks_a_name_refuses_nothing(wizard):
    content = lines(*((str(at), "A", "", "Vos", "extra") for at in range(900100, 900110)))
    pk = wizard.take(content)
    assert wizard.check(pk).counts["new"] == 10
    (remark,) = told.remarks_on(wizard.own_run(pk))
    assert remark.startswith("10 rijen hebben meer cellen dan de kopregel (rij 2-11).")


def test_an_empty_cell_too_many_says_nothing(wizard):
    content = b"Studentnummer;Voornaam;Achternaam;;\n900100;An;Vos;;;\n"
    found = received(wizard, content)
    assert told.remarks_on(found) == []


# -- numbers as texts


def test_a_column_of_whole_numbers_loses_its_point_and_zero(wizard, students):
    header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
    rows = [("203118.0", "An", "Vos", "301.0"), ("203119.0", "Bo", "Bos", "")]
    wizard.bring_in(lines(*rows, header=header))
    assert [one.number for one in students()] == ["203118", "203119"]
    assert wizard.check(wizard.take(lines(*rows, header=header))).new_groups == []


def test_of_a_column_of_numbers_only_those_with_a_point_change(wizard, students):
    wizard.bring_in(lines(("0203118", "An", "", "Vos"), ("203119.0", "Bo", "", "Bos")))
    assert [one.number for one in students()] == ["0203118", "203119"]


def test_a_column_with_another_text_in_it_keeps_its_points(wizard):
    header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
    pk = wizard.take(lines(("900100", "A", "Vos", "1.0"), ("900101", "B", "Vos", "1.1"), header=header))
    assert wizard.check(pk).new_groups == ["1.0", "1.1"]


# -- characters that broke


def test_broken_characters_are_told_with_their_row_and_refuse_nothing(wizard):
    checked = wizard.check(wizard.take((CASES / "mojibake-null-entities.csv").read_bytes()))
    noted = {row.number: [note.column for note in row.notes] for row in checked.rows}
    assert noted == {
        2: [],
        3: [],
        4: ["Voornaam", "Achternaam"],
        5: ["Voornaam", "Achternaam"],
        6: ["Voornaam"],
    }
    # In row 6 the entities hold semicolons, which makes it wider than the header.
    assert [row.state for row in checked.rows][2:] == ["new", "new", "refused"]


@pytest.mark.parametrize(
    "name", ["Zoë Çelik", "JOÃO", "O'Connor", "A & B", "R&D; zorg", "Wie?", "Ålesund", "Þór", "D’Arc"]
)
def test_a_name_that_is_whole_gets_no_note(wizard, name):
    checked = wizard.check(wizard.take(lines(("900100", name, "", "Vos"))))
    assert checked.rows[0].notes == []


def test_letters_as_a_web_page_writes_them_are_noticed(wizard):
    pk = wizard.take(b"Studentnummer,Voornaam,Achternaam\n900100,Sin&eacute;ad,O&#039;Connor\n")
    (row,) = wizard.check(pk).rows
    assert (row.state, [note.column for note in row.notes]) == ("new", ["Voornaam", "Achternaam"])


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
@pytest.mark.parametrize("name", ["Zoë", "Çelik", "Renée", "Łukasz", "Šimon", "Jürgen", "D’Arc", "Øyvind"])
def test_utf8_that_was_read_as_something_else_is_noticed(wizard, name, encoding):
    broken = name.encode().decode(encoding, "replace")
    checked = wizard.check(wizard.take(lines(("900100", broken, "", "Vos"))))
    assert len(checked.rows[0].notes) == 1


# -- the example file


@pytest.mark.parametrize("kind", [STUDENTS, USERS, GROUPS], ids=lambda kind: kind.key)
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_the_example_file_reads_without_a_remark(wizard, kind, ending):
    content = example_xlsx(kind.columns, "Blad") if ending == "xlsx" else example_csv(kind.columns)
    pk = receive(wizard.actor, kind, content, f"voorbeeld.{ending}")
    found = own_run(wizard.actor, kind.key, pk)
    assert (kept.reading_of(found).header, kept.count_of(found)) == (1, 1)
    assert (told.remarks_on(found), found.table["first_is_data"]) == ([], False)
    named = [column.key for column in kind.columns if column.in_example]
    assert {key: places for key, places in found.mapping.items() if key in named} == {
        key: [place] for place, key in enumerate(named)
    }


# -- what goes wrong in a csv on its way through Excel


def test_a_header_that_returns_on_every_page_makes_no_student(wizard):
    rows = [("900100", "An", "", "Vos"), HEADER, ("900101", "Bo", "", "Vos"), ("Kim", "Naam", "", "Vos")]
    checked = wizard.check(wizard.take(lines(*rows)))
    assert [row.state for row in checked.rows] == ["new", "refused", "new", "new"]
    assert "lijkt een kopregel" in checked.rows[1].problems[0].sentence


def test_quotes_around_whole_lines_are_taken_off(wizard):
    content = "".join(f'"{line}"\r\n' for line in ("Studentnummer;Voornaam;Achternaam", "1;An;Vos"))
    found = received(wizard, content.encode())
    assert found.table["header"] == ["Studentnummer", "Voornaam", "Achternaam"]
    assert (kept.reading_of(found).delimiter, kept.count_of(found)) == (";", 1)


@pytest.mark.parametrize("content", [b"0912701;An;Vos\n", b"900100;1;2\n900101;3;4\n"])
def test_a_file_in_which_no_row_can_be_the_header_is_read_without_one(wizard, content):
    found = received(wizard, content)
    assert kept.reading_of(found).header == NO_HEADER
    assert kept.count_of(found) == content.count(b"\n")


@pytest.mark.parametrize("content", [b"Studentnummer;Voornaam\n", b"Beste\ncollega\n", b"1\n2\n"])
def test_a_file_without_data_is_still_refused(wizard, content):
    with pytest.raises(FileRefused):
        received(wizard, content)


def test_a_comma_before_the_zero_and_an_apostrophe_before_a_group_are_no_part_of_it(wizard):
    header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
    rows = [("203118,0", "An", "'t Hoen", "'V3A"), ("203119,0", "Bo", "Vos", "'s-Hof")]
    checked = wizard.check(wizard.take(lines(*rows, header=header)))
    assert [row.values["number"] for row in checked.rows] == ["203118", "203119"]
    assert checked.new_groups == ["'s-Hof", "V3A"]
    assert (checked.rows[0].values["infix"], checked.rows[0].values["last_name"]) == ("'t", "Hoen")
