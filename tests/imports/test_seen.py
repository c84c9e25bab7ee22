"""What Excel and LibreOffice show beside the values of cells: formats, what is hidden or merged, formulas."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlwt

from app.actions.base.runner import run
from app.actions.imports.imports import choose_columns
from app.errors import RuleBroken
from app.imports import _seen, kept, told
from app.imports.intake import receive, receive_again
from app.imports.reader import FileRefused, Reading, read_table
from tests.imports.hostile import MAIN, open_document, row_xml, saved, xlsx
from tests.support.importing import Wizard

CASES = Path(__file__).with_name("cases")
HEADER = ["Studentnummer", "Voornaam", "Achternaam", "Klas"]
ROWS = [[203118, "An", "Vos", "V3A"], [203119, "Bo", "Bos", "V3B"], [900070, "Co", "Das", "V3C"]]


def a_book(*rows, hidden=(), formats=None):
    """An openpyxl book with these rows; `formats`: a cell's name -> number format."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for number in hidden:
        sheet.row_dimensions[number].hidden = True
    for name, code in (formats or {}).items():
        sheet[name].number_format = code
    return book


def an_old_book(*rows, hidden=(), code=""):
    """An .xls whose first column has this number format."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Blad1")
    style = xlwt.easyxf(num_format_str=code) if code else xlwt.Style.default_style
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(at, column, value, *([style] if at and not column else []))
    for number in hidden:
        sheet.row(number - 1).hidden = True
    return saved(book)


def open_cell(value, shown=""):
    if isinstance(value, int):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}">'
            f"<text:p>{shown or value}</text:p></table:table-cell>"
        )
    return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'


def open_line(*cells, hidden="", repeated=1):
    visibility = f' table:visibility="{hidden}"' if hidden else ""
    return (
        f'<table:table-row table:style-name="ro1" table:number-rows-repeated="{repeated}"{visibility}>'
        f"{''.join(cells)}</table:table-row>"
    )


# -- number formats


def test_numbers_that_a_format_shows_with_zeros_keep_them(wizard, students):
    wizard.bring_in((CASES / "zeros-by-format.xlsx").read_bytes(), "s.xlsx")
    assert [one.number for one in students()] == ["0203118", "0203119", "0900070"]
    assert {one.birth_date for one in students()} == {date(2008, 3, 14)}


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("0000000", 203118, "0203118"),
        ("0000000;-0000000;0;@", 203118, "0203118"),
        ("[$-413]0000000", 203118, "0203118"),
        ("0000#", 42, "00042"),
        ('"S"000000', 203118, "S203118"),
        ("0000-000", 203118, "0203-118"),
        ("00", 203118, "203118"),
        ("0000000000", 612345678, "0612345678"),
        ("0%", 0.5, "50%"),
        ("0.0%", 0.125, "12,5%"),
    ],
)
def test_a_cell_reads_as_its_format_shows_it(code, value, shown):
    table = read_table(saved(a_book(["Een", "Twee"], [value, "x"], formats={"A2": code})), "s.xlsx")
    assert table.rows[0].values == [shown, "x"]


@pytest.mark.parametrize(
    "code", ["General", "0", "0.00", "#,##0", "#,##0.00", "€ #,##0.00", "0.00E+00", "# ?/?", "@", "00.00"]
)
def test_other_formats_leave_a_number_as_it_is(code):
    book = a_book(["Een", "Twee"], [2000, "x"], [-3, "y"], formats={"A2": code, "A3": "0000"})
    assert [row.values[0] for row in read_table(saved(book), "s.xlsx").rows] == [2000, -3]


def test_a_format_that_counts_days_is_still_a_date():
    assert _seen.show_of("dd-mm-yyyy") is None
    assert _seen.show_of("d-mmm") is None


def test_an_old_excel_file_shows_its_zeros_too():
    table = read_table(an_old_book(HEADER, *ROWS, code="0000000"), "s.xls")
    assert [row.values[0] for row in table.rows] == ["0203118", "0203119", "0900070"]
    many = [[at, *ROWS[0][1:]] for at in range(2000, 2400)]
    table = read_table(an_old_book(HEADER, *many, code="000000"), "s.xls")
    assert table.rows[399].values[0] == "002399"


def test_a_libreoffice_file_shows_its_zeros_too():
    rows = open_line(*map(open_cell, HEADER[:2])) + open_line(open_cell(203118, "0203118"), open_cell("An"))
    table = read_table(open_document(rows + open_line(open_cell(7, "7"), open_cell("Bo"))), "s.ods")
    assert [row.values[0] for row in table.rows] == ["0203118", 7]


def test_attributes_in_another_order_and_with_a_prefix_are_read_the_same():
    styles = (
        '<x:styleSheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:numFmts>'
        "<x:numFmt formatCode='&quot;S&quot;00000' numFmtId='170'/></x:numFmts>"
        '<x:cellXfs><x:xf/><x:xf numFmtId="170"/></x:cellXfs></x:styleSheet>'
    )
    body = (
        f"<sheetData>{row_xml(1, 'Een', 'Twee')}"
        '<row r="2" hidden="true"><c r="A2" s="1"><v>42</v></c><c r="B2"><v>1</v></c></row></sheetData>'
    )
    table = read_table(xlsx(body, **{"xl/styles.xml": styles}), "s.xlsx")
    assert (table.rows[0].values, table.seen.hidden) == (["S00042", 1], [2])
    assert MAIN


# -- hidden rows and columns


def test_rows_that_a_filter_hides_are_asked_about(wizard, students):
    pk = receive(wizard.actor, wizard.kind, (CASES / "filtered-rows.xlsx").read_bytes(), "s.xlsx")
    found = wizard.own_run(pk)
    assert told.hidden_question(found) == "2 rijen zijn verborgen (filter). Meenemen of overslaan?"
    with pytest.raises(RuleBroken, match="verborgen rijen"):
        run(choose_columns, wizard.actor, [pk], version=found.version, mapping=found.mapping)
    for chosen, count in (("skip", 2), ("take", 4), ("skip", 2)):
        choose_hidden(wizard, pk, chosen)
        assert kept.count_of(wizard.own_run(pk)) == count
        assert told.hidden_question(wizard.own_run(pk)).startswith("2 rijen zijn verborgen")
    found = wizard.own_run(pk)
    run(choose_columns, wizard.actor, [pk], version=found.version, mapping=found.mapping)
    assert [row.values["number"] for row in wizard.check(pk).rows] == ["900081", "900083"]


def test_rows_hidden_by_hand_and_in_a_table_are_asked_about(wizard):
    book = a_book(HEADER, *ROWS, hidden=[3])
    pk = receive(wizard.actor, wizard.kind, saved(book), "s.xlsx")
    assert told.hidden_question(wizard.own_run(pk)) == "1 rij is verborgen. Meenemen of overslaan?"
    assert told.hidden_rows(wizard.own_run(pk)) == "Verborgen in het bestand: rij 3."
    table = openpyxl.worksheet.table.Table(displayName="Tabel", ref="A1:D4")
    table.autoFilter = openpyxl.worksheet.filters.AutoFilter(ref="A1:D4")
    table.autoFilter.filterColumn.append(openpyxl.worksheet.filters.FilterColumn(colId=3))
    book.active.add_table(table)
    assert read_table(saved(book), "s.xlsx").seen.filtered


def test_hidden_rows_of_an_old_excel_file_and_of_libreoffice_are_seen():
    old = read_table(an_old_book(HEADER, *ROWS, hidden=[2, 4]), "s.xls")
    assert (old.seen.hidden, old.seen.filtered) == ([2, 4], False)
    lines = [open_line(*map(open_cell, HEADER)), *(open_line(*map(open_cell, row)) for row in ROWS)]
    lines[2] = open_line(*map(open_cell, ROWS[1]), hidden="filter", repeated=2)
    found = read_table(open_document("".join(lines)), "s.ods")
    assert (found.seen.hidden, found.seen.filtered) == ([3, 4], True)
    by_hand = [lines[0], lines[1], lines[2].replace('"filter"', '"collapse"')]
    assert not read_table(open_document("".join(by_hand)), "s.ods").seen.filtered


def test_hidden_rows_that_hold_nothing_or_stand_above_the_header_are_no_question():
    book = a_book(["Studenten"], HEADER, *ROWS, hidden=[1, 40, 41])
    assert read_table(saved(book), "s.xlsx").seen.hidden == []


def test_a_file_of_which_every_row_is_hidden_is_not_read_without_them():
    content = saved(a_book(HEADER, *ROWS, hidden=[2, 3, 4]))
    with pytest.raises(FileRefused, match="Meenemen"):
        read_table(content, "s.xlsx", reading=Reading(hidden="skip"))
    assert len(read_table(content, "s.xlsx", reading=Reading(hidden="take")).rows) == 3


def test_hidden_columns_are_told_by_name(wizard):
    book = a_book(HEADER, *ROWS)
    book.active.column_dimensions["C"].hidden = True
    pk = receive(wizard.actor, wizard.kind, saved(book), "s.xlsx")
    assert told.remarks_on(wizard.own_run(pk)) == [
        "1 kolom is verborgen in het bestand en staat hieronder wel: Achternaam."
    ]
    column = '<table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>'
    found = read_table(open_document(column + open_line(*map(open_cell, HEADER)) * 2), "s.ods")
    assert found.seen.hidden_columns == [0, 1]


# -- merged cells


def test_cells_merged_over_rows_have_their_value_in_each_row(wizard):
    rows = [[row[0], row[1], row[2], None] for row in ROWS]
    rows[0][3] = "V3A"
    book = a_book(["Studenten", None, None, None], HEADER, *rows)
    book.active.merge_cells("A1:D1")
    book.active.merge_cells("D3:D40")
    content = saved(book)
    table = read_table(content, "s.xlsx")
    assert [row.values[3] for row in table.rows] == ["V3A", "V3A", "V3A"]
    pk = receive(wizard.actor, wizard.kind, content, "s.xlsx")
    assert told.remarks_on(wizard.own_run(pk)) == [
        "1 samengevoegde cel loopt over meer rijen (vanaf rij 3). De waarde geldt voor al die rijen."
    ]


def test_cells_merged_over_columns_are_told():
    book = a_book(HEADER, *ROWS)
    book.active.merge_cells("B3:C3")
    assert read_table(saved(book), "s.xlsx").seen.broad == [3]


def test_merged_cells_of_old_excel_and_libreoffice_are_filled():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Blad1")
    for at, row in enumerate([["Nummer", "Klas"], ["1"], ["2"]]):
        for column, text in enumerate(row):
            sheet.write(at, column, text)
    sheet.write_merge(1, 2, 1, 1, "V3A")
    assert [row.values for row in read_table(saved(book), "s.xls").rows] == [["1", "V3A"], ["2", "V3A"]]
    tall = open_cell("V3A").replace("<table:table-cell ", '<table:table-cell table:number-rows-spanned="2" ')
    rows = [
        open_line(open_cell("Nummer"), open_cell("Klas")),
        open_line(open_cell("1"), tall),
        open_line(open_cell("2"), "<table:covered-table-cell/>"),
    ]
    found = read_table(open_document("".join(rows)), "s.ods")
    assert [row.values for row in found.rows] == [["1", "V3A"], ["2", "V3A"]]


def test_a_header_of_two_rows_with_merged_names_is_read_by_its_second_row(wizard):
    book = a_book(["Studentnummer", "Naam", None, "Klas"], [None, "Voornaam", "Achternaam", None], *ROWS)
    for cells in ("A1:A2", "B1:C1", "D1:D2"):
        book.active.merge_cells(cells)
    found = wizard.own_run(receive(wizard.actor, wizard.kind, saved(book), "s.xlsx"))
    assert (found.table["header"], kept.count_of(found)) == (HEADER, 3)


# -- formulas without a value


def test_formulas_without_a_value_are_told_by_column_and_row(wizard):
    content = (CASES / "formula-without-value.xlsx").read_bytes()
    found = wizard.own_run(receive(wizard.actor, wizard.kind, content, "s.xlsx"))
    assert told.remarks_on(found) == [
        "3 formules in E-mail hebben geen waarde (rij 2-4): die cellen zijn hier leeg. "
        "Open het bestand in Excel, sla het op en kies het opnieuw."
    ]


@pytest.mark.parametrize(
    ("cell", "empty"),
    [
        ("<c r='B2'><f>A1</f></c>", True),
        ('<c r="B2" s="3"><f t="shared" si="0"/><v/></c>', True),
        ('<c r="B2"><f aca="false">A1</f> <v></v> </c>', True),
        ('<c r="B2" t="str"><f>IF(1,"","x")</f><v></v></c>', False),
        ('<c r="B2" t="str"><f>A1</f><v>x</v></c>', False),
        ('<c r="B2"><f>1+1</f><v>2</v></c>', False),
        ('<c r="B2"/>', False),
    ],
)
def test_only_a_formula_that_was_never_calculated_has_no_value(cell, empty):
    body = f'<sheetData>{row_xml(1, "Een", "Twee")}<row r="2"><c r="A2"><v>1</v></c>{cell}</row></sheetData>'
    assert [tuple(one) for one in read_table(xlsx(body), "s.xlsx").seen.formulas] == (
        [(2, 1)] if empty else []
    )


def test_a_formula_of_libreoffice_without_a_value_is_told():
    formula = '<table:table-cell table:formula="of:=[.A2]"/>'
    rows = open_line(*map(open_cell, HEADER[:2])) + open_line(open_cell("1"), formula)
    assert list(map(tuple, read_table(open_document(rows), "s.ods").seen.formulas)) == [(2, 1)]


# -- what does harm


def test_what_is_looked_at_is_the_sheet_that_was_chosen():
    book = a_book(HEADER, *ROWS, hidden=[2])
    other = book.create_sheet("Ander <blad> & 'meer'")
    for row in (HEADER, *ROWS):
        other.append(row)
    content = saved(book)
    assert read_table(content, "s.xlsx").seen.hidden == [2]
    assert read_table(content, "s.xlsx", reading=Reading(sheet=other.title)).seen.hidden == []


def test_rows_are_looked_at_whole_wherever_the_file_is_cut(monkeypatch):
    text = b"".join(b'<row r="%d" hidden="1"><c/></row>' % at for at in range(1, 400))
    for size in (7, 64, 1000):
        monkeypatch.setattr(_seen, "CHUNK", size)
        found = list(_seen.pieces(io.BytesIO(text), b"row>"))
        assert b"".join(found) == text
        assert all(piece.endswith(b"</row>") for piece in found if piece)


# -- how the files are made


def choose_hidden(wizard: Wizard, pk: int, chosen: str) -> None:
    found = wizard.own_run(pk)
    before = kept.reading_of(found)
    reading = Reading(before.sheet, before.header, hidden=chosen)
    receive_again(wizard.actor, wizard.kind, found, reading, version=found.version)
