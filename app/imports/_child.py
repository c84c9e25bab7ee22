"""Reads one xlsx in a process of its own, within limits; started by file, never imported by the app.

A hostile file can abort or fill the process that parses it, which is why this is not a web worker.
Arguments: memory in bytes, seconds of processor, rows, columns, characters. The file comes in on
stdin; out goes one JSON object: {"sheet", "rows": [[number, [cell, ...]], ...]} or {"refused": key}.
Dates and times are tagged lists: ["date" | "datetime" | "time", ISO text].
"""

from __future__ import annotations

import io
import json
import math
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

ANSWER_BYTES = 256 * 1024 * 1024
Sheet = tuple[str, list[list[Any]]]


class Refused(Exception):
    """A reason that the parent knows by its key."""


def main(arguments: list[str]) -> None:
    memory, seconds, rows, columns, characters = (int(argument) for argument in arguments)
    limit_self(memory, seconds)
    try:
        answer = read(sys.stdin.buffer.read(), rows, columns, characters)
    except Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "unreadable"}
    sys.stdout.write(json.dumps(answer))


def limit_self(memory: int, seconds: int) -> None:
    """Memory, processor time, size of the answer, and no core dump: it would hold personal data."""
    wanted = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: ANSWER_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)  # a machine may be stricter, which stays so
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))


def read(data: bytes, rows: int, columns: int, characters: int) -> dict[str, Any]:
    name, cells = first_filled_sheet(data, rows, columns)
    found: list[tuple[int, list[Any]]] = []
    for number, row in enumerate(cells, start=1):
        values = [plain(cell) for cell in row]
        if any(value is not None for value in values):
            characters -= sum(len(value) for value in values if isinstance(value, str))
            if characters < 0:
                raise Refused("unreadable")
            found.append((number, values))
    return {"sheet": name, "rows": found}


def first_filled_sheet(data: bytes, rows: int, columns: int) -> Sheet:
    """The first visible worksheet with something in it; hidden ones are not what the user sees."""
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(data))
        for sheet in book.sheets_metadata:
            if sheet.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            if sheet.visible != calamine.SheetVisibleEnum.Visible:
                continue
            found = book.get_sheet_by_name(sheet.name)
            if found.end is None:
                continue
            if found.end[0] >= rows:
                raise Refused("too-many-rows")
            if found.end[1] >= columns:
                raise Refused("too-many-columns")
            return sheet.name, found.to_python(skip_empty_area=False)
    except calamine.PasswordError as error:
        raise Refused("encrypted") from error
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise Refused("damaged") from error
    raise Refused("empty")


def plain(cell: object) -> Any:
    """A cell as JSON can hold it; a whole number is an int, as the user sees it; empty is None."""
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return None
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, datetime):
        return ["datetime", cell.isoformat()]
    if isinstance(cell, date):
        return ["date", cell.isoformat()]
    if isinstance(cell, time):
        return ["time", cell.isoformat()]
    if isinstance(cell, timedelta):
        return str(cell)
    return None if cell == "" else cell


if __name__ == "__main__":
    main(sys.argv[1:])
