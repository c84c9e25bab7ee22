"""What step 2 says about how a file was read: what its values alone do not show, and what to do about it."""

from collections.abc import Iterator, Sequence
from itertools import islice

from flask_babel import gettext as _
from flask_babel import ngettext

from app import models
from app.imports import kept
from app.imports.table import NO_HEADER, Seen

SHOWN = 10  # row numbers in a sentence


def remarks_on(run: models.ImportRun) -> list[str]:
    """One sentence for each thing, the gravest first; hidden rows are a question of their own."""
    seen, header = kept.seen_of(run), run.table["header"]
    found = list(_formulas(run))
    if count := len(seen.wide):
        found.append(
            ngettext(
                "%(num)s rij heeft meer cellen dan de kopregel (rij %(rows)s).",
                "%(num)s rijen hebben meer cellen dan de kopregel (rij %(rows)s).",
                count,
                rows=numbers(seen.wide),
            )
            + " "
            + (
                _("Stap 4 weigert zo’n rij tot u hem verbetert: waarden kunnen in een verkeerde kolom staan.")
                if kept.refuses_wide(run)
                else _("Kijk of elke kolom hieronder bij de juiste naam staat.")
            )
        )
    found += _merged(seen)
    if places := [place for place in seen.hidden_columns if place < len(header)]:
        names = ", ".join(kept.column_name(header, place) for place in places)
        found.append(
            ngettext(
                "%(num)s kolom is verborgen in het bestand en staat hieronder wel: %(names)s.",
                "%(num)s kolommen zijn verborgen in het bestand en staan hieronder wel: %(names)s.",
                len(places),
                names=names,
            )
        )
    return found


def _formulas(run: models.ImportRun) -> Sequence[str]:
    """A sentence for each column that holds formulas without a value."""
    header = run.table["header"]
    rows: dict[int, list[int]] = {}
    for number, place in kept.seen_of(run).formulas:
        if place < len(header):
            rows.setdefault(place, []).append(number)
    return [
        ngettext(
            "%(num)s formule in %(column)s heeft geen waarde (rij %(rows)s): die cel is hier leeg.",
            "%(num)s formules in %(column)s hebben geen waarde (rij %(rows)s): die cellen zijn hier leeg.",
            len(found),
            column=kept.column_name(header, place),
            rows=numbers(found),
        )
        + " "
        + _("Open het bestand in Excel, sla het op en kies het opnieuw.")
        for place, found in sorted(rows.items())
    ]


def _merged(seen: Seen) -> Iterator[str]:
    if count := len(seen.tall):
        yield ngettext(
            "%(num)s samengevoegde cel loopt over meer rijen (vanaf rij %(rows)s). "
            "De waarde geldt voor al die rijen.",
            "%(num)s samengevoegde cellen lopen over meer rijen (vanaf rij %(rows)s). "
            "De waarde geldt voor al die rijen.",
            count,
            rows=numbers(seen.tall),
        )
    if count := len(seen.broad):
        yield ngettext(
            "%(num)s samengevoegde cel loopt over meer kolommen (rij %(rows)s). "
            "De waarde staat alleen in de eerste.",
            "%(num)s samengevoegde cellen lopen over meer kolommen (rij %(rows)s). "
            "De waarde staat alleen in de eerste.",
            count,
            rows=numbers(seen.broad),
        )


def hidden_question(run: models.ImportRun) -> str:
    """The question about the rows that the workbook hides; empty: there are none."""
    seen = kept.seen_of(run)
    if not (count := len(seen.hidden)):
        return ""
    by_filter = ngettext(
        "%(num)s rij is verborgen (filter). Meenemen of overslaan?",
        "%(num)s rijen zijn verborgen (filter). Meenemen of overslaan?",
        count,
    )
    by_hand = ngettext(
        "%(num)s rij is verborgen. Meenemen of overslaan?",
        "%(num)s rijen zijn verborgen. Meenemen of overslaan?",
        count,
    )
    return by_filter if seen.filtered else by_hand


def hidden_rows(run: models.ImportRun) -> str:
    """Which rows these are."""
    return _("Verborgen in het bestand: rij %(rows)s.", rows=numbers(kept.seen_of(run).hidden))


def how_read(run: models.ImportRun) -> str:
    """In one line: the sheet, the row of the header and how many rows stand below it."""
    reading = kept.reading_of(run)
    count = kept.count_of(run)
    rows = ngettext("%(num)s rij", "%(num)s rijen", count)
    parts = {"sheet": reading.sheet, "row": reading.header, "rows": rows}
    if reading.header == NO_HEADER:
        if reading.sheet:
            return _("Gelezen: werkblad %(sheet)s zonder kopregel, %(rows)s.", **parts)
        return _("Gelezen: zonder kopregel, %(rows)s.", **parts)
    if reading.sheet:
        return _("Gelezen: werkblad %(sheet)s, kopregel op rij %(row)s, %(rows)s.", **parts)
    return _("Gelezen: kopregel op rij %(row)s, %(rows)s.", **parts)


def numbers(rows: Sequence[int]) -> str:
    """Row numbers to put in a sentence: rows in a row as "3-7", and "and more" after the first few."""
    ranges: list[list[int]] = []
    for number in rows:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    shown = (str(first) if first == last else f"{first}-{last}" for first, last in ranges)
    told = ", ".join(islice(shown, SHOWN))
    return told if len(ranges) <= SHOWN else _("%(rows)s en meer", rows=told)


__all__ = ["hidden_question", "hidden_rows", "how_read", "numbers", "remarks_on"]
