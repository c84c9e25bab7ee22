"""Writes the workbooks that go out: the example file, made from the list of columns, and the refused rows.

Every text is written as text (data type "s"): a name that starts with "=" is a name, never a formula.
"""

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from app.imports import columns as import_columns
from app.imports.table import Value
from app.rules import cells
from app.rules.people import dutch_date

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
HEAD = PatternFill("solid", fgColor="E8EEF7")
_TEXT_FORMAT = "@"
NO_ROW: Mapping[str, Value] = {}


def example_xlsx(
    columns: Sequence[import_columns.Column], title: str, row: Mapping[str, Value] = NO_ROW
) -> bytes:
    """The example file: a header with one row, and a sheet that explains each column.

    `row`: column key -> what the row holds where that is not the column's own example.
    """
    book = Workbook()
    sheet: Any = book.active
    sheet.title = title
    shown = _in_example(columns)
    _header(sheet, [_(column.label) for column in shown])
    for index, column in enumerate(shown, start=1):
        value = row.get(column.key, column.example)
        _put(sheet.cell(2, index), value)
        if not isinstance(value, dt.date):  # as text: Excel keeps leading zeros in what is typed next
            sheet.column_dimensions[get_column_letter(index)].number_format = _TEXT_FORMAT
    _explain(book.create_sheet(_("Uitleg")), columns, row)
    return _bytes(book)


def _explain(sheet: Any, columns: Sequence[import_columns.Column], values: Mapping[str, Value]) -> None:
    _header(sheet, [_("Kolom"), _("Verplicht"), _("Voorbeeld"), _("Uitleg"), _("Ook herkend als")])
    for row, column in enumerate(columns, start=2):
        texts = (
            _(column.label),
            _("ja") if column.required else _("nee"),
            _shown(column.example),
            _explained(column, values),
            ", ".join(column.synonyms),
        )
        for index, text in enumerate(texts, start=1):
            _put(sheet.cell(row, index), text)
    for index, width in enumerate((22, 10, 36, 76, 70), start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width


def _explained(column: import_columns.Column, values: Mapping[str, Value]) -> str:
    """What may stand in a column; and why the row of the example has nothing there."""
    empty = column.example != "" and values.get(column.key, column.example) == ""
    told = (
        _("In het voorbeeld leeg: uw school heeft hier nog niets voor, of iemand heet al zo.")
        if empty
        else ""
    )
    return f"{column.explained()} {told}".strip()


def example_csv(columns: Sequence[import_columns.Column], row: Mapping[str, Value] = NO_ROW) -> bytes:
    """The same header and row as a csv that a Dutch Excel opens in columns."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow([cells.csv_text(_(column.label)) for column in _in_example(columns)])
    values = (row.get(column.key, column.example) for column in _in_example(columns))
    writer.writerow([cells.csv_text(_shown(value)) for value in values])
    return out.getvalue().encode("utf-8-sig")


def _in_example(columns: Sequence[import_columns.Column]) -> Sequence[import_columns.Column]:
    """The columns, without those that replace others; the sheet that explains names these too."""
    return [column for column in columns if column.in_example]


def refused_xlsx(
    header: Sequence[str], rows: Sequence[tuple[int, Sequence[Value]]], remarks: Mapping[int, Sequence[str]]
) -> bytes:
    """The refused rows with a remark in front of each: correct them and import this file."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = _("Geweigerde rijen")
    _header(sheet, [_("Opmerking"), _("Rij in uw bestand"), *header])
    for at, (number, values) in enumerate(rows, start=2):
        _put(sheet.cell(at, 1), "\n".join(remarks.get(number, ())))
        sheet.cell(at, 1).alignment = Alignment(wrap_text=True, vertical="top")
        _put(sheet.cell(at, 2), number)
        for index, value in enumerate(values, start=3):
            _put(sheet.cell(at, index), value)
    sheet.column_dimensions["A"].width = 70
    return _bytes(book)


def _header(sheet: Any, names: Sequence[str]) -> None:
    for index, name in enumerate(names, start=1):
        cell = sheet.cell(1, index)
        _put(cell, name)
        cell.font, cell.fill = Font(bold=True), HEAD
        sheet.column_dimensions[get_column_letter(index)].width = max(14, min(40, len(name) + 6))
    sheet.freeze_panes = "A2"


def _put(cell: Cell, value: Value) -> None:
    if value is None or value == "":
        return
    if isinstance(value, str):
        cells.put_text(cell, value)
        cell.number_format = _TEXT_FORMAT
        return
    cell.value = value
    if isinstance(value, dt.date):
        cell.number_format = "dd-mm-yyyy"


def _shown(value: Value) -> str:
    if isinstance(value, dt.datetime | dt.date):
        return dutch_date(value)
    return import_columns.cell_text(value)


def _bytes(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
