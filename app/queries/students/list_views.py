"""How a user keeps a list: chosen columns, and filters saved under a name. Each user sees only their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.permissions import Actor
from app.queries.students.couplings import undoable
from app.queries.students.fields import more_columns
from app.rules.student_columns import columns_of

STUDENTS = "students"


@dataclass(frozen=True)
class OwnList:
    columns: Sequence[str]
    saved: Sequence[models.ListView]
    can_undo: bool = False  # whether a coupling of the last day can be undone


def own_list(actor: Actor, page: str = STUDENTS) -> OwnList:
    """What this user keeps of the list, and whether they can undo a coupling in it. One query."""
    own = sa.and_(models.ListView.user_id == actor.id, models.ListView.page == page)
    found = (
        sa.select(
            undoable(actor).with_only_columns(models.CouplingRun.id).order_by(None).exists(), models.ListView
        )
        .select_from(sa.select(sa.literal(1)).subquery())
        .outerjoin(models.ListView, own)
        .order_by(models.ListView.name, models.ListView.id)
    )
    rows = db.session.execute(found).all()
    views = [view for _undo, view in rows if view is not None]
    chosen = next((row.query for row in views if not row.name), "")
    columns = columns_of(chosen.split(","), [field.name for field in more_columns(actor)])
    return OwnList(columns, [row for row in views if row.name], bool(rows[0][0]))


def view_named(actor: Actor, name: str, page: str = STUDENTS) -> models.ListView | None:
    """This user's view of this name; "" is the row that holds their columns."""
    return db.session.scalars(
        sa.select(models.ListView).where(
            models.ListView.user_id == actor.id, models.ListView.page == page, models.ListView.name == name
        )
    ).one_or_none()
