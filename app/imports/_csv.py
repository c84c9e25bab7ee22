"""Reads a csv file as people save it: the reader finds the encoding and the delimiter itself."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from app.imports import table
from app.rules.cells import from_csv

DELIMITERS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman")
SAMPLE = 50  # records that decide on the delimiter
LINES_PER_ROW = 20  # texts in quotes may hold line ends; more than this is a file of empty lines

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_CONTROL_BYTE = re.compile(_CONTROL.pattern.encode())
_LETTERS_OF_A_MAC, _LETTERS_OF_WINDOWS = re.compile(rb"[\x80-\x9f]"), re.compile(rb"[\xc0-\xff]")
_NOTHING = "".join(DELIMITERS) + ' "\r\n\v\f'
_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml|table|head|body)\b", re.IGNORECASE)
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


def read_csv(data: bytes, limits: table.Limits, reading: table.Reading, named: table.Named) -> table.Table:
    """The table in a csv file; what `reading` leaves open is found. Raises FileRefused with its reason."""
    chosen = reading.encoding
    text, encoding = (_decoded(data, chosen), chosen) if chosen in ENCODINGS else decode(data)
    if not text.strip(_NOTHING):
        raise table.FileRefused("empty")
    if _CONTROL.search(text):
        raise table.FileRefused("not-a-spreadsheet")
    if _MARKUP.match(text):  # many systems export a web page or XML and call it .xls
        raise table.FileRefused("other-office")
    if text.count("\n") + text.count("\r") > LINES_PER_ROW * limits.rows:
        raise table.FileRefused("too-many-rows", maximum=limits.rows - 1)
    skipped = 0
    if told := _SEPARATOR_LINE.match(text):  # Excel's own way to say it
        delimiter, text, skipped = told[1], text[told.end() :], 1
    else:
        text = _unwrapped(text, named)
        delimiter = find_delimiter(text, named)
    if reading.delimiter in DELIMITERS:
        delimiter = reading.delimiter
    rows = _rows(text, delimiter, skipped, limits)
    return table.table_of(rows, limits, replace(reading, delimiter=delimiter, encoding=encoding, sheet=""))


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: UTF-8, UTF-16 (with or without mark), cp1252 or a Mac's own."""
    if data.startswith(b"\xef\xbb\xbf"):
        return _decoded(data, "utf-8-sig"), "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16"), "utf-16"
    if wide := _unmarked_utf16(data):
        return _decoded(data, wide), wide
    if _CONTROL_BYTE.search(data):
        raise table.FileRefused("not-a-spreadsheet")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and not data[: error.start].isascii():
            raise table.FileRefused("damaged") from error  # cut off inside its last character
    encoding = "mac_roman" if _of_a_mac(data) else "cp1252"
    return _decoded(data, encoding), encoding


def find_delimiter(text: str, named: table.Named) -> str:
    """The delimiter that shows most column names that we know; among equals, the one that fits best."""
    return max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter, named))


def _unwrapped(text: str, named: table.Named) -> str:
    """The text without the quotes around each whole line, which Excel saves of a csv that it showed in one
    column; any other text as it is.
    """
    if not text.startswith('"') or any(_fit(text, delimiter, named)[0] for delimiter in DELIMITERS):
        return text
    try:
        lines = [record[0] if record else "" for record in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error:
        return text
    return "\n".join(lines)


def _fit(text: str, delimiter: str, named: table.Named) -> tuple[bool, int, float, int]:
    """How well a delimiter fits.

    Whether it makes columns, how many we know by name, the part of records that have no more columns than
    the first one that has several (Excel leaves the last delimiters of a row out), and the usual width.
    """
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        records = list(islice(filter(any, reader), SAMPLE))
    except csv.Error:
        return False, 0, 0.0, 0
    widths = [len(record) for record in records]
    widest = next((width for width in widths if width > 1), 0)
    if not widest:
        return False, 0, 0.0, 0
    usual, _times = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
    fitting = sum(1 < width <= widest for width in widths) / len(widths)
    return True, max(map(named, records)), fitting, usual


def _rows(text: str, delimiter: str, skipped: int, limits: table.Limits) -> list[table.RawRow]:
    """The records, each with the line on which it starts. Loose quotes are read; an open quote is refused."""
    try:
        return list(_records(text, delimiter, skipped, limits, strict=True))
    except table.FileRefused as refused:
        if refused.key != "loose-quote":
            raise
    return list(
        _records(text, delimiter, skipped, limits, strict=False)
    )  # quotes inside a text, as in "Jan "de Bakker" de Wit", harm nothing


def _records(
    text: str, delimiter: str, skipped: int, limits: table.Limits, *, strict: bool
) -> Iterator[table.RawRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    count, start = 0, 1 + skipped
    try:
        for record in reader:
            if any(record):
                count += 1
                table.check_size(count, 0, limits)
                yield start, [_text(text) for text in record]
            start = reader.line_num + 1 + skipped
    except csv.Error as error:
        raise table.FileRefused(_error_key(str(error)), line=start) from error


def _text(cell: str) -> str:
    """The text of a cell. Systems write ="0203118" to keep a number's zeros in a csv that Excel opens."""
    if cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1]
    return from_csv(cell)


def _error_key(message: str) -> str:
    """The key of the refusal for a message of Python's csv module."""
    if "unexpected end" in message:
        return "open-quote"
    return "long-text" if "field limit" in message else "loose-quote"


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise table.FileRefused("encoding") from error


def _of_a_mac(data: bytes) -> bool:
    """Whether Excel on a Mac wrote this.

    It ends lines with a return alone, and has letters at the codes where Windows has curly quotes.
    """
    if b"\n" in data:
        return False
    return len(_LETTERS_OF_A_MAC.findall(data)) > len(_LETTERS_OF_WINDOWS.findall(data))


def _unmarked_utf16(data: bytes) -> str:
    """The name of the UTF-16 encoding of a text without a byte order mark; "" when it is no UTF-16.

    Mostly Latin text in UTF-16 has a zero in nearly every second byte; other text has none.
    """
    sample = data[:4096]
    half = len(sample) // 2
    if half and sample[1::2].count(0) > 0.7 * half and sample[::2].count(0) == 0:
        return "utf-16-le"
    if half and sample[::2].count(0) > 0.7 * half and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return ""
