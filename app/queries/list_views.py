"""How a user keeps a list: the columns chosen, and filters saved under a name. Nobody reads another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.entities.base import db
from app.entities.lists import ListView
from app.permissions import Actor
from app.queries.student_fields import own_fields_seen
from app.rules.lists import columns_of

STUDENTS = "students"


@dataclass(frozen=True)
class OwnList:
    columns: Sequence[str]
    saved: Sequence[ListView]


def own_list(actor: Actor, page: str = STUDENTS) -> OwnList:
    """One query."""
    rows = db.session.scalars(
        select(ListView)
        .where(ListView.user_id == actor.id, ListView.page == page)
        .order_by(ListView.name, ListView.id)
    ).all()
    chosen = next((row.query for row in rows if not row.name), "")
    own = [field.name for field in own_fields_seen(actor, "list")]
    return OwnList(columns_of(chosen.split(","), own), [row for row in rows if row.name])


def view_named(actor: Actor, name: str, page: str = STUDENTS) -> ListView | None:
    """The own view of this name; "": the row that holds the columns."""
    return db.session.scalars(
        select(ListView).where(ListView.user_id == actor.id, ListView.page == page, ListView.name == name)
    ).one_or_none()
