"""Whatever file is chosen: the right contents, or a sentence that says what is wrong and what to do."""

import random
import time
import zipfile
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

import openpyxl
import pytest

from app.errors import RuleBroken
from app.imports import _child, reader
from app.imports.reader import FileRefused, Limits, Reading, read_table
from app.imports.table import REFUSALS
from tests.imports.hostile import (
    old_workbook,
    one_text_everywhere,
    open_document,
    open_row,
    row_xml,
    saved,
    workbook,
    xlsx,
    zipped,
)

HEADER = ["Studentnummer", "Voornaam", "Achternaam"]
ROWS = [["00123", "Zoë", "Çelik"], ["00124", "Daan", "de Wit; Jansen"]]


# --- files that are right ---------------------------------------------------------------------


def test_an_excel_file_gives_its_header_its_rows_and_its_types():
    table = read_table(
        workbook(
            ["Nummer", "Naam", "Geboren", "Gezien", "Om", "Actief", "Cijfer"],
            [
                "00123",
                " Zoë ",
                date(2007, 3, 1),
                datetime(2026, 11, 24, 9, 30),  # noqa: DTZ001 - a cell has no time zone
                time_of_day(9, 30),
                True,
                7.5,
            ],
            [124, None, None, None, None, None, 8.0],
        ),
        "studenten.xlsx",
    )
    assert table.header == ["Nummer", "Naam", "Geboren", "Gezien", "Om", "Actief", "Cijfer"]
    assert table.rows[0].values == [
        "00123",
        "Zoë",
        date(2007, 3, 1),
        datetime(2026, 11, 24, 9, 30),  # noqa: DTZ001 - a cell has no time zone
        time_of_day(9, 30),
        True,
        7.5,
    ]
    assert table.rows[1].values == [124, None, None, None, None, None, 8]
    assert isinstance(table.rows[1].values[6], int)
    assert [row.number for row in table.rows] == [2, 3]
    assert table.reading.sheet == "Sheet"


def test_a_path_is_read_as_well(tmp_path):
    path = tmp_path / "studenten.xlsx"
    path.write_bytes(workbook(HEADER, *ROWS))
    assert [row.values for row in read_table(path, path.name).rows] == ROWS
    assert read_table(str(path), path.name).header == HEADER


def test_a_title_and_empty_rows_above_the_header_are_skipped_and_row_numbers_stay_true():
    table = read_table(workbook(["Studenten 2026"], [], HEADER, ROWS[0], [], ROWS[1]), "s.xlsx")
    assert table.header == HEADER
    assert [(row.number, row.values) for row in table.rows] == [(4, ROWS[0]), (6, ROWS[1])]


def test_a_table_that_starts_further_to_the_right_keeps_its_place():
    table = read_table(workbook([None, *HEADER], [None, *ROWS[0], "los"]), "s.xlsx")
    assert table.header == ["", *HEADER, ""]
    assert table.rows[0].values == [None, *ROWS[0], "los"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_csv_file_is_read_in_every_encoding_and_with_every_delimiter(encoding, delimiter, line_end):
    lines = [delimiter.join(f'"{value}"' for value in row) for row in (HEADER, *ROWS)]
    table = read_table((line_end.join(lines) + line_end).encode(encoding), "studenten.csv")
    assert table.header == HEADER
    assert [row.values for row in table.rows] == ROWS
    assert (table.reading.delimiter, table.reading.encoding) == (delimiter, encoding)


def test_the_csv_of_excel_on_a_mac_keeps_its_letters_and_can_be_chosen():
    content = "Nummer;Naam\r1;Zoë Çelik\r2;D’André Müller".encode("mac_roman")
    table = read_table(content, "studenten.csv")
    assert [row.values for row in table.rows] == [["1", "Zoë Çelik"], ["2", "D’André Müller"]]
    assert table.reading.encoding == "mac_roman"
    windows = content.replace(b"\r", b"\r\n")
    assert read_table(windows, "s.csv").reading.encoding == "cp1252"
    chosen = read_table(windows, "s.csv", reading=Reading(encoding="mac_roman"))
    assert chosen.rows[0].values == ["1", "Zoë Çelik"]


def test_a_text_that_an_export_wrote_as_a_formula_to_keep_its_zeros_is_that_text():
    content = b'Nummer;Naam\n="0203118";Fleur\n"=""0203119""";=1+1'
    rows = [row.values for row in read_table(content, "studenten.csv").rows]
    assert rows == [["0203118", "Fleur"], ["0203119", "=1+1"]]


def test_quotes_and_line_ends_inside_a_text_are_kept_and_lines_counted():
    table = read_table(b'naam;adres\r\n"de ""Witte""";"Dam 1\r\nAmsterdam"\r\n\r\nJan;x\r\n', "s.csv")
    assert [(row.number, row.values) for row in table.rows] == [
        (2, ['de "Witte"', "Dam 1\nAmsterdam"]),
        (5, ["Jan", "x"]),
    ]


def test_the_delimiter_is_the_one_that_fits_best():
    assert read_table(b"naam;woonplaats\nBerg, F.;Ede, Gld\nWit, D.;Tiel\n", "s.csv").reading.delimiter == ";"
    assert read_table(b"naam,plaats,jaar\nJan;Piet,Ede,1\nA,Tiel,2\n", "s.csv").reading.delimiter == ","
    assert read_table(b"sep=|\r\nnaam|plaats\r\nJan|Ede\r\n", "s.csv").rows[0].number == 3


def test_a_quote_in_the_middle_of_a_text_is_no_ruin():
    table = read_table(b'naam;plaats\n"Jan" de Wit;Ede\n', "s.csv")
    assert table.rows[0].values == ["Jan de Wit", "Ede"]


def test_csv_called_excel_is_still_csv():
    assert read_table(b"naam;plaats\nJan;Ede\n", "export.xls").header == ["naam", "plaats"]
    assert read_table(b"naam;plaats\nJan;Ede\n", "EXPORT.XLSX ").header == ["naam", "plaats"]


def test_a_stated_dimension_that_lies_is_not_believed():
    rows = "".join(row_xml(number, f"n{number}", "Jan") for number in range(1, 101))
    small, large = '<dimension ref="A1:A2"/>', '<dimension ref="A1:XFD1048576"/>'
    for lie in (small, large):
        table = read_table(xlsx(f"{lie}<sheetData>{rows}</sheetData>"), "s.xlsx")
        assert (len(table.header), len(table.rows)) == (2, 99)


def test_an_old_excel_file_gives_the_same_as_a_new_one():
    rows = ["Nummer", "Geboren"], ["00123", date(2007, 3, 1)], [124, None]
    table = read_table(old_workbook(*rows), "studenten.xls")
    assert table.header == rows[0]
    assert [row.values for row in table.rows] == [list(row) for row in rows[1:]]
    assert table.reading.sheet == "Blad1"


def test_a_libreoffice_file_gives_texts_numbers_dates_and_repeated_rows():
    typed = (
        '<table:table-row><table:table-cell office:value-type="float" office:value="124"/>'
        '<table:table-cell office:value-type="date" office:date-value="2007-03-01"/></table:table-row>'
    )
    rows = open_row("Nummer", "Geboren") + open_row("00123", "x", repeated=2) + typed
    table = read_table(open_document(rows), "studenten.ods")
    assert [row.values for row in table.rows] == [["00123", "x"], ["00123", "x"], [124, date(2007, 3, 1)]]
    assert [row.number for row in table.rows] == [2, 3, 4]


def test_what_was_found_can_be_chosen_otherwise():
    book = openpyxl.Workbook()
    book.active.title = "Klassen"
    for row in (["Klas", "Mentor"], ["V3A", "Bakker"]):
        book.active.append(row)
    students = book.create_sheet("Studenten")
    for row in (["Jaar", "2026"], ["Nummer", "Naam"], ["1", "Zoë"]):
        students.append(row)
    content = saved(book)
    found = read_table(content, "s.xlsx")
    assert (found.reading, found.sheets) == (Reading("Klassen", 1), ["Klassen", "Studenten"])
    chosen = read_table(content, "s.xlsx", reading=Reading("Studenten", 2))
    assert (chosen.header, len(chosen.rows)) == (["Nummer", "Naam"], 1)
    assert [row.values for row in chosen.top] == [["Jaar", "2026"], ["Nummer", "Naam"], ["1", "Zoë"]]
    with pytest.raises(FileRefused, match="kopregel"):
        read_table(content, "s.xlsx", reading=Reading("Studenten", 9))


def test_the_delimiter_and_the_encoding_of_a_csv_can_be_chosen_otherwise():
    content = "naam,x;plaats\nCafé,1;Ede\n".encode("cp1252")
    assert read_table(content, "s.csv").header == ["naam,x", "plaats"]
    table = read_table(content, "s.csv", reading=Reading(delimiter=",", encoding="cp1252"))
    assert (table.header, table.rows[0].values) == (["naam", "x;plaats"], ["Café", "1;Ede"])
    assert refusal(content, "s.csv", reading=Reading(encoding="utf-8")).key == "encoding"


def test_a_formula_that_went_wrong_is_not_an_empty_cell():
    """The parser shows it as empty; an import that keeps silent about it would lose a value."""
    cells = (
        '<row r="2"><c r="A2" t="e"><v>#REF!</v></c>'
        '<c r="C2" s="1" t="e"><f>VLOOKUP(1,A1:B2,2)</f><v>#N/A</v></c></row>'
    )
    table = read_table(xlsx(f"<sheetData>{row_xml(1, 'a', 'b', 'c')}{cells}</sheetData>"), "s.xlsx")
    assert table.rows[0].values == ["#REF!", None, "#N/A"]


# --- files that are wrong ---------------------------------------------------------------------


def test_the_sentence_says_where_a_quote_is_missing():
    refused = refusal(b'naam;plaats\nPiet;Tiel\nJan;"Ede\nA;B\n', "s.csv")
    assert str(refused).startswith("Op regel 3 begint een tekst met een aanhalingsteken")


def test_a_refusal_is_an_answer_at_the_field_of_the_file():
    refused = refusal(b"", "s.csv")
    assert isinstance(refused, RuleBroken)
    assert refused.field == "file"
    assert refused.message == REFUSALS["empty"]
    assert str(refused) == refused.message


def test_every_refusal_says_what_is_wrong_and_what_to_do():
    for key, sentence in REFUSALS.items():
        assert len(sentence.split(". ")) >= 2, key


def test_a_workbook_of_numbers_alone_has_no_header():
    assert refusal(workbook([1, 2], [3, 4]), "s.xlsx").key == "no-header"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_damaged(share):
    whole = workbook(HEADER, *(ROWS * 200))
    assert refusal(whole[: int(len(whole) * share)], "s.xlsx").key == "damaged"


# --- files made to do harm --------------------------------------------------------------------


@pytest.mark.parametrize("row", ['<row r="{number}"/>', "<row></row>", "<row/>"])
def test_a_million_empty_rows(row):
    body = "".join(row.format(number=number) for number in range(1, 1_000_001))
    assert refusal(xlsx(f"<sheetData>{body}</sheetData>"), "s.xlsx").key in {"too-many-rows", "unsafe"}


def test_what_would_unpack_to_more_is_refused():
    assert refusal(workbook(HEADER, *ROWS), "s.xlsx", Limits(unpacked_bytes=1000)).key == "too-many-bytes"


def test_a_forbidden_word_across_two_reads_is_still_seen():
    padding = "<!--" + "x" * (256 * 1024 - 200) + "-->"
    found = set()
    for shift in range(0, 240, 3):
        before = padding + " " * shift + "<!DOCTYPE x>"
        found.add(refusal(zipped({"xl/workbook.xml": before}, zipfile.ZIP_STORED), "s.xlsx").key)
    assert found == {"unsafe"}


def test_a_reference_that_hides_from_the_first_look_ends_the_child_and_not_us():
    body = row_xml(1, "naam", "plaats") + '<row r="2"><c r="&#88;FD1048576"><v>1</v></c></row>'
    try:
        table = read_table(xlsx(f"<sheetData>{body}</sheetData>"), "s.xlsx")
    except FileRefused as refused:
        outcome = refused.key
    else:
        outcome = table.header[0]
    assert outcome in {"naam", "damaged", "unreadable", "too-many-rows"}


def test_a_child_that_dies_is_an_answer(monkeypatch, tmp_path):
    assert told_by("import os; os.abort()", monkeypatch, tmp_path) == "unreadable"
    assert told_by("print('geen json')", monkeypatch, tmp_path) == "unreadable"


def test_a_child_that_takes_too_long_is_ended(monkeypatch, tmp_path):
    before = time.monotonic()
    assert told_by("import time; time.sleep(60)", monkeypatch, tmp_path, Limits(seconds=1.0)) == "too-slow"
    assert time.monotonic() - before < 5


def test_a_child_that_wants_too_much_memory_is_an_answer():
    limits = Limits(memory_bytes=150 * 1024 * 1024)
    assert refusal(one_text_everywhere(), "s.xlsx", limits).key == "unreadable"


def test_cells_that_json_does_not_know_are_still_cells():
    assert _child.plain(float("nan")) is None
    assert _child.plain(timedelta(hours=30)) == "1 day, 6:00:00"
    assert _child.plain(1e300) == 1e300
    assert _child.plain(12345.0) == 12345
    assert _child.plain(False) is False


def test_the_secrets_of_the_application_do_not_reach_the_child(monkeypatch, tmp_path):
    """The file comes on stdin, and the name of a sheet arrives whole: there is no shell to read it."""
    for name in ("PROEVE_SECRET_KEY", "DATABASE_URL", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "geheim")
    child = tmp_path / "child.py"
    child.write_text(
        "import json, os, sys\n"
        "print(json.dumps({'sheet': sys.argv[-1], 'sheets': sorted(os.environ)}))\n"
        "print(json.dumps([1, [sys.stdin.buffer.read(2).decode(), 'b']]))\n"
        "print(json.dumps([2, ['c', 'd']]))\n"
    )
    monkeypatch.setattr(reader, "CHILD", child)
    sheet = f"$(touch {tmp_path}/made); \"a\" 'b' | c"
    table = read_table(workbook(HEADER, *ROWS), "s.xlsx", reading=Reading(sheet=sheet))
    assert (table.reading.sheet, table.header[0]) == (sheet, "PK")
    assert set(table.sheets) <= {"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LC_CTYPE"}
    assert not (tmp_path / "made").exists()


def test_whatever_bytes_are_changed_the_answer_is_a_table_or_a_sentence():
    chance = random.Random(20261124)
    whole = workbook(HEADER, *ROWS)
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            assert read_table(bytes(content), "s.xlsx").rows
        except FileRefused as refused:
            assert refused.key in REFUSALS  # noqa: PT017 - both outcomes are right, nothing else is


# --- how the files are made -------------------------------------------------------------------


def refusal(content, name, limits=None, **how):
    """The refusal of a file, which must come soon."""
    before = time.monotonic()
    with pytest.raises(FileRefused) as refused:
        read_table(content, name, limits=limits or Limits(), **how)
    assert time.monotonic() - before < 10
    return refused.value


def told_by(program, monkeypatch, tmp_path, limits=None):
    """The key of the refusal when the child is another program."""
    child = tmp_path / "child.py"
    child.write_text(program)
    monkeypatch.setattr(reader, "CHILD", child)
    return refusal(workbook(HEADER, *ROWS), "s.xlsx", limits).key
