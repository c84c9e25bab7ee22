"""Studentgroepen exporteren: nothing changes, but the trail says who took what along, and about whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import RadioField
from wtforms.validators import DataRequired

from app.actions.base.action import Outcome, Targets, action
from app.actions.base.forms import SelectChoice
from app.actions.students.export import KINDS, ExportForm
from app.entities.base import db
from app.entities.students import StudentGroup
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.groups.export import GROUPS, MEMBERS
from app.queries.groups.groups import members_seen_of
from app.rules.text import N_

CONTENTS: Mapping[str, Any] = {
    GROUPS: _l("Een rij per groep, met de eigenschappen"),
    MEMBERS: _l("Een rij per student, met de groep erbij"),
}


class GroupExportForm(ExportForm):
    content = RadioField(
        _l("Inhoud"),
        [DataRequired(_l("Kies wat er in het bestand staat."))],
        choices=[SelectChoice(content, label) for content, label in CONTENTS.items()],
        default=GROUPS,
    )


@action(
    _l("Groepen exporteren"),
    permission=Permission.GROUPS_EDIT,
    on=StudentGroup,
    form=GroupExportForm,
    noun=_l("studentgroepen"),
    submit=_l("Exporteren"),
    intro=_l(
        "Met een rij per student bevat het bestand persoonsgegevens. In het logboek staat wie het "
        "maakte en om wie het gaat."
    ),
)
def export_groups(actor: Actor, targets: Targets[StudentGroup], *, kind: str, content: str) -> Outcome:
    """Note that these groups, or the students in them, are taken along; the page makes the file."""
    if kind not in KINDS:
        raise RuleBroken(N_("Kies een soort bestand."), field="kind")
    if content not in CONTENTS:
        raise RuleBroken(N_("Kies wat er in het bestand staat."), field="content")
    students: Sequence[int] = ()
    if content == MEMBERS:
        students = db.session.scalars(members_seen_of(actor, targets.among())).all()
    return Outcome(
        done=targets.count,
        ids=students or targets.ids,
        object_type="Student" if students else "",
        summary=ngettext(
            "%(num)s studentgroep geëxporteerd.", "%(num)s studentgroepen geëxporteerd.", targets.count
        ),
        details={"file": kind, "rows": len(students) or targets.count},
    )
