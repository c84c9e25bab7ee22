"""Import van studentgroepen ongedaan maken: empties groups, and deletes them or puts them back."""

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.imports import What
from app.imports import undo as import_undo
from app.imports import undo_students
from app.permissions import Actor, Permission, visible
from app.queries.imports import undo as queries
from app.queries.imports.groups import GROUP_FIELDS
from app.queries.students.couplings import names_of


@actions.action(
    _l("Import van studentgroepen ongedaan maken"),
    permission=Permission.GROUPS_IMPORT,
    on=models.ImportRun,
    changes=(models.StudentGroup, models.ImportRun),
    confirm=True,
    danger=True,
    noun=_l("import"),
    submit=_l("Ongedaan maken"),
    intro=_l(
        "Studenten die deze import in een groep zette, gaan er weer uit; nieuwe groepen worden verwijderd, "
        "gewijzigde teruggezet. De studenten zelf blijven. Wat sindsdien is gewijzigd, blijft ook."
    ),
)
def undo_group_import(actor: Actor, targets: actions.Targets[models.ImportRun]) -> actions.Outcome:
    """Take back what one import did, except what was touched since; the report names that."""
    run, undoing = import_undo.run_to_undo(actor, targets, "groups"), import_undo.Undoing()
    own, students = (
        undo_students.visible_groups(actor),
        visible(actor, models.Student, Permission.GROUPS_IMPORT),
    )
    own_students = students.with_only_columns(models.Student.id)
    queries.lock_students(run, (What.MEMBER,))
    found = queries.written(run, What.GROUP, models.StudentGroup, own, models.StudentGroup.name)
    undoing.keep_hidden(
        queries.out_of_sight(run, own, What.GROUP) + queries.out_of_sight(run, own_students, What.MEMBER)
    )
    members = undo_students.take_away(run, undoing, queries.given_since(run, own_students, ()))
    groups = names_of("group", [one.other_id for one in members])
    for one in members:
        undoing.tell_gone(groups[one.other_id], "members", str(one.Student))
    undoing.about("Student", [one.Student.id for one in members])
    names = {one.row.id: one.row.name for one in found}
    undoing.removed = {one: names[one] for one in import_undo.remove_empty_groups(undoing, found)}
    _put_back_known(run, undoing, [one for one in found if one.was is not None])
    undoing.restored |= _emptied([one.other_id for one in members], but=undoing.removed)
    return import_undo.finish_undo(actor, run, undoing, "StudentGroup")


def _emptied(groups: Iterable[int], *, but: Collection[int]) -> dict[int, str]:
    """Id -> name of these groups, which lost members, as far as they are still there."""
    ids = sorted(set(groups) - set(but))
    rows = db.session.execute(
        sa.select(models.StudentGroup.id, models.StudentGroup.name)
        .where(models.StudentGroup.id.in_(id_set(ids)))
        .order_by(models.StudentGroup.name)
    )
    return {row.id: row.name for row in rows}


def _put_back_known(
    run: models.ImportRun, undoing: import_undo.Undoing, known: Sequence[queries.Written]
) -> None:
    """Put back the properties of groups that were there before the run."""
    back = import_undo.to_put_back(undoing, known, attrgetter("name"), attrgetter("name"))
    import_undo.put_back(models.StudentGroup, [import_undo.as_it_was(one, GROUP_FIELDS) for one in back])
    import_undo.hand_on_versions(run, What.GROUP, [one.row.id for one in back])
