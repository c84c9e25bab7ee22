"""The table that comes out of a spreadsheet, the limits on a file, and the sentences that refuse one."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any

from app.errors import RuleBroken
from app.rules.cleaning import clean
from app.rules.people import tidy
from app.rules.text import N_

Value = str | int | float | bool | dt.date | dt.datetime | dt.time | None
RawRow = tuple[int, Sequence[Value]]
Named = Callable[[Sequence[Value]], int]  # how many columns that we know by name a row names

HEADER_SEARCH = 50  # rows in which the header must stand
TAKE, SKIP = "take", "skip"  # what a person chooses for hidden rows
NO_HEADER = -1  # as the number of the header: the first row holds data
TOP = 6  # rows from the header on that are shown where a person chooses the header
MB = 1024 * 1024
_WHOLE = re.compile(r"\d+(?:[.,]0)?")  # some programs write 203118.0 or 203118,0


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be. `rows` and `columns` count from the corner, as the sheet numbers them."""

    file_bytes: int = 20 * MB
    rows: int = 100_001  # the header is one of them
    columns: int = 200
    unpacked_bytes: int = 160 * MB
    parts: int = 200
    ratio: int = 200
    seconds: float = 8.0
    memory_bytes: int = 300 * MB


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something; `number` is what the spreadsheet shows (csv: its first line)."""

    number: int
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read. The reader finds what a person does not choose ("", 0), and the table tells it.

    `sheet` is for workbooks, `delimiter` and `encoding` are for csv; `header` is a row's number or NO_HEADER.
    `hidden` is what a person chooses for rows that the workbook does not show: TAKE or SKIP.
    """

    sheet: str = ""
    header: int = 0
    delimiter: str = ""
    encoding: str = ""
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the values alone do not tell: rows by their number, columns by their place.

    `hidden`: rows that the workbook does not show, by a filter when `filtered`. `tall` and `broad`: the first
    rows of merged cells over more rows (the value was put in each) and over more columns (only in the first).
    `formulas`: the cells with a formula and no value, as (row, place). `wide`: rows with more cells than the
    header.
    """

    hidden: Sequence[int] = ()
    filtered: bool = False
    hidden_columns: Sequence[int] = ()
    tall: Sequence[int] = ()
    broad: Sequence[int] = ()
    formulas: Sequence[tuple[int, int]] = ()
    wide: Sequence[int] = ()


_NOTHING = Seen()


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows, all of one width; how it was read, and what else there was to choose.

    A column without a name has "" in the header. Texts are trimmed, empty cells are None.
    `sheets` are the visible sheets of a workbook, `top` the first rows of the file as they stand there.
    """

    header: list[str]
    rows: list[Row]
    reading: Reading = Reading()
    sheets: Sequence[str] = ()
    top: Sequence[Row] = ()
    seen: Seen = _NOTHING


REFUSALS = {
    "not-a-spreadsheet": N_(
        "Dit bestand is geen spreadsheet. Kies een bestand uit Excel (.xlsx, .xls) of LibreOffice (.ods), of "
        "een CSV-bestand (.csv)."
    ),
    "citizen-numbers": N_(
        "In dit bestand staan burgerservicenummers. Het bestand zelf is daarom niet bewaard en niet anders "
        "te lezen. Haal die kolom eruit en kies het bestand opnieuw."
    ),
    "empty": N_("Dit bestand is leeg. Kies een bestand met een kopregel en daaronder de gegevens."),
    "no-header": N_(
        "Er is geen kopregel gevonden. Zet boven de gegevens een rij met minstens twee kolomnamen, "
        "zoals in het voorbeeldbestand."
    ),
    "no-rows": N_("Onder de kopregel staan geen gegevens. Vul het bestand aan en kies het opnieuw."),
    "all-hidden": N_(
        "Alle rijen onder de kopregel zijn verborgen in het bestand. Kies Meenemen, of maak ze in het "
        "bestand zichtbaar."
    ),
    "too-many-bytes": N_(
        "Dit bestand is te groot: meer dan %(maximum)s MB. Verdeel het over meer bestanden of laat "
        "afbeeldingen en overbodige werkbladen weg."
    ),
    "too-many-rows": N_(
        "Dit bestand heeft meer dan %(maximum)s rijen. Verwijder lege rijen onder de gegevens of verdeel "
        "het over meer bestanden."
    ),
    "too-many-columns": N_(
        "Dit bestand heeft meer dan %(maximum)s kolommen. Verwijder de kolommen rechts van de gegevens."
    ),
    "encrypted": N_(
        "Dit bestand is met een wachtwoord beveiligd. Haal de beveiliging eraf en kies het bestand opnieuw."
    ),
    "other-office": N_(
        "Dit is geen spreadsheet die we lezen. Open het bestand in het programma waarmee het is gemaakt, sla "
        "het op als Excel-werkmap (.xlsx) of CSV en kies het nieuwe bestand."
    ),
    "damaged": N_(
        "Dit bestand is beschadigd of niet volledig. Open het in Excel, sla het op als Excel-werkmap (.xlsx) "
        "en kies het nieuwe bestand."
    ),
    "unsafe": N_(
        "Dit bestand bevat onderdelen die we niet openen. Kopieer de gegevens naar een nieuwe Excel-werkmap "
        "(.xlsx) en kies dat bestand."
    ),
    "unreadable": N_(
        "Dit bestand is niet te lezen. Kopieer de gegevens naar een nieuwe Excel-werkmap (.xlsx) en kies dat "
        "bestand."
    ),
    "too-slow": N_(
        "Het lezen van dit bestand duurt te lang. Verdeel de gegevens over meer bestanden of sla het op als "
        "CSV."
    ),
    "encoding": N_(
        "De tekens in dit CSV-bestand zijn niet te lezen. Sla het in Excel op als CSV UTF-8 en kies het "
        "nieuwe bestand."
    ),
    "open-quote": N_(
        "Op regel %(line)s begint een tekst met een aanhalingsteken dat nergens sluit. Herstel die regel en "
        "kies het bestand opnieuw."
    ),
    "loose-quote": N_(
        "Bij regel %(line)s staan aanhalingstekens die niet kloppen. Herstel die regel en kies het bestand "
        "opnieuw."
    ),
    "long-text": N_(
        "Bij regel %(line)s staat een tekst die te lang is. Kijk of daar een aanhalingsteken ontbreekt en "
        "kies het bestand opnieuw."
    ),
}


class FileRefused(RuleBroken):
    """A file that is not read. `key` tells which case; the message says what is wrong and what to do."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(REFUSALS[key], field="file", **params)
        self.key = key


def table_of(
    rows: Iterable[RawRow],
    limits: Limits,
    reading: Reading,
    *,
    sheets: Sequence[str] = (),
    seen: Seen = _NOTHING,
) -> Table:
    """The table in the rows of a file: with its header found, empty rows dropped, all rows of one width."""
    found = ((number, _trimmed(values), len(values)) for number, values in rows)
    filled = [(number, values, cells) for number, values, cells in found if values]
    if not filled:
        raise FileRefused("empty")
    at = -1 if reading.header == NO_HEADER else _header_at(filled, reading.header)
    data = filled[at + 1 :]
    if not data:
        raise FileRefused("no-rows")
    width = max(len(values) for _, values, _cells in filled[max(at, 0) :])
    check_size(len(filled), width, limits)
    number, names, cells = filled[at] if at >= 0 else (NO_HEADER, [], width)
    header = ["" if value is None else str(value) for value in names]
    found_rows = [Row(number, values + [None] * (width - len(values))) for number, values, _cells in data]
    _mend_whole_numbers(found_rows, width)
    return Table(
        header=header + [""] * (width - len(header)),
        rows=_wanted(found_rows, seen, reading),
        reading=replace(reading, header=number),
        sheets=sheets,
        top=[Row(number, values) for number, values, _cells in filled[: max(at, 0) + TOP]],
        seen=replace(_among(found_rows, seen), wide=_wider(data, cells)),
    )


def _header_at(filled: Sequence[tuple[int, Sequence[Value], int]], chosen: int) -> int:
    """The index of the header among the filled rows: the chosen row, else the first likely one."""
    searched = enumerate(filled if chosen else filled[:HEADER_SEARCH])
    wanted = (
        at
        for at, (number, values, _cells) in searched
        if (number == chosen if chosen else _is_header(values))
    )
    at = next(wanted, None)
    if at is None:
        raise FileRefused("no-header")
    return at


def _wanted(rows: list[Row], seen: Seen, reading: Reading) -> list[Row]:
    """The rows without those that are hidden, where a person chose so."""
    if reading.hidden != SKIP or not seen.hidden:
        return rows
    hidden = set(seen.hidden)
    kept = [row for row in rows if row.number not in hidden]
    if not kept:
        raise FileRefused("all-hidden")
    return kept


def _wider(data: Sequence[tuple[int, Sequence[Value], int]], cells: int) -> list[int]:
    """The numbers of the rows with a value beyond so many cells."""
    return [number for number, values, _cells in data if len(values) > cells]


def _among(rows: Sequence[Row], seen: Seen) -> Seen:
    """What was seen of these rows: empty ones, and a title above them, may be hidden or merged."""
    numbers = {row.number for row in rows} if seen != _NOTHING else set()
    return replace(
        seen,
        hidden=[number for number in seen.hidden if number in numbers],
        tall=[number for number in seen.tall if number in numbers],
        broad=[number for number in seen.broad if number in numbers],
        formulas=[(number, place) for number, place in seen.formulas if number in numbers],
    )


def _mend_whole_numbers(rows: Sequence[Row], width: int) -> None:
    """Take the ".0" off in a column of whole numbers, where some program wrote 203118.0."""
    for place in range(width):
        texts = [row.values[place] for row in rows if isinstance(row.values[place], str)]
        if not texts or not all(_WHOLE.fullmatch(str(text)) for text in texts):
            continue
        for row in rows:
            text = row.values[place]
            if isinstance(text, str):
                row.values[place] = text.removesuffix(".0").removesuffix(",0")


def sheet_names(names: Iterable[str]) -> list[str]:
    """The names of sheets as people see them: cleaned, and each another one."""
    found: list[str] = []
    for name in names:
        plain = tidy(name) or "?"
        numbered = (f"{plain} ({number})" for number in count(2))
        found.append(next(one for one in chain([plain], numbered) if one not in found))
    return found


def check_size(rows: int, columns: int, limits: Limits) -> None:
    """Refuse a sheet whose last row or column lies beyond the limits."""
    if rows > limits.rows:
        raise FileRefused("too-many-rows", maximum=limits.rows - 1)
    if columns > limits.columns:
        raise FileRefused("too-many-columns", maximum=limits.columns)


def _trimmed(values: Sequence[Value]) -> list[Value]:
    """Cleaned texts without spaces around them, empty texts as None, no empty cells at the end."""
    cells: list[Value] = [
        (clean(value).strip() or None) if isinstance(value, str) else value for value in values
    ]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _is_header(values: Sequence[Value]) -> bool:
    """At least two names: a title above the table has one, a row of numbers none."""
    names = [value for value in values if isinstance(value, str) and any(map(str.isalpha, value))]
    return len(names) >= 2
