"""Students as a spreadsheet, with headings that the import knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import IO, Any

from flask_babel import gettext as _

from app.actions.students.fields import shown_field
from app.documents.sheets import Line, csv_file, xlsx_file
from app.entities.students import GENDER_LABELS
from app.queries.students.export import SEPARATOR
from app.rules.people import tidy
from app.school import current_school


def headings() -> Sequence[str]:
    return [
        _("Studentnummer"),
        _("Voornaam"),
        _("Tussenvoegsel"),
        _("Achternaam"),
        _("Geslacht"),
        _("Geboortedatum"),
        _("E-mailadres"),
        _("Opleiding"),
        _("Keuzedelen"),
        _("Studentgroepen"),
        _("Praktijkbegeleider"),
        _("Praktijkopleider"),
        *(field.label for field in current_school().fields_in("export")),
    ]


def students_file(kind: str, rows: Iterable[Any]) -> IO[bytes]:
    """`kind` is xlsx or csv; the rows are those of app.queries.students.export."""
    if kind == "csv":
        return csv_file(headings(), _lines(rows))
    return xlsx_file(_("Studenten"), headings(), _lines(rows))


def _lines(rows: Iterable[Any]) -> Iterator[Line]:
    genders = {gender: _(label) for gender, label in GENDER_LABELS.items()}
    own = current_school().fields_in("export")
    shown = lru_cache(maxsize=1000)(shown_field)  # the same few values, thirty thousand times
    for row in rows:
        yield (
            row.number,
            row.first_name,
            row.infix,
            row.last_name,
            genders[row.gender],
            row.birth_date,
            row.email,
            *(_sorted(found) for found in row[7:12]),
            *(shown(field, row.extra.get(field.key)) for field in own),
        )


def _sorted(found: str | None) -> str:
    if not found or SEPARATOR not in found:
        return tidy(found or "")
    return ", ".join(sorted(tidy(name) for name in found.split(SEPARATOR)))
