"""The table beside the form of step 2 of an import: how whole names are split."""

from collections.abc import Sequence

from flask_babel import gettext as _

from app.imports import names
from app.theme import widgets


def name_columns() -> Sequence[widgets.Column]:
    return [
        widgets.Column("name", _("In het bestand")),
        widgets.Column("first", _("Voornaam")),
        widgets.Column("infix", _("Tussenvoegsel")),
        widgets.Column("last", _("Achternaam")),
        widgets.Column("sure", _("Zeker?")),
    ]


def name_rows(preview: names.NamePreview) -> Sequence[widgets.Row]:
    return [_row(number, name) for number, name in enumerate(preview.names, start=1)]


def _row(number: int, name: names.SplitName) -> widgets.Row:
    parts = name.parts
    sure = (
        widgets.Badge(_("Niet zeker"), "warn", "exclamation-triangle")
        if parts.doubtful
        else widgets.Badge(_("Ja"), "good")
    )
    cells = [
        widgets.Cell(name.text),
        widgets.Cell(parts.first),
        widgets.Cell(parts.infix),
        widgets.Cell(parts.last),
        widgets.Cell(badges=[sure]),
    ]
    return widgets.Row(number, name.text, cells)
