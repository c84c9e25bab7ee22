"""Whatever file is chosen: the right contents, or a sentence that says what is wrong and what to do."""

import io
import random
import struct
import time
import zipfile
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

import openpyxl
import pytest

from app.errors import RuleBroken
from app.imports import _child, reader
from app.imports.reader import FileRefused, Limits, read_table
from app.imports.table import REFUSALS

HEADER = ["Studentnummer", "Voornaam", "Achternaam"]
ROWS = [["00123", "Zoë", "Çelik"], ["00124", "Daan", "de Wit; Jansen"]]
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


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
        "00123", "Zoë", date(2007, 3, 1), datetime(2026, 11, 24, 9, 30), time_of_day(9, 30), True, 7.5,  # noqa: DTZ001
    ]  # fmt: skip
    assert table.rows[1].values == [124, None, None, None, None, None, 8]
    assert isinstance(table.rows[1].values[6], int)
    assert [row.number for row in table.rows] == [2, 3]
    assert table.sheet == "Sheet"


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


def test_the_first_visible_sheet_with_something_in_it_is_read():
    book = openpyxl.Workbook()
    book.active.title = "Leeg"
    hidden = book.create_sheet("Verborgen")
    hidden.sheet_state = "hidden"
    hidden.append(["Geheim", "Verborgen"])
    book.create_chartsheet("Grafiek")
    students = book.create_sheet("Studenten")
    for row in (HEADER, *ROWS):
        students.append(row)
    assert read_table(saved(book), "s.xlsx").sheet == "Studenten"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_csv_file_is_read_in_every_encoding_and_with_every_delimiter(encoding, delimiter, line_end):
    lines = [delimiter.join(f'"{value}"' for value in row) for row in (HEADER, *ROWS)]
    table = read_table((line_end.join(lines) + line_end).encode(encoding), "studenten.csv")
    assert table.header == HEADER
    assert [row.values for row in table.rows] == ROWS
    assert (table.delimiter, table.encoding) == (delimiter, encoding)


def test_quotes_and_line_ends_inside_a_text_are_kept_and_lines_counted():
    table = read_table(b'naam;adres\r\n"de ""Witte""";"Dam 1\r\nAmsterdam"\r\n\r\nJan;x\r\n', "s.csv")
    assert [(row.number, row.values) for row in table.rows] == [
        (2, ['de "Witte"', "Dam 1\r\nAmsterdam"]),
        (5, ["Jan", "x"]),
    ]


def test_the_delimiter_is_the_one_that_fits_best():
    assert read_table(b"naam;woonplaats\nBerg, F.;Ede, Gld\nWit, D.;Tiel\n", "s.csv").delimiter == ";"
    assert read_table(b"naam,plaats,jaar\nJan;Piet,Ede,1\nA,Tiel,2\n", "s.csv").delimiter == ","
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


# --- files that are wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "key"),
    [
        (b"", "leeg.xlsx", "empty"),
        (b"", "leeg.csv", "empty"),
        (b"\xef\xbb\xbf \r\n", "leeg.csv", "empty"),
        (b";;;\n;;;\n", "leeg.csv", "empty"),
        (b"\x00" * 100, "nul.csv", "empty"),
        (b"sep=;\r\n", "leeg.csv", "empty"),
        ("naam;plaats\nJan\x07;Ede\n".encode("utf-16"), "piep.csv", "not-a-spreadsheet"),
        (b"Studentnummer;Voornaam\n", "kop.csv", "no-rows"),
        (b"123;456\n124;457\n", "getallen.csv", "no-header"),
        (b"zomaar een tekst\nzonder tabel\n", "brief.txt", "no-header"),
        (b"naam;plaats\nJan\x00;Ede\n", "nul.csv", "not-a-spreadsheet"),
        (random.Random(1).randbytes(5000), "ruis.xlsx", "not-a-spreadsheet"),
        (random.Random(2).randbytes(5000), "ruis.csv", "not-a-spreadsheet"),
        (b"naam;plaats\nJan;Ede\n", "programma.exe", "not-a-spreadsheet"),
        (b"naam;plaats\nJan;Ede\n", "zonder-achtervoegsel", "not-a-spreadsheet"),
        (b"%PDF-1.7 ...", "brief.csv", "not-a-spreadsheet"),
        (b"<html><body><table><tr><td>a</td></tr></table>", "export.xls", "other-office"),
        (b'<?xml version="1.0"?><Workbook/>', "export.xls", "other-office"),
        (OLE2 + b"\x00" * 1000, "oud.xls", "old-excel"),
        (OLE2 + b"\x00" * 1000, "hernoemd.xlsx", "old-excel"),
        (OLE2 + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le"), "geheim.xlsx", "encrypted"),
        (b"PK\x03\x04 geen echte zip", "s.xlsx", "damaged"),
        ("naam;plaats\nZoë;Curaça".encode() + "o\u0301".encode()[:-1], "afgebroken.csv", "damaged"),
        (b"naam;plaats\nJan\x81;Ede\n", "s.csv", "encoding"),
        (b"\xff\xfen\x00a\x00\x00\xd8", "s.csv", "encoding"),
        (b'naam;plaats\nJan;"Ede\nPiet;Tiel\n', "s.csv", "open-quote"),
        (b'naam;plaats\nJan;"' + b"x" * 200_000 + b'"\n', "s.csv", "long-text"),
        (b"\n" * 500_000 + b"naam;plaats\n", "s.csv", "too-many-rows"),
        (b"naam;plaats\n" + b"a;b\n" * 20_001, "s.csv", "too-many-rows"),
        (b"naam;plaats\n" + b"a;" * 500 + b"b\n", "s.csv", "too-many-columns"),
        (b"a" * (10 * 1024 * 1024 + 1), "s.csv", "too-many-bytes"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(content, name, key):
    assert refusal(content, name).key == key


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


def test_an_excel_file_without_rows_is_told_apart_from_an_empty_one():
    assert refusal(workbook(), "s.xlsx").key == "empty"
    assert refusal(workbook(HEADER), "s.xlsx").key == "no-rows"
    assert refusal(workbook([1, 2], [3, 4]), "s.xlsx").key == "no-header"


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"word/document.xml": "<w/>", "[Content_Types].xml": "<Types/>"}, "other-office"),
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "other-office"),
        ({"xl/workbook.bin": "x", "[Content_Types].xml": "<Types/>"}, "other-office"),
        ({"foto.jpg": "x"}, "not-a-spreadsheet"),
        ({"[Content_Types].xml": "<Types/>"}, "damaged"),
        ({"xl/workbook.xml": "<workbook/>"}, "damaged"),
        ({f"xl/{number}.xml": "x" for number in range(201)}, "unsafe"),
        ({"xl/workbook.xml": "<workbook/>".encode("utf-16")}, "unsafe"),
    ],
)
def test_another_kind_of_zip_is_refused(parts, key):
    assert refusal(zipped(parts), "bestand.xlsx").key == key


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_damaged(share):
    whole = workbook(HEADER, *(ROWS * 200))
    assert refusal(whole[: int(len(whole) * share)], "s.xlsx").key == "damaged"


def test_a_zip_with_a_password_is_encrypted():
    content = bytearray(workbook(HEADER, *ROWS))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(content), "s.xlsx").key == "encrypted"


def test_a_zip_with_another_compression_is_not_opened():
    assert refusal(zipped({"xl/workbook.xml": "x" * 100}, zipfile.ZIP_BZIP2), "s.xlsx").key == "unsafe"


# --- files made to do harm --------------------------------------------------------------------


def test_a_cell_in_the_last_corner_of_the_sheet():
    body = row_xml(1, "naam", "plaats") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refusal(xlsx(f"<sheetData>{body}</sheetData>"), "s.xlsx").key == "too-many-rows"
    wide = row_xml(1, "naam", "plaats") + '<row r="2"><c r="XFD2"><v>1</v></c></row>'
    assert refusal(xlsx(f"<sheetData>{wide}</sheetData>"), "s.xlsx").key == "too-many-columns"


@pytest.mark.parametrize("row", ['<row r="{number}"/>', "<row></row>", "<row/>"])
def test_a_million_empty_rows(row):
    body = "".join(row.format(number=number) for number in range(1, 1_000_001))
    assert refusal(xlsx(f"<sheetData>{body}</sheetData>"), "s.xlsx").key in {"too-many-rows", "unsafe"}


def test_a_file_that_unpacks_to_hundreds_of_megabytes():
    text = f'<c r="A1" t="inlineStr"><is><t>{"x" * 60_000_000}</t></is></c>'
    assert refusal(xlsx(f'<sheetData><row r="1">{text}</row></sheetData>'), "s.xlsx").key == "too-many-bytes"
    text = text[:30_000_000]
    assert refusal(xlsx(f"<sheetData>{text}</sheetData>"), "s.xlsx").key == "unsafe"


def test_a_zip_that_lies_about_its_unpacked_size():
    content = bytearray(xlsx("<sheetData>" + row_xml(1, "x" * 5_000_000) + "</sheetData>"))
    at = content.index(b"xl/worksheets/sheet1.xml", content.index(b"PK\x01\x02")) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<L", content, at + 24, 1000)
    assert refusal(bytes(content), "s.xlsx").key == "damaged"


@pytest.mark.parametrize(
    "start",
    [
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_xml_entities_are_not_opened(start):
    content = xlsx(f"<sheetData>{row_xml(1, '&a;', 'b')}</sheetData>", before=start)
    assert refusal(content, "s.xlsx").key == "unsafe"


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


def test_one_long_text_named_in_every_cell_does_not_fill_our_memory():
    assert refusal(one_text_everywhere(), "s.xlsx").key == "unreadable"


def test_cells_that_json_does_not_know_are_still_cells():
    assert _child.plain(float("nan")) is None
    assert _child.plain(timedelta(hours=30)) == "1 day, 6:00:00"
    assert _child.plain(1e300) == 1e300
    assert _child.plain(12345.0) == 12345
    assert _child.plain(False) is False


def test_the_secrets_of_the_application_do_not_reach_the_child(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "geheim")
    assert "SECRET_KEY" not in reader._environment()


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


def test_ten_thousand_rows_are_read_within_two_seconds():
    content = workbook(HEADER, *(ROWS * 5000))
    before = time.monotonic()
    assert len(read_table(content, "s.xlsx").rows) == 10_000
    assert time.monotonic() - before < 2


# --- how the files are made -------------------------------------------------------------------


def refusal(content, name, limits=None):
    """The refusal of a file, which must come soon."""
    before = time.monotonic()
    with pytest.raises(FileRefused) as refused:
        read_table(content, name, limits=limits or Limits())
    assert time.monotonic() - before < 10
    return refused.value


def told_by(program, monkeypatch, tmp_path, limits=None):
    """The key of the refusal when the child is another program."""
    child = tmp_path / "child.py"
    child.write_text(program)
    monkeypatch.setattr(reader, "CHILD", child)
    return refusal(workbook(HEADER, *ROWS), "s.xlsx", limits).key


def workbook(*rows):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sheet")
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book):
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def row_xml(number, *texts):
    cells = "".join(
        f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for at, text in enumerate(texts)
    )
    return f'<row r="{number}">{cells}</row>'


def xlsx(body, before="", strings=""):
    """A bare xlsx around the inside of a worksheet; `before` comes before its root."""
    sheet = f'<?xml version="1.0"?>{before}<worksheet {MAIN}>{body}</worksheet>'
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Blad1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": strings or f"<sst {MAIN}/>",
    }
    return zipped(parts)


def one_text_everywhere():
    """A small file whose every row names one long shared text: 450 million characters."""
    strings = f"<sst {MAIN}><si><t>{'lang ' * 6000}</t></si></sst>"
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 15_000))
    return xlsx(f"<sheetData>{cells}</sheetData>", strings=strings)


def relations(*targets):
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    inside = "".join(
        f'<Relationship Id="rId{at}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{package}">{inside}</Relationships>'


def zipped(parts, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()
