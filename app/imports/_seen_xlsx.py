"""What an xlsx shows beside its values: see _seen.py. Its parts are searched, row by row, not parsed."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from app.imports._seen import Seen, Show, pieces, place, show_of, unescaped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
COLUMNS = 1000  # hidden columns beyond are no columns of a table
BUILT_IN = {9: "0%", 10: "0.00%"}  # the formats without a code that change what is read

_P = rb"(?:\w+:)?"  # a prefix of a namespace
ERROR_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="\d+")? t="e"[^<>]*>'
    rb"(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?<v>([^<]{1,40})</v>"
)
# Without the sign before it: searching for letters is many times faster than for a sign that is everywhere.
_ROW = re.compile(rb"row\s([^<>]*)>")
_COLUMN = re.compile(rb"col\s([^<>]*)>")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_NUMBER = re.compile(rb"""\br\s*=\s*["'](\d{1,7})["']""")
_FROM, _TO = (re.compile(rb"\b" + name + rb"""\s*=\s*["'](\d{1,5})["']""") for name in (b"min", b"max"))
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
_FILTER = re.compile(rb"""\bfilterMode\s*=\s*["'](?:1|true)["']|<""" + _P + rb"filterColumn\b")
# A formula, and no value or an empty one; a text that a formula made empty (t="str") is a value.
_EMPTY = re.compile(
    rb"<" + _P + rb"c\s([^<>]*)>\s*<" + _P + rb"f\b(?:[^<>]*/>|[^<>]*(?<!/)>[^<]*</" + _P + rb"f>)\s*"
    rb"(<" + _P + rb"v\s*/>|<" + _P + rb"v>\s*</" + _P + rb"v>)?\s*</" + _P + rb"c>"
)
_MAY_BE_EMPTY = re.compile(rb"v\s*/>|v>\s*</|f>\s*</\w*:?c>|/>\s*</\w*:?c>")
_TEXT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_CODE = re.compile(rb"<" + _P + rb"numFmt\s([^<>]*)>")
_STYLES = re.compile(rb"<" + _P + rb"cellXfs\b.*?</" + _P + rb"cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<" + _P + rb"xf\b([^<>]*)>")
_CODE_ID = re.compile(rb"""\bnumFmtId\s*=\s*["'](\d{1,5})["']""")
_CODE_TEXT = re.compile(rb"""\bformatCode\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def look(archive: zipfile.ZipFile, sheet: str, seen: Seen) -> None:
    """Fill `seen` for a sheet. Raises KeyError, BadZipFile or ParseError for another kind of file."""
    part = part_of(archive, sheet)
    shows = _shows(archive)
    styled = _styled(shows)
    with archive.open(part) as stream:
        for text in pieces(stream, b"row>"):
            _note_hidden(text, seen)
            _note_cells(text, seen)
            if styled:
                for letters, digits, style in styled.findall(text):
                    seen.shows[place(int(digits), column_of(letters))] = shows[int(style)]
    tables = (name for name in archive.namelist() if name.startswith("xl/tables/"))
    if seen.hidden and not seen.filtered:  # a table on the sheet has a filter of its own
        seen.filtered = any(_filters(archive.read(name)) for name in tables)


def part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part of the zip that holds this sheet. Raises KeyError when there is none."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - looked into by _zip.py
    ids = {one.get("name"): one.get(f"{{{RELATIONS}}}id") for one in book.iter(f"{{{MAIN}}}sheet")}
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - so is this
    targets = {one.get("Id"): one.get("Target") or "" for one in links}
    target = targets[ids[sheet]]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def column_of(letters: bytes) -> int:
    """A -> 0, AA -> 26."""
    at = 0
    for letter in letters:
        at = at * 26 + letter - 64
    return at - 1


def _note_hidden(text: bytes, seen: Seen) -> None:
    """Add the rows and columns in this piece of XML that are hidden."""
    seen.filtered = seen.filtered or _filters(text)
    if b"hidden" not in text:
        return
    for found in _elements(_COLUMN, text):
        first, last = _FROM.search(found), _TO.search(found)
        if _HIDDEN.search(found) and first and last:
            seen.hidden_columns += range(int(first[1]) - 1, min(int(last[1]), COLUMNS))
    for found in _elements(_ROW, text):
        if _HIDDEN.search(found) and (number := _NUMBER.search(found)):
            seen.hidden.append(int(number[1]))


def _elements(what: re.Pattern[bytes], text: bytes) -> Iterator[bytes]:
    """The attributes of these elements."""
    for found in what.finditer(text):
        if text[found.start() - 1 : found.start()] in (b"<", b":"):
            yield found[1]


def _filters(text: bytes) -> bool:
    """Whether this XML says that a filter is at work."""
    return (b"filterColumn" in text or b"filterMode" in text) and _FILTER.search(text) is not None


def _note_cells(text: bytes, seen: Seen) -> None:
    """Add the cells with an error, and those with a formula that has no value."""
    for letters, digits, error in ERROR_CELL.findall(text):
        seen.texts[place(int(digits), column_of(letters))] = error.decode(errors="replace")
    if (b"<f" in text or b":f" in text) and _MAY_BE_EMPTY.search(text):
        for attributes, value in _EMPTY.findall(text):
            at = _PLACE.search(attributes)
            if at and not (value and _TEXT.search(attributes)):
                seen.formulas.append((int(at[2]), column_of(at[1])))


def _styled(shows: Mapping[int, Show]) -> re.Pattern[bytes] | None:
    """What finds the cells with one of these styles; None without styles."""
    if not shows:
        return None
    styles = b"|".join(str(style).encode() for style in sorted(shows))
    return re.compile(rb"""r="([A-Z]{1,3})(\d{1,7})"[^<>]*?\ss=["'](""" + styles + rb""")["']""")


def _shows(archive: zipfile.ZipFile) -> dict[int, Show]:
    """Number of a style -> how it shows a number, for the styles that change what is read."""
    part = next((name for name in archive.namelist() if name.lower().endswith("styles.xml")), "")
    if not part:
        return {}
    text = archive.read(part)
    found = {number: show_of(code) for number, code in (BUILT_IN | _codes(text)).items()}
    changing = {number: show for number, show in found.items() if show is not None}
    styles = _STYLES.search(text)
    if styles is None:
        return {}
    numbers = (_CODE_ID.search(attributes) for attributes in _STYLE.findall(styles[0]))
    of_style = enumerate(int(number[1]) if number else 0 for number in numbers)
    return {style: changing[number] for style, number in of_style if number in changing}


def _codes(styles: bytes) -> dict[int, str]:
    """Number of a format -> its code, for the formats that the workbook made itself."""
    found: dict[int, str] = {}
    for attributes in _CODE.findall(styles):
        number, code = _CODE_ID.search(attributes), _CODE_TEXT.search(attributes)
        if number and code:
            found[int(number[1])] = unescaped(code[1] or code[2] or b"")
    return found
