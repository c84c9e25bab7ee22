"""Import van studentgroepen ongedaan maken: who was put in a group goes out, groups go or are put back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.actions.base.action import Outcome, Targets, action
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.imports import ImportRun, What
from app.entities.students import Student, StudentGroup, group_member
from app.imports.undo import (
    Undoing,
    as_it_was,
    finish_undo,
    hand_on_versions,
    put_back,
    remove_empty_groups,
    run_to_undo,
    to_put_back,
    uncouple,
)
from app.imports.undo_students import visible_groups, why_it_is_kept
from app.permissions import Actor, Permission, visible
from app.queries.imports.groups import GROUP_FIELDS
from app.queries.imports.undo import Written, given_since, out_of_sight, written


@action(
    _l("Import van studentgroepen ongedaan maken"),
    permission=Permission.GROUPS_IMPORT,
    on=ImportRun,
    changes=StudentGroup,
    confirm=True,
    danger=True,
    noun=_l("import"),
    submit=_l("Ongedaan maken"),
    intro=_l(
        "Studenten die deze import in een groep zette, gaan er weer uit; nieuwe groepen worden verwijderd, "
        "gewijzigde teruggezet. De studenten zelf blijven. Wat sindsdien is gewijzigd, blijft ook."
    ),
)
def undo_group_import(actor: Actor, targets: Targets[ImportRun]) -> Outcome:
    """Take back what one import did, except what was touched since; that is named."""
    run, undoing = run_to_undo(actor, targets, "groups"), Undoing()
    own, students = visible_groups(actor), visible(actor, Student, Permission.GROUPS_IMPORT)
    own_students = students.with_only_columns(Student.id)
    found = written(run, What.GROUP, StudentGroup, own, StudentGroup.name)
    undoing.keep_hidden(out_of_sight(run, own, What.GROUP) + out_of_sight(run, own_students, What.MEMBER))
    members = []
    for one in given_since(run, own_students, ()):
        if why := why_it_is_kept(one):
            undoing.keep(one.Student.list_name, why)
        else:
            members.append({"student_id": one.Student.id, "group_id": one.other_id})
    uncouple(group_member, members, "student_id", "group_id")
    names = {one.row.id: one.row.name for one in found}
    undoing.removed = {one: names[one] for one in remove_empty_groups(undoing, found)}
    _put_back_known(run, undoing, [one for one in found if one.was is not None])
    undoing.restored |= _emptied(members, but=undoing.removed)
    return finish_undo(actor, run, undoing, "StudentGroup")


def _emptied(members: Sequence[Mapping[str, int]], *, but: Collection[int]) -> dict[int, str]:
    """The groups, still there, out of which these went."""
    ids = sorted({one["group_id"] for one in members} - set(but))
    rows = db.session.execute(
        select(StudentGroup.id, StudentGroup.name)
        .where(StudentGroup.id.in_(id_set(ids)))
        .order_by(StudentGroup.name)
    )
    return {row.id: row.name for row in rows}


def _put_back_known(run: ImportRun, undoing: Undoing, known: Sequence[Written]) -> None:
    back = to_put_back(undoing, known, attrgetter("name"), attrgetter("name"))
    put_back(StudentGroup, [as_it_was(one, GROUP_FIELDS) for one in back])
    hand_on_versions(run, What.GROUP, [one.row.id for one in back])
