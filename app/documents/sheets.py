"""Writes a table to a file row by row: however long it is, only a few rows are in memory at a time."""

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from app.rules import cells
from app.rules.people import dutch_date

Line = Sequence[str | date | None]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
WIDTH = 22  # characters: nobody knows the longest value beforehand


def xlsx_file(title: str, headings: Sequence[str], lines: Iterable[Line]) -> IO[bytes]:
    """A workbook of one sheet, in a file without a name, which is deleted when it is closed."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for column in range(1, len(headings) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = WIDTH
    head = [_text(sheet, heading) for heading in headings]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    # A column's dates share a cell: a row is written as soon as it is there.
    dated = [_dated(sheet) for _heading in headings]
    for line in lines:
        sheet.append([_value(sheet, value, cell) for value, cell in zip(line, dated, strict=True)])
    out = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    book.save(out)
    out.seek(0)
    return out


def csv_file(headings: Sequence[str], lines: Iterable[Line]) -> IO[bytes]:
    """The same as csv: semicolons and a byte order mark, as spreadsheets in the Netherlands expect."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([cells.csv_text(heading) for heading in headings])
    for line in lines:
        writer.writerow([_plain(value) for value in line])
    text.flush()
    text.detach()
    out.seek(0)
    return out


def _value(sheet: Any, value: str | date | None, dated: Any) -> Any:
    """What goes into the sheet for a value; `dated`: the cell for the dates of this column.

    A value that openpyxl can take goes as it is, and an empty one makes no cell: making a cell takes time,
    100,000 times.
    """
    if isinstance(value, str):
        return (value or None) if value[:1] != "=" and value.isprintable() else _text(sheet, value)
    if isinstance(value, date):
        dated.value = value
        return dated
    return value


def _dated(sheet: Any) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cell.number_format = "dd-mm-yyyy"
    return cell


def _text(sheet: Any, text: str) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cells.put_text(cell, text)
    return cell


def _plain(value: str | date | None) -> str:
    if value is None:
        return ""
    return dutch_date(value) if isinstance(value, date) else cells.csv_text(value)
