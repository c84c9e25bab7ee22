"""Studentgroepen exporteren. Nothing changes, but the trail says who exported what, and about whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import RadioField
from wtforms.validators import DataRequired

from app import models
from app.actions import base
from app.actions.students import export
from app.entities.base import db
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.groups import export as queries
from app.queries.groups.groups import members_seen_of
from app.rules.text import N_

CONTENTS: Mapping[str, Any] = {
    queries.GROUPS: _l("Een rij per groep, met de eigenschappen"),
    queries.MEMBERS: _l("Een rij per student, met de groep erbij"),
}


class GroupExportForm(export.ExportForm):
    content = RadioField(
        _l("Inhoud"),
        [DataRequired(_l("Kies wat er in het bestand staat."))],
        choices=[base.SelectChoice(content, label) for content, label in CONTENTS.items()],
        default=queries.GROUPS,
    )


@base.action(
    _l("Groepen exporteren"),
    permission=Permission.GROUPS_EDIT,
    on=models.StudentGroup,
    only_reads=True,
    form=GroupExportForm,
    noun=_l("studentgroepen"),
    submit=_l("Exporteren"),
    intro=_l(
        "Met een rij per student bevat het bestand persoonsgegevens. In het logboek staat wie het "
        "maakte en om wie het gaat."
    ),
)
def export_groups(
    actor: Actor, targets: base.Targets[models.StudentGroup], *, kind: str, content: str
) -> base.Outcome:
    """Note in the trail that these groups, or their students, are exported. The page makes the file."""
    if kind not in export.KINDS:
        raise RuleBroken(N_("Kies een soort bestand."), field="kind")
    if content not in CONTENTS:
        raise RuleBroken(N_("Kies wat er in het bestand staat."), field="content")
    students: Sequence[int] = ()
    if content == queries.MEMBERS:
        students = db.session.scalars(members_seen_of(actor, targets.among())).all()
    return base.Outcome(
        done=targets.count,
        ids=students or targets.ids,
        object_type="Student" if students else "",
        summary=ngettext(
            "%(num)s studentgroep geëxporteerd.", "%(num)s studentgroepen geëxporteerd.", targets.count
        ),
        details={"file": kind, "rows": len(students) or targets.count},
    )
