"""Studenten exporteren: nothing changes, but the trail says who took whose data along."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.actions.base.action import ActionForm, Outcome, Targets, action
from app.actions.base.forms import SelectChoice
from app.entities.students import Student
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.rules.text import N_

KINDS = {"xlsx": _l("Excel (.xlsx)"), "csv": _l("CSV, met puntkomma's (.csv)")}


class ExportForm(ActionForm):
    kind = RadioField(
        _l("Soort bestand"),
        [InputRequired(_l("Kies een soort bestand."))],
        choices=[SelectChoice(kind, label) for kind, label in KINDS.items()],
        default="xlsx",
    )


@action(
    _l("Exporteren"),
    permission=Permission.STUDENTS_EDIT,
    on=Student,
    form=ExportForm,
    noun=_l("studenten"),
    submit=_l("Exporteren"),
    intro=_l("Het bestand bevat persoonsgegevens. In het logboek staat wie het maakte en om wie het gaat."),
)
def export_students(actor: Actor, targets: Targets[Student], *, kind: str) -> Outcome:
    """Note that these students are taken along as a file; the page makes the file of the same rows."""
    if kind not in KINDS:
        raise RuleBroken(N_("Kies een soort bestand."), field="kind")
    return Outcome(
        done=targets.count,
        ids=targets.ids,
        summary=ngettext("%(num)s student geëxporteerd.", "%(num)s studenten geëxporteerd.", targets.count),
        details={"file": kind, "rows": targets.count},
    )
