"""The columns of the list of students: their names, and which are shown before a user chooses.

After these come the fields that not every reader may see (queries/students/fields.py).
"""

from collections.abc import Iterable, Mapping, Sequence

from app.rules import student_fields
from app.rules.text import N_

STUDENT_COLUMNS: Mapping[str, str] = {
    "name": N_("Naam"),
    "number": student_fields.LABELS["number"],
    "programme": N_("Opleiding"),
    "groups": N_("Studentgroep"),
    "supervisor": N_("Praktijkbegeleider"),
    "company": N_("Praktijkopleider"),
    **{field.name: field.label for field in student_fields.fields_in("list") if field.everybody},
    "progress": N_("Studievoortgang"),
}
# Headings of the export and the import that the list has not.
IN_FILES = (
    N_("Keuzedelen"),
    N_("Studentgroepen"),
    N_("Examinator school"),
    N_("Examinator bedrijf"),
    N_("Volledige naam"),
    N_("Achternaam met tussenvoegsel"),
    N_("Status (rijen overslaan)"),
    N_("Uitgeschreven (rijen overslaan)"),
)
# Every label of a column or field of ours: a school's own field has another one.
OURS = frozenset((*STUDENT_COLUMNS.values(), *student_fields.LABELS.values(), *IN_FILES))
FIRST = "name"  # the heading of a row: always there
USUAL = ("name", "number", "programme", "groups", "supervisor", "progress")
VIEWS_MOST = 20


def columns_of(chosen: Iterable[str], own: Iterable[str] = ()) -> Sequence[str]:
    """The chosen columns that exist, in the order of the list; without a choice the usual ones.

    `own`: the columns of the fields that the school added itself.
    """
    there = dict.fromkeys([*STUDENT_COLUMNS, *own])
    wanted = set(chosen) & there.keys()
    return [key for key in there if key == FIRST or key in wanted] if wanted else USUAL
