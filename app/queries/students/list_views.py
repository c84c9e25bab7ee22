"""How a user keeps a list: the columns chosen, and filters saved under a name. Nobody reads another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, literal, select

from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.lists import ListView
from app.permissions import Actor
from app.queries.students.couplings import undoable
from app.queries.students.fields import more_columns
from app.rules.student_columns import columns_of

STUDENTS = "students"


@dataclass(frozen=True)
class OwnList:
    columns: Sequence[str]
    saved: Sequence[ListView]
    can_undo: bool = False  # whether a coupling of the last day can be undone


def own_list(actor: Actor, page: str = STUDENTS) -> OwnList:
    """One query: what is kept of the list, and whether there is something to undo in it."""
    own = and_(ListView.user_id == actor.id, ListView.page == page)
    found = (
        select(undoable(actor).with_only_columns(CouplingRun.id).order_by(None).exists(), ListView)
        .select_from(select(literal(1)).subquery())
        .outerjoin(ListView, own)
        .order_by(ListView.name, ListView.id)
    )
    rows = db.session.execute(found).all()
    views = [view for _undo, view in rows if view is not None]
    chosen = next((row.query for row in views if not row.name), "")
    columns = columns_of(chosen.split(","), [field.name for field in more_columns(actor)])
    return OwnList(columns, [row for row in views if row.name], bool(rows[0][0]))


def view_named(actor: Actor, name: str, page: str = STUDENTS) -> ListView | None:
    """The own view of this name; "": the row that holds the columns."""
    return db.session.scalars(
        select(ListView).where(ListView.user_id == actor.id, ListView.page == page, ListView.name == name)
    ).one_or_none()
