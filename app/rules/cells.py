"""Texts in a spreadsheet: a text never becomes a formula, and reads back as it was.

Every file that we write goes through here. xlsx stores a text as text. In csv nothing says what is text, so
an apostrophe goes before a text that a spreadsheet would calculate; reading takes it off again.
"""

import re
from typing import Any

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
APOSTROPHE = "'"
# Characters that XML cannot hold: control characters, surrogates, U+FFFE and U+FFFF (XML 1.0, 2.2).
_NO_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
# What Excel shows where a formula went wrong, in English and in Dutch.
_FORMULA_ERROR = re.compile(
    r"#(REF|VERW|VALUE|WAARDE|DIV/0|DEEL/0|NUM|GETAL|NULL|LEEG|SPILL|OVERLOOP|CALC|BEREKEN)!|#N/[AB]|#(NAME|NAAM)\?"
)


def put_text(cell: Any, text: str) -> None:
    """Write a text in a cell of an xlsx sheet, as text, without characters that a workbook cannot hold."""
    cell.value = _NO_CHARACTER.sub("", text)
    cell.data_type = "s"


def csv_text(text: str) -> str:
    """A text as csv holds it. One that begins with an apostrophe and a risky sign gets another apostrophe."""
    return APOSTROPHE + text if _needs_one(text) else text


def from_csv(text: str) -> str:
    """The text that `csv_text` was given; any other text as it is."""
    return text[1:] if text.startswith(APOSTROPHE) and _needs_one(text[1:]) else text


def is_formula_error(text: str) -> bool:
    return _FORMULA_ERROR.fullmatch(text.strip()) is not None


def _needs_one(text: str) -> bool:
    return text.lstrip(APOSTROPHE).startswith(RISKY)
