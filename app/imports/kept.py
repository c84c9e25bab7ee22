"""Packs and unpacks the table of a run, which the database keeps in parts until the import is done."""

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from flask_babel import gettext as _

from app import models
from app.imports import table as import_table
from app.imports.columns import cell_text
from app.imports.kind import CheckedRow, Wrong
from app.queries.imports.imports import part_rows

FIRST_VALUES = 5
FIRST_ROWS = 200  # rows in which further values of a column are looked for
PART = 1000  # rows in a part
# In ImportPart.states; a capital for a row with a note.
LETTERS = {"new": "n", "changed": "c", "unchanged": "u", "refused": "r", "left": "l"}
NOTED = "noted"  # beside the states of rows: those with a note, whatever their state
Row = tuple[int, list[import_table.Value]]
Packed = list[Any]  # [number, [values]]; of a finished run [number, [values], label, [remarks]]


def pack(table: import_table.Table) -> dict[str, Any]:
    """What a run keeps of a table beside its rows, as JSON can hold it."""
    return {
        "header": table.header,
        "count": len(table.rows),
        "reading": asdict(table.reading),
        "sheets": list(table.sheets),
        "top": [pack_row(row.number, row.values) for row in table.top],
        "seen": {key: value for key, value in asdict(table.seen).items() if value},
    }


def parts(rows: Iterable[import_table.Row]) -> Iterator[bytes]:
    """The rows of a table, packed in parts."""
    return packed_parts(pack_row(row.number, row.values) for row in rows)


def packed_parts(rows: Iterable[Packed]) -> Iterator[bytes]:
    """Packed rows in parts of PART rows: compressed JSON."""
    waiting = iter(rows)
    while some := list(islice(waiting, PART)):
        yield zlib.compress(json.dumps(some, separators=(",", ":")).encode(), 1)


def pack_row(number: int, values: Sequence[import_table.Value]) -> Packed:
    """A row as JSON can hold it: [number, [values]]."""
    return [number, [_packed(value) for value in values]]


def entries(
    run: models.ImportRun, numbers: Collection[int] | None = None
) -> Iterator[tuple[int, list[Packed]]]:
    """The parts of a run in their order, each as (number, packed rows). `numbers`: only these parts."""
    for number, packed in part_rows(run.id, numbers):
        yield number, json.loads(zlib.decompress(packed))


def rows_of(run: models.ImportRun, numbers: Collection[int] | None = None) -> Iterator[Row]:
    """The rows of a run, with what was corrected in step 4. `numbers`: only those of these parts."""
    for _number, packed in entries(run, numbers):
        for entry in packed:
            yield corrected(run, entry[0], [unpacked(value) for value in entry[1]])


def row_numbered(run: models.ImportRun, number: int) -> list[import_table.Value] | None:
    """The cells of the row with this number of the file; None without one."""
    return next((values for at, values in rows_of(run) if at == number), None)


def corrected(run: models.ImportRun, number: int, values: list[import_table.Value]) -> Row:
    """The row with what was corrected in step 4; changes `values` itself."""
    for index, text in run.fixes.get(str(number), {}).items():
        values[int(index)] = text or None
    return number, values


def doubles_in(run: models.ImportRun) -> Mapping[int, Sequence[Wrong]]:
    """What the last check of a large file found wrong with rows beside each other."""
    kept = run.checked.get("doubles", {})
    return {int(number): [Wrong(*one) for one in wrong] for number, wrong in kept.items()}


def count_of(run: models.ImportRun) -> int:
    """How many rows the file has."""
    return int(run.table.get("count", 0))


def reading_of(run: models.ImportRun) -> import_table.Reading:
    """How the file of a run was read; empty for runs from before this was kept."""
    return import_table.Reading(**run.table.get("reading", {}))


def seen_of(run: models.ImportRun) -> import_table.Seen:
    """What was seen of the file beside its values."""
    return import_table.Seen(**run.table.get("seen", {}))


def refuses_wide(run: models.ImportRun) -> bool:
    """Whether rows with more cells than the header are exceptions; else the header merely lacks a name."""
    return 0 < 2 * len(seen_of(run).wide) <= count_of(run)


def top_of(run: models.ImportRun) -> list[tuple[int, list[str]]]:
    """The first rows of the file as they stand there: number, texts."""
    return [(number, [shown(unpacked(one)) for one in values]) for number, values in run.table.get("top", [])]


def told_by_content(run: models.ImportRun) -> dict[int, str]:
    """Place in the header -> column key, of the columns that were guessed by the values in them."""
    return {place: key for key, places in run.table.get("guessed", {}).items() for place in places}


def letter_of(row: CheckedRow) -> str:
    """The letter for a checked row in ImportPart.states."""
    letter = LETTERS[row.state]
    return letter.upper() if row.notes else letter


def is_in(state: str, letter: str) -> bool:
    """Whether a row with this letter is in a state ("": any; NOTED: a row with a note)."""
    if state == NOTED:
        return letter.isupper()
    return not state or letter.lower() == LETTERS.get(state)


def header_key(header: Sequence[str]) -> str:
    """A hash of the column names in their order; by this an earlier run with the same header is found."""
    return hashlib.sha256("\n".join(name.strip().lower() for name in header).encode()).hexdigest()


def column_name(header: Sequence[str], index: int) -> str:
    """The name of a column in the file; a column without a name goes by its letter."""
    return header[index] or _("Kolom %(letter)s", letter=column_letter(index))


def column_letter(index: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def first_values(run: models.ImportRun) -> list[list[str]]:
    """The first values of each column of the file, each once, from about the first FIRST_ROWS rows."""
    found: list[list[str]] = [[] for _name in run.table["header"]]
    for looked_at, (_number, values) in enumerate(rows_of(run)):
        for texts, value in zip(found, values, strict=False):
            if value is not None and len(texts) < FIRST_VALUES and (text := shown(value)) not in texts:
                texts.append(text)
        if all(len(texts) == FIRST_VALUES or (texts and looked_at >= FIRST_ROWS) for texts in found):
            break
    return found


def shown(value: import_table.Value) -> str:
    """A cell as a page shows it; a date as dd-mm-yyyy."""
    if isinstance(value, dt.date):
        return f"{value:%d-%m-%Y}"
    return cell_text(value)


def _packed(value: import_table.Value) -> Any:
    """JSON's form of a value."""
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return {"date" if isinstance(value, dt.date) else "time": value.isoformat()}
    return value


def unpacked(value: Any) -> import_table.Value:
    """The value behind JSON's form of it."""
    if not isinstance(value, dict):
        plain: import_table.Value = value
        return plain
    if "time" in value:
        return dt.time.fromisoformat(value["time"])
    found = dt.datetime.fromisoformat(value["date"])
    return found.date() if len(value["date"]) == 10 else found
