"""Reads one workbook (xlsx, xls, ods) in a process of its own, within limits; never imported by the app.

A hostile file can abort or fill the process that parses it, which is why this is not a web worker.
Arguments: memory in bytes, seconds of processor time, rows, columns, characters, and the name of a sheet
("": the first visible one with something in it). The file comes in on stdin.
Each line of stdout is JSON. The first is {"sheet": name, "sheets": [the visible ones]}, with what is seen
beside the values (table.Seen); then every row that holds something is [number, [cell, ...]].
{"refused": key} may come at any moment, and is then the last line.
Dates and times are tagged lists: ["date" | "datetime" | "time", ISO text].
"""

import datetime as dt
import io
import json
import math
import resource
import sys
import types
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

if __name__ == "__main__":  # packages without their contents: the application itself stays out
    for _depth, _package in enumerate(("app.imports", "app")):
        sys.modules[_package] = types.ModuleType(_package)
        sys.modules[_package].__path__ = [str(Path(__file__).parents[_depth])]

from app.imports._seen import Seen

CHUNK = 1024 * 1024
SHARED = 724 * CHUNK  # bytes of address space that take no memory: libraries, space kept free
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
Sheet = tuple[str, Any, list[str]]  # its name, itself, the names of all visible ones


class Refused(Exception):
    """A reason that the parent knows by its key."""


def main(arguments: list[str]) -> None:
    """Answer for the file on stdin; a refusal is an answer too."""
    memory, seconds, rows, columns, characters = (int(argument) for argument in arguments[:5])
    limit_self(memory, seconds)
    try:
        for answer in read(sys.stdin.buffer.read(), arguments[5], rows, columns, characters):
            tell(answer)
    except Refused as refused:
        tell({"refused": str(refused)})
    except MemoryError:
        tell({"refused": "unreadable"})


def tell(answer: object) -> None:
    """Write one line of JSON to the parent."""
    sys.stdout.write(json.dumps(answer))
    sys.stdout.write("\n")


def limit_self(memory: int, seconds: int) -> None:
    """Limit memory and processor time; write no file, and no core dump: it would hold personal data."""
    wanted = {
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_AS: memory + SHARED,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)  # a machine may be stricter, which stays so
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))


def read(data: bytes, sheet: str, rows: int, columns: int, characters: int) -> Iterator[object]:
    """The answers for a file: its sheets, then each row that holds something. Raises Refused."""
    name, found, names = chosen_sheet(data, sheet, rows, columns)
    seen = looked_at(data, name, found)
    yield {
        "sheet": name,
        "sheets": names,
        "hidden": seen.hidden,
        "filtered": seen.filtered,
        "hidden_columns": seen.hidden_columns,
        "formulas": seen.formulas,
        "tall": [first for first, _left, last, _right in seen.merged if last > first],
        "broad": [first for first, left, _last, right in seen.merged if right > left],
    }
    before = [None] * found.start[1]  # what stands left of the first column with something in it
    merged = Merged(seen.merged)
    for number, row in enumerate(found.iter_rows(), start=1):
        values = [*before, *map(plain, row)]
        seen.shown(number, values)
        if any(value is not None for value in values):
            merged.fill(number, values)
            characters -= sum(len(value) for value in values if isinstance(value, str))
            if characters < 0:
                raise Refused("unreadable")
            yield number, values


class Merged:
    """Fills merged cells: each row that they span has the value, in their first column.

    Only a row that holds something else gets it: cells merged far down make no rows.
    """

    def __init__(self, merged: Iterable[tuple[int, int, int, int]]) -> None:
        self.starts: dict[int, list[tuple[int, int]]] = {}
        for first, left, last, _right in merged:
            if last > first:
                self.starts.setdefault(first, []).append((left, last))
        self.open: dict[int, tuple[int, Any]] = {}  # column -> last row, value

    def fill(self, number: int, values: list[Any]) -> None:
        for column, (last, value) in list(self.open.items()):
            if number > last:
                del self.open[column]
            elif column < len(values) and values[column] is None:
                values[column] = value
        for column, last in self.starts.get(number, ()):
            if column < len(values):
                self.open[column] = last, values[column]


def chosen_sheet(data: bytes, wanted: str, rows: int, columns: int) -> Sheet:
    """The wanted sheet, or the first with something in it; hidden ones are not what the user sees."""
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(data))
        names = [
            one.name
            for one in book.sheets_metadata
            if one.typ == calamine.SheetTypeEnum.WorkSheet
            and one.visible == calamine.SheetVisibleEnum.Visible
        ]
        for name in [wanted] if wanted in names else names:
            found = book.get_sheet_by_name(name)
            if found.end is None:
                continue
            if found.end[0] >= rows:
                raise Refused("too-many-rows")
            if found.end[1] >= columns:
                raise Refused("too-many-columns")
            return name, found, names
    except calamine.PasswordError as error:
        raise Refused("encrypted") from error
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise Refused("damaged") from error
    raise Refused("empty")


def looked_at(data: bytes, sheet: str, found: Any) -> Seen:
    """What this sheet shows beside its values."""
    seen = Seen()
    if merged := found.merged_cell_ranges:
        seen.merged = [(top + 1, left, last + 1, right) for (top, left), (last, right) in merged]
    if data.startswith(OLE2):
        from app.imports import _seen_xls

        _seen_xls.look(data, sheet, seen)
        return seen
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "content.xml" in archive.namelist():
                from app.imports import _seen_ods

                _seen_ods.look(archive, sheet, seen)
            else:
                from app.imports import _seen_xlsx

                _seen_xlsx.look(archive, sheet, seen)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        return seen  # one that writes it otherwise
    return seen


def plain(cell: object) -> Any:
    """A cell as JSON can hold it; a whole number is an int, as the user sees it; empty is None."""
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return None
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, dt.datetime):
        return ["datetime", cell.isoformat()]
    if isinstance(cell, dt.date):
        return ["date", cell.isoformat()]
    if isinstance(cell, dt.time):
        return ["time", cell.isoformat()]
    if isinstance(cell, dt.timedelta):
        return str(cell)
    return None if cell == "" else cell


if __name__ == "__main__":
    main(sys.argv[1:])
