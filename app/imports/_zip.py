"""Looks into an xlsx or ods file before anything parses it: a zip whose parts must stay within limits.

Five kilobytes can unpack to gigabytes, name a cell in the last corner of the sheet, or hold XML
entities that multiply. All of that is refused here, without parsing XML.
"""

import io
import re
import struct
import zipfile
import zlib

from app.imports import table

CHUNK = 256 * 1024
OVERLAP = 512  # longer than any cell's opening up to its reference
RATIO_FROM = table.MB  # small parts may be as repetitive as they like

OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"

_FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY")
_REFERENCE = re.compile(
    rb"""<(?:\w+:)?(?:c|row)\s(?:[^<>]{0,200}?\s)?r\s*=\s*["']([A-Za-z]{0,9})(\d{1,20})["']"""
)
# As every program writes it; where a text holds no other "r", the slow search above has nothing to add.
_PLAIN = re.compile(rb' r="([A-Z]{0,3})(\d{1,7})"')
_ANY = re.compile(rb"\sr[\s=]")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
    RuntimeError,
    OverflowError,
)


def check_zip(data: bytes, limits: table.Limits) -> None:
    """Refuse a file that is no xlsx or ods, or that is not safe to parse. Raises FileRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_parts(archive.infolist(), limits)
            _check_kind(archive)
            _check_contents(archive, limits)
    except _BROKEN as error:
        raise table.FileRefused("damaged") from error


def _check_parts(parts: list[zipfile.ZipInfo], limits: table.Limits) -> None:
    if any(part.flag_bits & 0x1 for part in parts):
        raise table.FileRefused("encrypted")
    if len(parts) > limits.parts:
        raise table.FileRefused("unsafe")
    if sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise table.FileRefused("too-many-bytes", maximum=limits.unpacked_bytes // table.MB)
    for part in parts:
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise table.FileRefused("unsafe")
        if part.file_size > max(RATIO_FROM, limits.ratio * part.compress_size):
            raise table.FileRefused("unsafe")


def _check_kind(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return
    if "mimetype" in names and archive.read("mimetype").strip() == OPEN_DOCUMENT:
        if "content.xml" not in names:
            raise table.FileRefused("damaged")
        return
    other_office = {"mimetype", "word/document.xml", "ppt/presentation.xml", "xl/workbook.bin"}
    if names & other_office:
        raise table.FileRefused("other-office")
    raise table.FileRefused("not-a-spreadsheet" if "[Content_Types].xml" not in names else "damaged")


def _check_contents(archive: zipfile.ZipFile, limits: table.Limits) -> None:
    """Read every part once; zipfile itself refuses a part that differs from its entry."""
    for part in archive.infolist():
        rows = 0
        tail = b""
        with archive.open(part) as stream:
            while chunk := stream.read(CHUNK):
                text = tail + chunk
                _check_text(text, part, limits)
                rows += len(_ROW.findall(chunk))
                table.check_size(rows, 0, limits)
                tail = text[-OVERLAP:]


def _check_text(text: bytes, part: zipfile.ZipInfo, limits: table.Limits) -> None:
    if any(word in text for word in _FORBIDDEN):
        raise table.FileRefused("unsafe")
    if part.filename.endswith((".xml", ".rels")) and b"\x00" in text:
        raise table.FileRefused("unsafe")  # XML in UTF-16 would hide the words above
    found = _PLAIN.findall(text)
    if len(found) != len(_ANY.findall(text)):
        found += _REFERENCE.findall(text)
    table.check_size(max((int(digits) for _letters, digits in found), default=0), 0, limits)
    for letters in {letters for letters, _digits in found}:
        table.check_size(0, _column(letters), limits)


def _column(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27; none is 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
