"""The table of a run as the database keeps it: out of a file once, then JSON until the import is done."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

from flask_babel import gettext as _

from app.entities.imports import ImportRun
from app.imports.columns import cell_text
from app.imports.table import Reading, Table, Value
from app.imports.table import Row as TableRow

FIRST_VALUES = 5
Row = tuple[int, list[Value]]
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def pack(table: Table) -> dict[str, Any]:
    """A table as JSON can keep it."""
    return {
        "header": table.header,
        "rows": _packed_rows(table.rows),
        "reading": asdict(table.reading),
        "sheets": list(table.sheets),
        "top": _packed_rows(table.top),
    }


def _packed_rows(rows: Sequence[TableRow]) -> list[Any]:
    return [[row.number, [_packed(value) for value in row.values]] for row in rows]


def reading_of(run: ImportRun) -> Reading:
    """How the file of a run was read; runs of before this was kept say nothing."""
    return Reading(**run.table.get("reading", {}))


def top_of(run: ImportRun) -> list[tuple[int, list[str]]]:
    """The first rows of the file as they stand there: number, texts."""
    return [(number, [shown(unpacked(one)) for one in values]) for number, values in run.table.get("top", [])]


def rows_of(run: ImportRun) -> Sequence[Row]:
    return [(number, [unpacked(value) for value in values]) for number, values in run.table.get("rows", [])]


def header_key(header: Sequence[str]) -> str:
    """The same for the same column names in the same order; what an earlier run is recognised by."""
    return hashlib.sha256("\n".join(name.strip().lower() for name in header).encode()).hexdigest()


def column_name(header: Sequence[str], index: int) -> str:
    """The name in the file; a column without one by its letter."""
    return header[index] or _("Kolom %(letter)s", letter=column_letter(index))


def column_letter(index: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def first_values(run: ImportRun) -> list[list[str]]:
    """Per column of the file its first five values, as read."""
    found: list[list[str]] = [[] for _name in run.table["header"]]
    for _number, values in run.table["rows"]:
        for index, value in enumerate(values):
            if value is not None and len(found[index]) < FIRST_VALUES:
                found[index].append(shown(unpacked(value)))
        if all(len(texts) == FIRST_VALUES for texts in found):
            break
    return found


def shown(value: Value) -> str:
    if isinstance(value, datetime):
        return f"{value:%d-%m-%Y}"
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    return cell_text(value)


def _packed(value: Value) -> Any:
    """JSON's form of a value; control characters, which PostgreSQL refuses in a text, are left out."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, datetime | date | time):
        return {"date" if isinstance(value, date) else "time": value.isoformat()}
    return value


def unpacked(value: Any) -> Value:
    if not isinstance(value, dict):
        plain: Value = value
        return plain
    if "time" in value:
        return time.fromisoformat(value["time"])
    found = datetime.fromisoformat(value["date"])
    return found.date() if len(value["date"]) == 10 else found
