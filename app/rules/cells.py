"""Texts in a spreadsheet: what a name begins with is never a formula, and reads back as it was.

The one place for every file that we write. In xlsx a text is stored as text; in csv, where nothing says what
is text, an apostrophe goes before what a spreadsheet would calculate, and reading takes it off again.
"""

import re
from typing import Any

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
APOSTROPHE = "'"
# What XML has no place for: control characters, halves of a pair, and two that are none (XML 1.0, 2.2).
_NO_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
# What Excel shows where a formula went wrong, in English and in Dutch.
_FORMULA_ERROR = re.compile(
    r"#(REF|VERW|VALUE|WAARDE|DIV/0|DEEL/0|NUM|GETAL|NULL|LEEG|SPILL|OVERLOOP|CALC|BEREKEN)!|#N/[AB]|#(NAME|NAAM)\?"
)


def put_text(cell: Any, text: str) -> None:
    """Into a cell of an xlsx sheet: text stays text, without characters that a workbook cannot hold."""
    cell.value = _NO_CHARACTER.sub("", text)
    cell.data_type = "s"


def csv_text(text: str) -> str:
    """For a csv file. What begins with an apostrophe and a risky sign gets one too, so none is lost."""
    return APOSTROPHE + text if _needs_one(text) else text


def from_csv(text: str) -> str:
    """What `csv_text` was given; any other text as it is."""
    return text[1:] if text.startswith(APOSTROPHE) and _needs_one(text[1:]) else text


def is_formula_error(text: str) -> bool:
    return _FORMULA_ERROR.fullmatch(text.strip()) is not None


def _needs_one(text: str) -> bool:
    return text.lstrip(APOSTROPHE).startswith(RISKY)
