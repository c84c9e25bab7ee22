"""Adds students to groups and removes them, from the list of students or from the group's page.

Only for groups without a rule. The others: rule.py.
"""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms.validators import DataRequired

from app import models
from app.actions import base
from app.actions.students import couplings
from app.actions.students.bulk_report import students_changed
from app.entities.base import db
from app.entities.bulk import add_missing
from app.entities.engine import hold_rows, id_set
from app.entities.membership import has_rule
from app.entities.students import group_member
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.base import picker
from app.queries.base.asked import Asked
from app.rules.text import N_

NO_GROUP = N_("Kies een studentgroep uit de lijst.")
NOBODY_IN_IT = N_(
    "In een van deze groepen zit geen van deze studenten. Kies alleen groepen waar zij in zitten."
)
BY_RULE = N_(
    "De leden van %(groups)s volgen uit een regel. "
    "Wijzig die regel op de pagina van de groep, of laat hem daar eerst los."
)


def filled_by_hand(groups: Collection[int], field: str = "") -> None:
    """RuleBroken when a rule fills one of these groups. It names the groups and says what to do.

    Nobody gives one of them a rule from here on until the transaction ends.
    """
    hold_rows(models.StudentGroup.__table__, sorted(groups))
    ruled = db.session.scalars(
        sa.select(models.StudentGroup.name)
        .where(models.StudentGroup.id.in_(id_set(sorted(groups))), has_rule())
        .order_by(models.StudentGroup.name)
    ).all()
    _refuse(ruled, field)


def _refuse(ruled: Sequence[str], field: str) -> None:
    if ruled:
        raise RuleBroken(BY_RULE, field=field, groups=", ".join(ruled))


# -- from the list of students: chosen students, any groups


class AddToGroupsForm(base.ActionForm):
    groups = base.Picked(
        _l("Studentgroepen"),
        [DataRequired(_l("Kies minstens één studentgroep."))],
        source="studentgroepen",
        coerce=int,
    )

    nothing_hint = _l("Maak er eerst een bij Studentgroepen.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(actor, self.groups)
        if self.groups.empty:
            self.nothing = _("Er is nog geen studentgroep om te kiezen")


@base.action(
    _l("Toevoegen aan studentgroepen"),
    permission=Permission.GROUPS_EDIT,
    on=models.Student,
    form=AddToGroupsForm,
    confirm=True,
    noun=_l("studenten"),
    intro=_l("Een student mag in meer groepen zitten. Een nieuwe groep maakt u bij Studentgroepen."),
)
def add_to_groups(
    actor: Actor, targets: base.Targets[models.Student], *, groups: Sequence[int]
) -> base.Outcome:
    """Add all these students to the chosen groups. Students who are already in one stay in it."""
    chosen = _chosen(actor, groups, Asked(), NO_GROUP)
    return _put(actor, chosen, targets)


def _put(
    actor: Actor, chosen: Sequence[picker.Option], targets: base.Targets[models.Student]
) -> base.Outcome:
    wanted = id_set([int(group.key) for group in chosen]).subquery()
    group_id = next(iter(wanted.c))
    member = sa.exists().where(
        group_member.c.student_id == models.Student.id, group_member.c.group_id == group_id
    )
    pairs = sa.select(group_id, models.Student.id).select_from(models.Student).join(wanted, sa.true())
    new = pairs.where(models.Student.id.in_(targets.among()), ~member).order_by(models.Student.id)
    made = add_missing(group_member, ["group_id", "student_id"], new, "student_id", "group_id")
    changed = sorted({row.student_id for row in made})
    summary = ngettext(
        "%(num)s student toegevoegd aan %(groups)s.",
        "%(num)s studenten toegevoegd aan %(groups)s.",
        len(changed),
        groups=", ".join(group.label for group in chosen),
    )
    couplings.remember(actor, summary, couplings.pieces_of("group", [(*row, "") for row in made]))
    return _outcome(targets, made, summary, chosen)


def _outcome(
    targets: base.Targets[models.Student],
    rows: Sequence[Any],
    summary: str,
    chosen: Sequence[picker.Option],
) -> base.Outcome:
    """`rows`: (student, group) for each member who came or went."""
    outcome = students_changed(targets, sorted({student for student, _group in rows}), summary, {})
    labels = {int(group.key): group.label for group in chosen}
    outcome.parts = base.parts_of(
        rows,
        lambda some: {"groups": [labels[one] for one in some]},
        lambda some: {"StudentGroup": some},
    )
    outcome.rests_on = sorted(tuple(row) for row in rows)
    return outcome


class RemoveFromGroupForm(AddToGroupsForm):
    nothing_hint = _l("Kies in de lijst andere studenten.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(actor, self.groups, asked=Asked(having=targets.among() if targets is not None else None))
        if self.groups.empty:
            self.nothing = _("Deze studenten zitten in geen enkele studentgroep")


@base.action(
    _l("Verwijderen uit studentgroep"),
    permission=Permission.GROUPS_EDIT,
    on=models.Student,
    form=RemoveFromGroupForm,
    confirm=True,
    danger=True,
    noun=_l("studenten"),
    intro=_l("U kunt alleen groepen kiezen waar deze studenten in zitten."),
)
def remove_from_group(
    actor: Actor, targets: base.Targets[models.Student], *, groups: Sequence[int]
) -> base.Outcome:
    """Take these students out of the chosen groups."""
    chosen = _chosen(actor, groups, Asked(having=targets.among()), NOBODY_IN_IT)
    return _take(actor, chosen, targets)


def _take(
    actor: Actor, chosen: Sequence[picker.Option], targets: base.Targets[models.Student]
) -> base.Outcome:
    which = group_member.c.group_id.in_([int(group.key) for group in chosen])
    gone = sa.delete(group_member).where(group_member.c.student_id.in_(targets.among()), which)
    since = (group_member.c.student_id, group_member.c.group_id, group_member.c.created_at)
    taken = [tuple(row) for row in db.session.execute(gone.returning(*since))]
    rows = [(student, group) for student, group, _since in taken]
    changed = sorted({student for student, _group in rows})
    summary = ngettext(
        "%(num)s student verwijderd uit %(groups)s.",
        "%(num)s studenten verwijderd uit %(groups)s.",
        len(changed),
        groups=", ".join(group.label for group in chosen),
    )
    couplings.remember(
        actor,
        summary,
        couplings.pieces_of("group", [(student, group, "", at) for student, group, at in taken], taken=True),
    )
    return _outcome(targets, rows, summary, chosen)


def _chosen(actor: Actor, ids: Sequence[int], asked: Asked, refusal: str) -> list[picker.Option]:
    known = picker.named(actor, "studentgroepen", {str(one) for one in ids}, asked)
    if not known or len(known) != len(set(ids)):
        raise RuleBroken(refusal, field="groups")
    _refuse([group.label for group in known.values() if group.ruled], "groups")
    return list(known.values())


# -- from the page of a group: one group, any students


class AddMembersForm(base.ActionForm):
    students = base.Picked(
        _l("Studenten"), [DataRequired(_l("Kies minstens één student."))], source="studenten", coerce=int
    )

    nothing_hint = _l("Voer eerst studenten in, of importeer ze, bij Studenten.")

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(actor, self.students)
        if self.students.empty:
            self.nothing = _("Er is nog geen student om te kiezen")


@base.action(
    _l("Studenten toevoegen"),
    permission=Permission.GROUPS_EDIT,
    on=models.StudentGroup,
    form=AddMembersForm,
    confirm=True,
    noun=_l("studentgroep"),
    intro=_l("Een student mag in meer groepen zitten."),
)
def add_members(
    actor: Actor, targets: base.Targets[models.StudentGroup], *, students: Sequence[int]
) -> base.Outcome:
    """Add the chosen students to this group. Students who are already in it stay in it."""
    group = _hand_filled(targets)
    found = picker.named(actor, "studenten", {str(one) for one in students})
    return _of_students(_put(actor, [group], _exactly(students, found)))


class RemoveMembersForm(AddMembersForm):
    students = base.Picked(
        _l("Studenten"), [DataRequired(_l("Kies minstens één student."))], source="groepsleden", coerce=int
    )

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        base.offer(actor, self.students, asked=Asked(within=targets.ids if targets is not None else ()))


@base.action(
    _l("Studenten uit de groep halen"),
    permission=Permission.GROUPS_EDIT,
    on=models.StudentGroup,
    form=RemoveMembersForm,
    confirm=True,
    danger=True,
    noun=_l("studentgroep"),
    intro=_l("De studenten zelf blijven bestaan, met alles wat bij hen hoort."),
)
def remove_members(
    actor: Actor, targets: base.Targets[models.StudentGroup], *, students: Sequence[int]
) -> base.Outcome:
    """Take the chosen members out of this group."""
    group = _hand_filled(targets)
    within = Asked(within=[int(group.key)])
    found = picker.named(actor, "groepsleden", {str(one) for one in students}, within)
    return _of_students(_take(actor, [group], _exactly(students, found)))


def _hand_filled(targets: base.Targets[models.StudentGroup]) -> picker.Option:
    group = targets.one()
    filled_by_hand([group.id], "students")
    return picker.Option(str(group.id), group.name)


def _exactly(wanted: Sequence[int], found: Collection[str]) -> base.Targets[models.Student]:
    """These students as targets. RuleBroken unless every one of them may be chosen."""
    if not found or len(found) != len(set(wanted)):
        raise RuleBroken(base.GONE, field="students")
    return base.Targets(models.Student, sorted(set(wanted)))


def _of_students(outcome: base.Outcome) -> base.Outcome:
    """Make the outcome one about students, as it is from the list of students."""
    outcome.object_type = "Student"
    return outcome
