"""The list of results as a spreadsheet. A text that begins like a formula stays a text."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from app.rules import cells as rules
from app.rules.marks import mark_text
from app.school import current_school

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 60  # characters


def headings() -> Sequence[str]:
    return [
        _("Studentnummer"),
        _("Voornaam"),
        _("Tussenvoegsel"),
        _("Achternaam"),
        _("Examen"),
        _("Examencode"),
        _("Versie"),
        _("Kans"),
        _("Uitslag"),
        _("Beoordeling"),
        _("Cijfer"),
        _("Punten"),
        _("Maximum"),
        _("Uitslag op"),
        _("Vastgesteld op"),
    ]


def cells(row: Any) -> Sequence[str | int | Decimal | dt.date | None]:
    """One row of app.queries.assessment.committee.export_rows; dates on the school's calendar."""
    return [
        row.number,
        row.first_name,
        row.infix,
        row.last_name,
        row.title,
        row.code,
        row.version,
        row.attempt,
        _("Geslaagd") if row.passed else _("Niet geslaagd"),
        row.grade,
        row.mark,
        row.points,
        row.max_points,
        current_school().local(row.decided_at).date(),
        row.decided_on,
    ]


def results_xlsx(rows: Sequence[Any]) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = _("Uitslagen")
    lines = [headings(), *(cells(row) for row in rows)]
    for number, line in enumerate(lines, start=1):
        for column, value in enumerate(line, start=1):
            cell: Any = sheet.cell(number, column)
            if isinstance(value, str):
                rules.put_text(cell, value)
                continue
            cell.value = value
            if isinstance(value, dt.date):
                cell.number_format = "dd-mm-yyyy"
            elif isinstance(value, Decimal):
                cell.number_format = "0.0"
    for column in range(1, len(lines[0]) + 1):
        longest = max(len(str(line[column - 1] or "")) for line in lines[:200])
        sheet.column_dimensions[get_column_letter(column)].width = min(longest + 3, WIDEST)
        sheet.cell(1, column).font = Font(bold=True)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def results_csv(rows: Sequence[Any]) -> bytes:
    """Semicolons and a byte order mark, as spreadsheets in the Netherlands expect.

    A text that begins like a formula gets a ' before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings())
    for row in rows:
        writer.writerow([_plain(value) for value in cells(row)])
    return out.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return mark_text(value)
    if isinstance(value, dt.date | dt.datetime):
        return f"{value:%d-%m-%Y}"
    return rules.csv_text(str(value))
