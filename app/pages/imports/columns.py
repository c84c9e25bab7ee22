"""What step 2 of an import draws beside its form: how whole names are split."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from app.imports.names import NamePreview, SplitName
from app.theme.widgets import Badge, Cell, Column, Row


def name_columns() -> Sequence[Column]:
    return [
        Column("name", _("In het bestand")),
        Column("first", _("Voornaam")),
        Column("infix", _("Tussenvoegsel")),
        Column("last", _("Achternaam")),
        Column("sure", _("Zeker?")),
    ]


def name_rows(preview: NamePreview) -> Sequence[Row]:
    return [_row(number, name) for number, name in enumerate(preview.names, start=1)]


def _row(number: int, name: SplitName) -> Row:
    parts = name.parts
    sure = (
        Badge(_("Niet zeker"), "warn", "exclamation-triangle") if parts.doubtful else Badge(_("Ja"), "good")
    )
    cells = [Cell(name.text), Cell(parts.first), Cell(parts.infix), Cell(parts.last), Cell(badges=[sure])]
    return Row(number, name.text, cells)
