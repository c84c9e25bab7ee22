"""What an ods shows beside its values: see _seen.py. Only special rows are searched cell by cell."""

import re
import zipfile
from typing import IO

from app.imports._seen import Seen, pieces, place, unescaped

ROWS, COLUMNS = 100_001, 1000  # what is beyond belongs to no table that is read
_STEP = re.compile(rb"<table:table\s([^<>]*)>|<(/)table:table>|<table:table-(row|column)\b([^<>]*)>")
_CELL = re.compile(
    rb"<table:(?:covered-)?table-cell\b([^<>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)", re.DOTALL
)
_NAME = re.compile(rb"""\btable:name=(?:"([^"]*)"|'([^']*)')""")
_HIDDEN = re.compile(rb"""\btable:visibility=["'](filter|collapse)["']""")
_SPECIAL = re.compile(rb"""-spanned=["']|table:formula=|>0\d|%</text:p>""")
_PARAGRAPH = re.compile(rb"<text:p[^<>]*>([^<]*)</text:p>")
_SHOWN = re.compile(r"0\d+|\d+(?:,\d+)?%")  # a number as a person sees it, which its value does not tell


_REPEATED_ROWS = re.compile(rb"""\btable:number-rows-repeated=["'](\d{1,7})["']""")
_REPEATED = re.compile(rb"""\btable:number-columns-repeated=["'](\d{1,5})["']""")
_TALL = re.compile(rb"""\btable:number-rows-spanned=["'](\d{1,7})["']""")
_BROAD = re.compile(rb"""\btable:number-columns-spanned=["'](\d{1,5})["']""")


def look(archive: zipfile.ZipFile, sheet: str, seen: Seen) -> None:
    """Fill `seen` for a sheet. Raises KeyError or BadZipFile for a file that is no ods."""
    with archive.open("content.xml") as stream:
        _Sheet(sheet, seen).read(stream)


class _Sheet:
    """One pass over the contents: where in them the sheet begins and ends, and the row that is looked at."""

    def __init__(self, name: str, seen: Seen) -> None:
        self.name, self.seen = name, seen
        self.inside = False
        self.row, self.column = 1, 0

    def read(self, stream: IO[bytes]) -> None:
        for text in pieces(stream, b"</table:table-row>"):
            steps = list(_STEP.finditer(text))
            ends = [*(step.start() for step in steps[1:]), len(text)]
            for step, end in zip(steps, ends, strict=True):
                opened, closed, kind, attributes = step.groups()
                if opened is not None:
                    self.inside = _name(opened) == self.name
                elif closed:
                    self.inside = False
                elif self.inside and kind == b"column":
                    self.note_columns(attributes)
                elif self.inside:
                    self.note_rows(attributes, text[step.end() : end])

    def note_columns(self, attributes: bytes) -> None:
        count = _times(_REPEATED, attributes)
        if _HIDDEN.search(attributes):
            self.seen.hidden_columns += range(self.column, min(self.column + count, COLUMNS))
        self.column += count

    def note_rows(self, attributes: bytes, cells: bytes) -> None:
        count = _times(_REPEATED_ROWS, attributes)
        rows = range(self.row, max(self.row, min(self.row + count, ROWS + 1)))
        if hidden := _HIDDEN.search(attributes):
            self.seen.hidden += rows
            self.seen.filtered = self.seen.filtered or hidden[1] == b"filter"
        if rows and _SPECIAL.search(cells):
            self.note_cells(rows, cells)
        self.row += count

    def note_cells(self, rows: range, cells: bytes) -> None:
        column = 0
        for attributes, inside in _CELL.findall(cells):
            count = _times(_REPEATED, attributes)
            tall, broad = _times(_TALL, attributes), _times(_BROAD, attributes)
            if tall > 1 or broad > 1:
                self.seen.merged.append((rows[0], column, rows[0] + tall - 1, column + broad - 1))
            if b"table:formula=" in attributes and b"value-type=" not in attributes:
                self.seen.formulas += [(row, column) for row in rows]
            if b'"float"' in attributes or b'"percentage"' in attributes:
                self.note_shown(rows, range(column, min(column + count, COLUMNS)), inside)
            column += count

    def note_shown(self, rows: range, columns: range, inside: bytes) -> None:
        """Note the text of cells that show a number otherwise than its value tells."""
        texts = _PARAGRAPH.findall(inside)
        shown = unescaped(texts[0]) if len(texts) == 1 else ""
        if _SHOWN.fullmatch(shown):
            self.seen.texts |= {place(row, column): shown for row in rows for column in columns}


def _name(attributes: bytes) -> str:
    found = _NAME.search(attributes)
    return unescaped(found[1] or found[2] or b"") if found else ""


def _times(what: re.Pattern[bytes], attributes: bytes) -> int:
    """The number in an attribute; one without it."""
    found = what.search(attributes)
    return int(found[1]) if found else 1
