"""Reads one workbook (xlsx, xls, ods) in a process of its own, within limits; never imported by the app.

A hostile file can abort or fill the process that parses it, which is why this is not a web worker.
Arguments: memory in bytes, seconds of processor time, rows, columns, characters, and the name of a sheet
("": the first visible one with something in it). The file comes in on stdin.
Each line of stdout is JSON. The first is {"sheet": name, "sheets": [the visible ones]}; then every row that
holds something is [number, [cell, ...]]. {"refused": key} may come at any moment, and is then the last line.
Dates and times are tagged lists: ["date" | "datetime" | "time", ISO text].
"""

import datetime as dt
import io
import json
import math
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ERROR_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="\d+")? t="e"[^<>]*>'
    rb"(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?<v>([^<]{1,40})</v>"
)
CHUNK = 1024 * 1024
SHARED = 724 * CHUNK  # bytes of address space that take no memory: libraries, space kept free
OVERLAP = 512  # longer than a cell with an error
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
    yield {"sheet": name, "sheets": names}
    errors = error_cells(data, name)
    before = [None] * found.start[1]  # what stands left of the first column with something in it
    for number, row in enumerate(found.iter_rows(), start=1):
        values = [*before, *map(plain, row)]
        for at, text in errors.get(number, {}).items():
            values[at : at + 1] = [text]
        if any(value is not None for value in values):
            characters -= sum(len(value) for value in values if isinstance(value, str))
            if characters < 0:
                raise Refused("unreadable")
            yield number, values


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


def error_cells(data: bytes, sheet: str) -> dict[int, dict[int, str]]:
    """Row -> column from 0 -> "#N/A" and its like, which the parser shows as empty. xlsx only."""
    found: dict[int, dict[int, str]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(part_of(archive, sheet)) as stream:
            tail = b""
            while chunk := stream.read(CHUNK):
                note_errors(tail + chunk, found)
                tail = chunk[-OVERLAP:]
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        return found  # an older kind, or one that writes it otherwise
    return found


def note_errors(text: bytes, found: dict[int, dict[int, str]]) -> None:
    """Add the cells with an error in this piece of XML to `found`."""
    for letters, digits, error in ERROR_CELL.findall(text):
        at = 0
        for letter in letters:
            at = at * 26 + letter - 64
        found.setdefault(int(digits), {})[at - 1] = error.decode(errors="replace")


def part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part of the zip that holds this sheet. Raises KeyError when there is none."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - looked into by _zip.py
    ids = {one.get("name"): one.get(f"{{{RELATIONS}}}id") for one in book.iter(f"{{{MAIN}}}sheet")}
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - so is this
    targets = {one.get("Id"): one.get("Target") or "" for one in links}
    target = targets[ids[sheet]]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


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
