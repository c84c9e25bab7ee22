"""Students as a spreadsheet, with headings that the import knows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import IO, Any

from flask_babel import gettext as _

from app.documents import sheets
from app.queries.students import field_words
from app.queries.students.export import SEPARATOR
from app.rules import student_fields
from app.rules.fields import StudentField, cell_of
from app.rules.people import tidy
from app.rules.text import N_
from app.school import current_school

CellOf = Callable[[Any], Any]
# What a student is coupled to, as app.queries.students.export names it.
COUPLED: Mapping[str, str] = {
    "programmes": N_("Opleiding"),
    "electives": N_("Keuzedelen"),
    "groups": N_("Studentgroepen"),
    "supervisors": N_("Praktijkbegeleider"),
    "company_supervisors": N_("Praktijkopleider"),
}


def headings() -> Sequence[str]:
    return [
        *(field_words.heading(field) for field in student_fields.fields_in("export")),
        *(_(label) for label in COUPLED.values()),
        *(field_words.heading(field) for field in current_school().fields_in("export")),
    ]


def students_file(kind: str, rows: Iterable[Any]) -> IO[bytes]:
    """The students as xlsx or csv (`kind`); the rows are those of app.queries.students.export."""
    if kind == "csv":
        return sheets.csv_file(headings(), _lines(rows))
    return sheets.xlsx_file(_("Studenten"), headings(), _lines(rows))


def _lines(rows: Iterable[Any]) -> Iterator[sheets.Line]:
    cells = [
        *map(_plain_cell, student_fields.fields_in("export")),
        *map(_coupled_cell, COUPLED),
        *map(_own_cell, current_school().fields_in("export")),
    ]
    for row in rows:
        yield [cell(row) for cell in cells]


def _plain_cell(field: student_fields.PlainField) -> CellOf:
    """A field as the import reads it: a date stays a date, a choice becomes its word."""
    if not field.choices:
        return attrgetter(field.name)
    words = {value: _(label) for value, label in field.choices.items()}
    return lambda row: words[field.of(row)]


def _coupled_cell(name: str) -> CellOf:
    names = attrgetter(name)
    return lambda row: _sorted(names(row))


def _own_cell(field: StudentField) -> CellOf:
    shown = lru_cache(maxsize=1000)(
        partial(field_words.shown_field, field)
    )  # the same few values, thirty thousand times

    def cell(row: Any) -> Any:
        kept = field.of(row)
        number = cell_of(field, kept)
        return shown(kept) if number is None else number

    return cell


def _sorted(found: str | None) -> str:
    if not found or SEPARATOR not in found:
        return tidy(found or "")
    return ", ".join(sorted(tidy(name) for name in found.split(SEPARATOR)))
