"""Studenten exporteren. Nothing changes, but the trail says who exported whose data."""

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import RadioField
from wtforms.validators import InputRequired

from app import models
from app.actions import base
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.rules.text import N_

KINDS = {"xlsx": _l("Excel (.xlsx)"), "csv": _l("CSV, met puntkomma's (.csv)")}


class ExportForm(base.ActionForm):
    kind = RadioField(
        _l("Soort bestand"),
        [InputRequired(_l("Kies een soort bestand."))],
        choices=[base.SelectChoice(kind, label) for kind, label in KINDS.items()],
        default="xlsx",
    )


@base.action(
    _l("Exporteren"),
    permission=Permission.STUDENTS_EDIT,
    on=models.Student,
    only_reads=True,
    form=ExportForm,
    noun=_l("studenten"),
    submit=_l("Exporteren"),
    intro=_l("Het bestand bevat persoonsgegevens. In het logboek staat wie het maakte en om wie het gaat."),
)
def export_students(actor: Actor, targets: base.Targets[models.Student], *, kind: str) -> base.Outcome:
    """Note in the trail that these students are exported. The page makes the file of the same rows."""
    if kind not in KINDS:
        raise RuleBroken(N_("Kies een soort bestand."), field="kind")
    return base.Outcome(
        done=targets.count,
        ids=targets.ids,
        summary=ngettext("%(num)s student geëxporteerd.", "%(num)s studenten geëxporteerd.", targets.count),
        details={"file": kind, "rows": targets.count},
    )
