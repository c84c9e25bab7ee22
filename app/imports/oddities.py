"""What step 4 says of a row that nothing refuses outright: cells too many, and characters that broke."""

import re
from collections.abc import Callable, Iterable, Sequence

from flask_babel import gettext as _

from app import models
from app.imports import columns, headers, kept, kinds
from app.imports.kind import CheckedRow, Problem
from app.imports.table import Value
from app.rules.mapping import ColumnMap
from app.rules.text import N_

WIDE = N_(
    "Deze rij heeft meer cellen dan de kopregel. Kijk of elke waarde in de juiste kolom staat en sla de rij "
    "op."
)

HEADER_AGAIN = N_("Deze rij lijkt een kopregel: er staan namen van kolommen in. Zo gaat zij niet mee.")
_NO_NAME = re.compile(r"[\d@]")  # in a number or an address, and in no name of a column

# UTF-8 that was read in the encoding of Windows or of a Mac: "Ã«", "â€™", "√´". The second character is what
# the second byte of a letter looks like then; in a name no letter is followed by it.
_TWICE = "[ÂÃÄÅÐÑ][\u00a0-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â[€‚„]|[√≈ƒ]\\S|‚Ä|ï¿½"
_LOST = "\ufffd|[^\\W\\d_]\\?[^\\W\\d_]"  # "Ji?í": a letter that the encoding did not have
# As a web page writes a letter; where a semicolon delimits the cells, the entity has lost its own.
_ENTITY = (
    "&(?:#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,5})\\b"
    "|&[a-zA-Z]{1,2}(?:acute|grave|uml|circ|cedil|tilde|slash|ring|lig|caron)\\b"
    "|&(?:amp|apos|quot|nbsp|lt|gt|[lr]squo);"
)
_BROKEN = re.compile(f"{_TWICE}|{_LOST}|{_ENTITY}")

Rows = Iterable[tuple[CheckedRow, tuple[int, Sequence[Value]]]]


def tell(run: models.ImportRun, mapping: ColumnMap, rows: Rows) -> None:
    """Refuse rows wider than the header, until somebody looked at them, and note characters that broke."""
    wide = _wide_rows(run)
    places = sorted(place for found in mapping.values() for place in found)
    repeats = _repeats_header(run, mapping)
    whole: set[str] = set()  # texts without anything broken; most return
    for row, (number, values) in rows:
        if number in wide and row.state != "left":
            row.problems.append(Problem("", "", _(WIDE)))
            row.changes, row.along, row.state = [], False, "refused"
        elif row.state != "left" and repeats(values) and str(number) not in run.fixes:
            row.problems.append(Problem("", "", _(HEADER_AGAIN)))
            row.changes, row.along, row.state = [], False, "refused"
        for place in places:
            text = values[place]
            if not isinstance(text, str) or text in whole:
                continue
            if is_broken(text):
                row.notes.append(_broken_note(run, place, text))
            else:
                whole.add(text)


def _repeats_header(run: models.ImportRun, mapping: ColumnMap) -> Callable[[Sequence[Value]], bool]:
    """A function that tells whether a row names columns, as a second header does.

    Looks closer only where the column by which rows are known may hold such a name: that is soon seen.
    """
    kind = kinds.kind_of(run)
    named = headers.named_in(kind)
    (place, *_others) = mapping.get(kind.identity) or [0]

    def repeats(values: Sequence[Value]) -> bool:
        text = values[place]
        if not isinstance(text, str) or _NO_NAME.search(text):
            return False
        return named(values) >= max(2, sum(value is not None for value in values) / 2)

    return repeats


def is_broken(text: str) -> bool:
    """Whether characters of this text were broken on their way; an address of a page has its own signs."""
    if text.isascii() and "&" not in text and "?" not in text:
        return False
    return "://" not in text and _BROKEN.search(text) is not None


def _broken_note(run: models.ImportRun, place: int, text: str) -> Problem:
    """What is told of a text with broken characters; only a csv can be read in another encoding."""
    if kept.reading_of(run).encoding:
        sentence = _(
            "In “%(value)s” zijn tekens kapot. Verbeter deze rij, of kies in stap 2 bij Anders lezen een "
            "andere tekenset.",
            value=columns.short(text),
        )
    else:
        sentence = _("In “%(value)s” zijn tekens kapot. Verbeter deze rij.", value=columns.short(text))
    return Problem(kept.column_name(run.table["header"], place), text, sentence)


def _wide_rows(run: models.ImportRun) -> set[int]:
    """The rows with more cells than the header that nobody saved in step 4."""
    if not kept.refuses_wide(run):
        return set()
    return {number for number in kept.seen_of(run).wide if str(number) not in run.fixes}


__all__ = ["is_broken", "tell"]
