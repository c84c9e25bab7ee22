"""What an xls shows beside its values: see _seen.py. The records of Excel 97 and later (BIFF8)."""

import struct
from collections.abc import Iterator

from app.imports._seen import Seen, Show, place, show_of

MAXIMUM = 20 * 1024 * 1024  # bytes in a stream: no more than in a file
_END = 0xFFFFFFF0  # numbers of sectors from here on mean something else
_BUILT_IN = {9: "0%", 10: "0.00%"}  # the formats without a code that change what is read
_SHEET, _FORMAT, _XF, _ROW, _COLUMNS, _FILTER = 0x85, 0x41E, 0xE0, 0x208, 0x7D, 0x9B
_NUMBER, _RK, _MANY_RK, _FORMULA = 0x203, 0x27E, 0xBD, 0x06
_END_OF_SHEET = 0x0A
Record = tuple[int, bytes]


def look(data: bytes, sheet: str, seen: Seen) -> None:
    """Fill `seen` for a sheet; what is written otherwise is left to the parser of the values."""
    try:
        book = _stream(data)
        shows, start = _globals(book, sheet)
        for kind, record in _records(book, start) if start else ():
            _note(kind, record, shows, seen)
    except (struct.error, IndexError, ValueError, MemoryError):
        return


def _globals(book: bytes, sheet: str) -> tuple[dict[int, Show], int]:
    """Number of a style -> how it shows a number; and where the sheet begins (0: nowhere)."""
    codes, styles, start = dict(_BUILT_IN), list[int](), 0
    for kind, record in _records(book, 0):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", record)[0]] = _text(record, 2, "<H")
        elif kind == _XF:
            styles.append(struct.unpack_from("<H", record, 2)[0])
        elif kind == _SHEET and _text(record, 6, "<B") == sheet:
            start = struct.unpack_from("<I", record)[0]
    found = {number: show_of(code) for number, code in codes.items()}
    changing = {number: show for number, show in found.items() if show is not None}
    return {at: changing[number] for at, number in enumerate(styles) if number in changing}, start


def _note(kind: int, record: bytes, shows: dict[int, Show], seen: Seen) -> None:
    """Add what one record of the sheet tells."""
    if kind == _ROW and record[12] & 0x20:
        seen.hidden.append(struct.unpack_from("<H", record)[0] + 1)
    elif kind == _COLUMNS and record[8] & 1:
        first, last = struct.unpack_from("<HH", record)
        seen.hidden_columns += range(first, min(last, 0xFF) + 1)
    elif kind == _FILTER:
        seen.filtered = True
    elif shows and kind in (_NUMBER, _RK, _FORMULA):
        row, column, style = struct.unpack_from("<HHH", record)
        if style in shows:
            seen.shows[place(row + 1, column)] = shows[style]
    elif shows and kind == _MANY_RK:
        row, column = struct.unpack_from("<HH", record)
        for at in range(4, len(record) - 2, 6):
            style = struct.unpack_from("<H", record, at)[0]
            if style in shows:
                seen.shows[place(row + 1, column + (at - 4) // 6)] = shows[style]


def _records(book: bytes, at: int) -> Iterator[Record]:
    """The records from here to the end of their part of the book."""
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + length]
        if kind == _END_OF_SHEET:
            return
        at += 4 + length


def _text(record: bytes, at: int, length: str) -> str:
    """A text with its length before it: one or two bytes per character."""
    (count,) = struct.unpack_from(length, record, at)
    at += struct.calcsize(length)
    if record[at] & 1:
        return record[at + 1 : at + 1 + 2 * count].decode("utf-16-le", "replace")
    return record[at + 1 : at + 1 + count].decode("latin-1")


def _stream(data: bytes) -> bytes:
    """The stream named Workbook of an old Office file, whose sectors stand in a table. Raises ValueError."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    first_entry, smallest, first_small = (struct.unpack_from("<I", data, at)[0] for at in (48, 56, 60))
    table = _table(data, size)
    entries = _chain(data, first_entry, table, size, size)
    root = size_of_root = 0
    for at in range(0, len(entries) - 127, 128):
        name = entries[at : at + max(0, struct.unpack_from("<H", entries, at + 64)[0] - 2)]
        first, length = struct.unpack_from("<II", entries, at + 116)
        if entries[at + 66] == 5:
            root, size_of_root = first, length
        elif name.decode("utf-16-le", "replace").lower() in ("workbook", "book"):
            if length >= smallest:
                return _chain(data, first, table, size, size)[:length]
            small = _numbers(_chain(data, first_small, table, size, size))
            return _chain(_chain(data, root, table, size, size)[:size_of_root], first, small, 64, 0)[:length]
    raise ValueError("no workbook")


def _table(data: bytes, size: int) -> list[int]:
    """Which sector follows each sector."""
    sectors = list(struct.unpack_from("<109I", data, 76))
    (further,) = struct.unpack_from("<I", data, 68)
    for _ in range(len(data) // size):
        if further >= _END:
            break
        numbers = _numbers(data[(further + 1) * size : (further + 2) * size])
        sectors += numbers[:-1]
        further = numbers[-1]
    return [
        number
        for one in sectors
        if one < _END
        for number in _numbers(data[(one + 1) * size : (one + 2) * size])
    ]


def _chain(data: bytes, sector: int, table: list[int], size: int, before: int) -> bytes:
    """The sectors from this one on, one after another; a chain that goes round ends somewhere."""
    found = bytearray()
    for _ in table:
        if sector >= _END or len(found) > MAXIMUM:
            break
        found += data[before + sector * size : before + (sector + 1) * size]
        sector = table[sector]
    return bytes(found)


def _numbers(part: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(part) // 4}I", part[: len(part) // 4 * 4]))
