"""Studentgroepen as a spreadsheet, with headings that the import knows."""

from collections.abc import Iterable, Iterator
from typing import IO, Any

from flask_babel import gettext as _

from app import models
from app.actions import base as actions
from app.documents import sheets
from app.rules import groups as rules


def groups_file(kind: str, rows: Iterable[tuple[models.StudentGroup, int]]) -> IO[bytes]:
    """The groups as xlsx or csv (`kind`); the rows are those of app.queries.groups.export.group_rows."""
    headings = [
        _("Naam"),
        _("Cohort"),
        _("Schooljaar"),
        _("Locatie"),
        _("Kleur"),
        _("Mentor"),
        _("Leden"),
        _("Aantal"),
    ]
    return _file(kind, headings, _group_lines(rows))


def members_file(kind: str, rows: Iterable[Any]) -> IO[bytes]:
    """The students in groups as xlsx or csv; the rows are those of app.queries.groups.export.member_rows."""
    headings = [_("Studentgroep"), _("Studentnummer"), _("Voornaam"), _("Tussenvoegsel"), _("Achternaam")]
    lines = ((row.group, row.number, row.first_name, row.infix, row.last_name) for row in rows)
    return _file(kind, headings, lines)


def _file(kind: str, headings: list[str], lines: Iterable[sheets.Line]) -> IO[bytes]:
    return (
        sheets.csv_file(headings, lines)
        if kind == "csv"
        else sheets.xlsx_file(_("Studentgroepen"), headings, lines)
    )


def _group_lines(rows: Iterable[tuple[models.StudentGroup, int]]) -> Iterator[sheets.Line]:
    by_hand = _("Met de hand")
    for group, count in rows:
        yield (
            group.name,
            str(group.cohort or ""),
            group.school_year,
            group.location,
            _(rules.GROUP_COLOURS[group.colour]) if group.colour in rules.GROUP_COLOURS else "",
            group.mentor.full_name if group.mentor is not None else "",
            actions.say(rules.rule_in_words([str(one) for one in group.rule])) if group.rule else by_hand,
            str(count),
        )
