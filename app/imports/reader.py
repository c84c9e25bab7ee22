"""Reads a spreadsheet that anybody may have made: a table, or a sentence that says what to do.

What kind of file it is follows from its contents; the name must agree that it is a spreadsheet.
Zipped files are looked into first (_zip.py), and every workbook is parsed in a process of its own
(_child.py): when that dies, the file is refused and the application lives on. It may use `Limits.seconds` of
processor time, and twice as many seconds by the clock, for a busy machine.
"""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

from app.imports import table as import_table
from app.imports._csv import read_csv
from app.imports._zip import check_zip
from app.imports.table import FileRefused, Limits, Reading, Row, Table, Value

__all__ = ["FileRefused", "Limits", "Reading", "Row", "Table", "Value", "read_table"]

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".txt", ".tsv")
CHARACTERS = 40_000_000
PATIENCE = 2  # times the child's seconds of processor time, by the clock: a busy machine is no hostile file
CHILD = Path(__file__).with_name("_child.py")

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK"
_OTHER_KINDS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf")
_DEFAULT = Limits()
_FOUND = Reading()


def _no_names(_values: Sequence[Value]) -> int:
    """What a caller says who knows no columns by name."""
    return 0


def read_table(
    path_or_bytes: str | Path | bytes,
    file_name: str,
    *,
    limits: Limits = _DEFAULT,
    reading: Reading = _FOUND,
    named: import_table.Named = _no_names,
) -> Table:
    """The table in an xlsx, xls, ods or csv file. Raises FileRefused, with the reason, for other files.

    `named` tells how many known columns a row names: by that the delimiter of a csv is found.
    """
    data = _contents(path_or_bytes, limits)
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise FileRefused("empty")
    if data.startswith(_OLE2):
        _check_old_office(data)
        return _read_workbook(data, limits, reading)
    if not file_name.lower().strip().endswith(SUFFIXES) or data.startswith(_OTHER_KINDS):
        raise FileRefused("not-a-spreadsheet")
    if data.startswith(_ZIP):
        check_zip(data, limits)
        return _read_workbook(data, limits, reading)
    return read_csv(data, limits, reading, named)


def _check_old_office(data: bytes) -> None:
    """Refuse an old Office file that is locked or no spreadsheet: that has a part named Workbook or Book."""
    if _named("EncryptedPackage") in data:
        raise FileRefused("encrypted")
    if _named("Workbook") not in data and _named("Book") not in data:
        raise FileRefused("other-office")


def _named(part: str) -> bytes:
    """The name of a part as an old Office file holds it."""
    return part.encode("utf-16-le")


def _contents(path_or_bytes: str | Path | bytes, limits: Limits) -> bytes:
    """The bytes of the file. Raises FileRefused when there are too many."""
    if isinstance(path_or_bytes, bytes):
        data = path_or_bytes
    else:
        with Path(path_or_bytes).open("rb") as stream:
            data = stream.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise FileRefused("too-many-bytes", maximum=limits.file_bytes // import_table.MB)
    return data


def _read_workbook(data: bytes, limits: Limits, reading: Reading) -> Table:
    """The table that the child reads. If it dies, falls silent or writes nonsense, the file is unreadable."""
    try:
        return _of_sheet(reading.sheet, data, limits, reading)
    except _Elsewhere as other:
        return _of_sheet(other.sheet, data, limits, reading)


class _Elsewhere(Exception):
    """The sheet that was asked for has another name in the file, with something unseen in it."""

    def __init__(self, sheet: str) -> None:
        super().__init__(sheet)
        self.sheet = sheet


def _of_sheet(sheet: str, data: bytes, limits: Limits, reading: Reading) -> Table:
    """The table on the sheet with this name in the file; outside the file a sheet has its clean name."""
    numbers = (limits.memory_bytes, max(1, int(limits.seconds)), limits.rows, limits.columns, CHARACTERS)
    command = [sys.executable, "-I", str(CHILD), *map(str, numbers), sheet]

    def table(lines: IO[bytes]) -> Table:
        told = _answer(lines.readline(), limits)
        sheets: Sequence[str] = told["sheets"]
        called = dict(zip(sheets, import_table.sheet_names(sheets), strict=True))
        meant = next((name for name, clean in called.items() if clean == reading.sheet), sheet)
        if meant != sheet:
            raise _Elsewhere(meant)
        (plain,) = import_table.sheet_names([told["sheet"]])
        kept = Reading(sheet=called.get(told["sheet"], plain), header=reading.header, hidden=reading.hidden)
        rows = (_row(line, limits) for line in lines)
        return import_table.table_of(rows, limits, kept, sheets=list(called.values()), seen=_seen(told))

    return _of_child(command, data, limits, table)


def _of_child(
    command: Sequence[str], data: bytes, limits: Limits, build: Callable[[IO[bytes]], Table]
) -> Table:
    """Run the child, and build the table from its lines while it writes them. Raises FileRefused.

    How the child ends decides: a table of a child that was killed is not a whole table.
    """
    with (
        _given(data) as given,
        subprocess.Popen(  # noqa: S603 - our own interpreter and file
            command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        ) as child,
    ):
        late = threading.Event()

        def give_up() -> None:
            late.set()
            child.kill()

        patience = threading.Timer(limits.seconds * PATIENCE, give_up)
        patience.start()
        try:
            assert child.stdout is not None  # noqa: S101 - a pipe, as asked
            built = _built(child.stdout, build)
            while child.stdout.read(import_table.MB):
                pass  # a child that can't get rid of its words never ends
            child.wait()
        finally:
            patience.cancel()
            child.kill()
    if late.is_set() or child.returncode == -signal.SIGXCPU:
        raise FileRefused("too-slow")
    if child.returncode != 0:
        raise FileRefused("unreadable")
    if isinstance(built, FileRefused):
        raise built
    return built


def _built(lines: IO[bytes], build: Callable[[IO[bytes]], Table]) -> Table | FileRefused:
    """The table, or the refusal, which waits until the child has ended."""
    try:
        return build(lines)
    except FileRefused as refused:
        return refused


@contextmanager
def _given(data: bytes) -> Iterator[IO[bytes]]:
    """The contents as a file without a name. A pipe would make us wait for a child that stops reading."""
    with tempfile.TemporaryFile() as stream:
        stream.write(data)
        stream.seek(0)
        yield stream


def _answer(line: bytes, limits: Limits) -> Any:
    """One line of the child, out of JSON. Raises FileRefused for a refusal, and for a line of nonsense."""
    try:
        answer = json.loads(line)
    except ValueError as error:
        raise FileRefused("unreadable") from error
    if isinstance(answer, dict) and (refused := answer.get("refused")):
        size = {"too-many-rows": limits.rows - 1, "too-many-columns": limits.columns}
        raise FileRefused(refused, **({"maximum": size[refused]} if refused in size else {}))
    return answer


def _seen(told: Mapping[str, Any]) -> import_table.Seen:
    """What the child saw beside the values."""
    known = [one.name for one in fields(import_table.Seen)]
    return import_table.Seen(**{name: told[name] for name in known if name in told})


def _row(line: bytes, limits: Limits) -> import_table.RawRow:
    number, cells = _answer(line, limits)
    return number, [_value(cell) for cell in cells]


def _environment() -> dict[str, str]:
    """What Python needs to start, and none of the application's secrets."""
    kept = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _value(cell: Any) -> Value:
    if not isinstance(cell, list):
        plain: Value = cell
        return plain
    tag, text = cell
    if tag == "date":
        return dt.date.fromisoformat(text)
    return dt.datetime.fromisoformat(text) if tag == "datetime" else dt.time.fromisoformat(text)
