"""Copies studentgroepen to the next school year: the same properties, without students."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.groups.groups import NAME_MOST, properties_of
from app.entities.base import db
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.imports.present import group_ids
from app.rules import groups as rules
from app.rules.text import N_

COPIED = ("cohort", "location", "colour", "mentor_id")
THERE_ALREADY = N_("Er is al een studentgroep “%(name)s”.")
TOO_LONG = N_("De naam “%(name)s” wordt te lang. Maak die van deze groep korter.")


@base.action(
    _l("Kopiëren naar het volgende schooljaar"),
    permission=Permission.GROUPS_EDIT,
    on=models.StudentGroup,
    confirm=True,
    noun=_l("studentgroepen"),
    intro=_l(
        "De nieuwe groepen krijgen dezelfde eigenschappen en een naam met het nieuwe schooljaar. "
        "Er zit nog niemand in; wat er is, blijft."
    ),
)
def copy_groups(actor: Actor, targets: base.Targets[models.StudentGroup]) -> base.Outcome:
    """Copy groups, each with the next school year in its name."""
    groups = targets.all()
    wanted, refused = _names(groups)
    taken = set(group_ids([name for name, _year in wanted.values()]))
    new = []
    for group in groups:
        name, year = wanted.get(group.id, ("", ""))
        if name in taken:
            refused.append(base.Refused(group.name, _(THERE_ALREADY, name=name)))
        elif name:
            taken.add(name)
            kept = {key: getattr(group, key) for key in COPIED}
            new.append({**kept, "name": name, "school_year": year})
    if new:
        db.session.execute(sa.insert(models.StudentGroup), new)
    names = [str(one["name"]) for one in new]
    ids = list(group_ids(names).values()) if new else []
    return base.Outcome(
        done=len(new),
        ids=ids,
        names=names,
        refused=refused,
        summary=ngettext("%(num)s studentgroep gekopieerd.", "%(num)s studentgroepen gekopieerd.", len(new)),
        details={
            "name": [None, ", ".join(names)],
            "groups": {
                name: {key: [None, value] for key, value in shown.items() if value and key != "name"}
                for name, shown in properties_of(ids).items()
            },
        },
    )


def _names(groups: Sequence[models.StudentGroup]) -> tuple[dict[int, tuple[str, str]], list[base.Refused]]:
    """Group id -> name and school year of its copy; and the groups that get no copy, with the reason."""
    wanted, refused = {}, []
    for group in groups:
        try:
            year = rules.next_school_year(group.school_year)
            name = rules.copied_name(group.name, group.school_year, year)
            if len(name) > NAME_MOST:
                raise RuleBroken(TOO_LONG, name=name)
            wanted[group.id] = (name, year)
        except RuleBroken as error:
            refused.append(base.Refused(group.name, base.say(error)))
    return wanted, refused
