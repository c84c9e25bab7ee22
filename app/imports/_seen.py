"""What a person sees in a workbook beside its values, as the child tells it; the standard library alone.

Only _child.py imports this module and those that fill it, for xlsx, xls and ods: parsing is done there alone.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import IO, Any

CHUNK = 1024 * 1024
MOST = 16 * CHUNK  # bytes without the end of a row; longer than any real row
LONGEST = 255  # characters in a number format, as Excel has it
Show = Callable[[float], str]  # a number -> what its cell shows
_BITS = 14  # of a column, of which Excel has 16,384
_MASK = (1 << _BITS) - 1
_ESCAPE = re.compile(r"&(#[xX]?[0-9a-fA-F]{1,7}|[a-z]{2,4});")
_NAMED = {"quot": '"', "apos": "'", "lt": "<", "gt": ">", "amp": "&"}
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]|(.)', re.DOTALL)
_PLAIN = set(" -/().:+")  # signs that a number format shows as they are


class Seen:
    """Rows count from 1 and columns from 0, as in the answers of the child.

    `texts` is what cells show instead of their value, `shows` how cells show their number, `merged` are
    cells as (first row, first column, last row, last column). A place is a row and a column in one number:
    there may be hundreds of thousands.
    """

    def __init__(self) -> None:
        self.hidden: list[int] = []
        self.filtered = False
        self.hidden_columns: list[int] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.formulas: list[tuple[int, int]] = []
        self.texts: dict[int, str] = {}
        self.shows: dict[int, Show] = {}

    def shown(self, number: int, values: list[Any]) -> None:
        """Put in this row what its cells show, where that is something else than their value."""
        for column in self._columns:
            at = place(number, column)
            if at in self.texts:
                values[column : column + 1] = [self.texts[at]]
            elif at in self.shows and column < len(values) and type(values[column]) in (int, float):
                values[column] = self.shows[at](values[column]) or values[column]

    @cached_property
    def _columns(self) -> list[int]:
        return sorted({at & _MASK for at in (*self.texts, *self.shows)})


def place(row: int, column: int) -> int:
    return row << _BITS | column


def unescaped(text: bytes) -> str:
    """The text of an attribute of XML, or between two elements."""
    return _ESCAPE.sub(_character, text.decode(errors="replace"))


def _character(found: re.Match[str]) -> str:
    name = found[1]
    if not name.startswith("#"):
        return _NAMED.get(name, found[0])
    try:
        return chr(int(name[2:], 16) if name[1] in "xX" else int(name[1:]))
    except (ValueError, OverflowError):
        return found[0]


def pieces(stream: IO[bytes], end: bytes) -> Iterator[bytes]:
    """The contents in pieces that end where a row ends, so that no row is cut in two."""
    rest = b""
    while chunk := stream.read(CHUNK):
        text = rest + chunk
        cut = text.rfind(end) + len(end)
        if cut < len(end):
            cut = 0 if len(text) < MOST else len(text)
        if cut:
            yield text[:cut]
        rest = text[cut:]
    yield rest


def show_of(code: str) -> Show | None:
    """How a number format shows a whole number, where it adds zeros or makes a percentage; None: as it is.

    "0000000" shows 203118 as 0203118; `0000-000` puts a sign between; "0%" shows 0.5 as 50%.
    """
    if len(code) > LONGEST:
        return None
    signs: list[str] = []  # "0" and "#" are digits, other signs stand for themselves after a "="
    for found in _TOKEN.finditer(code):
        quoted, escaped, plain = found.groups()
        if plain == ";":
            break  # what follows is for negative numbers, zero and text
        if quoted or escaped:
            signs += [f"={one}" for one in quoted or escaped]
        elif plain in ("0", "#", "?", "%", ".", ","):
            signs.append("#" if plain == "?" else plain)
        elif plain in _PLAIN:
            signs.append(f"={plain}")
        elif plain:
            return None  # a date, a fraction, 2E+03
    if signs.count("%") == 1:
        return _percentage
    if {"%", ".", ","} & set(signs) or signs.count("0") < 2:
        return None
    return lambda number: _padded(number, signs)


def _percentage(number: float) -> str:
    """0.5 -> 50%"""
    return f"{round(number * 100, 6):.6f}".rstrip("0").rstrip(".").replace(".", ",") + "%"


def _padded(number: float, signs: list[str]) -> str:
    """The digits of a whole number in the places of a format; "" for a number that has other signs."""
    if number < 0 or number != int(number):
        return ""
    digits = list(str(int(number)))
    places = sum(sign in ("0", "#") for sign in signs)
    shown: list[str] = []
    for sign in reversed(signs):
        if sign.startswith("="):
            shown.append(sign[1])
            continue
        places -= 1
        if digits:
            shown.append(digits.pop())
        elif sign == "0":
            shown.append("0")
        if not places:  # more digits than places: they stand before the first one
            shown += reversed(digits)
            digits = []
    return "".join(reversed(shown))
