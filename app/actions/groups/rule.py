"""Groups whose members follow from a rule: "alle studenten van 25656 in cohort 2025" (decision 0019)."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms.validators import DataRequired

from app import models
from app.actions import base
from app.actions.groups.groups import FIELD_LABELS
from app.actions.students.bulk_report import all_names, first_names
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.membership import members_of
from app.entities.students import group_member, group_rule
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.base.picker import named
from app.rules.groups import rule_in_words
from app.rules.text import N_

SOURCE = "regelopleidingen"
NO_RULE = N_("Deze groep heeft geen regel (meer). De leden worden met de hand bijgehouden.")


class RuleForm(base.VersionedForm):
    programmes = base.Picked(
        _l("Opleidingen"),
        [DataRequired(_l("Kies minstens één opleiding."))],
        description=_l(
            "Elk cohort van een opleiding staat apart in de lijst. Zoek op naam, crebo of cohort, "
            "bijvoorbeeld: 25656 2025."
        ),
        source=SOURCE,
        coerce=int,
    )

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        group: models.StudentGroup = targets.one() if targets is not None else models.StudentGroup()
        return {"programmes": [one.id for one in group.rule], "version": group.version}

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        base.offer(actor, self.programmes)


@base.action(
    _l("Leden door een regel"),
    permission=Permission.GROUPS_RULE,
    on=models.StudentGroup,
    changes=models.StudentGroup,
    form=RuleForm,
    confirm=True,
    words={"left": N_("Niet meer in de groep")},
    noun=_l("studentgroep"),
    intro=_l(
        "De groep houdt zichzelf bij: wie aan een van deze opleidingen gekoppeld wordt, zit er meteen "
        "in; wie ontkoppeld wordt of niet meer actief is zit er niet meer in."
    ),
)
def set_rule(
    actor: Actor, targets: base.Targets[models.StudentGroup], *, version: int, programmes: Sequence[int]
) -> base.Outcome:
    """Set the rule: from now on the group holds the active students of these programmes, and nobody else."""
    group = base.locked(actor, models.StudentGroup, targets.one().id, version, FIELD_LABELS)
    chosen = named(actor, SOURCE, {str(one) for one in programmes})
    if not chosen or len(chosen) != len(set(programmes)):
        raise RuleBroken(base.GONE, field="programmes")
    words = base.say(rule_in_words([one.label for one in chosen.values()]))
    old = [one.id for one in group.rule]
    if set(old) == set(programmes):
        return base.Outcome(unchanged=1, summary=words)
    old_words, before = (
        (base.say(rule_in_words([str(one) for one in group.rule])) if old else ""),
        _ids(group),
    )
    _empty(group)
    db.session.execute(
        sa.insert(group_rule),
        [{"group_id": group.id, "programme_id": one} for one in sorted(set(programmes))],
    )
    group.version += 1
    after = _ids(group)
    gone = sorted(set(before) - set(after))
    summary = " ".join(filter(None, (_comes_to(group, len(after), words), _leave(len(gone)))))
    details = {"rule": [old_words, words], **({"left": "; ".join(all_names(gone))} if gone else {})}
    return _told(group, after, summary, details, gone)


@base.action(
    _l("Regel loslaten"),
    permission=Permission.GROUPS_RULE,
    on=models.StudentGroup,
    changes=models.StudentGroup,
    confirm=True,
    noun=_l("studentgroep"),
    intro=_l("De leden blijven zoals ze nu zijn. Daarna voegt u zelf studenten toe en haalt u ze eruit."),
)
def drop_rule(actor: Actor, targets: base.Targets[models.StudentGroup]) -> base.Outcome:
    """Drop the rule. The present members stay, and from now on the group is filled by hand."""
    group = targets.one()
    if not group.rule:
        raise RuleBroken(NO_RULE)
    words, members = base.say(rule_in_words([str(one) for one in group.rule])), _ids(group)
    _empty(group)
    chosen = sa.select(sa.literal(group.id), models.Student.id).where(models.Student.id.in_(id_set(members)))
    db.session.execute(sa.insert(group_member).from_select(["group_id", "student_id"], chosen))
    group.version += 1
    summary = ngettext(
        "%(group)s houdt %(num)s student en wordt voortaan met de hand bijgehouden.",
        "%(group)s houdt %(num)s studenten en wordt voortaan met de hand bijgehouden.",
        len(members),
        group=group.name,
    )
    return _told(group, members, summary, {"rule": [words, ""]})


def _ids(group: models.StudentGroup) -> Sequence[int]:
    found: Sequence[Any] = db.session.scalars(members_of([group.id]).distinct()).all()
    return found


def _empty(group: models.StudentGroup) -> None:
    for held in (group_member, group_rule):
        db.session.execute(sa.delete(held).where(held.c.group_id == group.id))


def _comes_to(group: models.StudentGroup, count: int, words: str) -> str:
    return ngettext(
        "%(group)s: %(num)s student. %(rule)s.",
        "%(group)s: %(num)s studenten. %(rule)s.",
        count,
        group=group.name,
        rule=words,
    )


def _leave(count: int) -> str:
    """A sentence that counts the students who leave the group, as that may surprise the user."""
    if not count:
        return ""
    return ngettext(
        "Niet meer in de groep: %(num)s student.", "Niet meer in de groep: %(num)s studenten.", count
    )


def _told(
    group: models.StudentGroup,
    members: Sequence[int],
    summary: str,
    details: dict[str, Any],
    gone: Sequence[int] = (),
) -> base.Outcome:
    """The outcome of a change of one group, with who is in it now and who no longer is.

    It names the first members, for the user to check.
    """
    return base.Outcome(
        done=max(1, len(members)),
        ids=[group.id],
        names=first_names(members),
        summary=summary,
        details=details,
        rests_on=[sorted(members), gone],
        also={"Student": sorted({*members, *gone})},
    )
