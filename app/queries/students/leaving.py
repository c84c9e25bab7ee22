"""The accounts of students who leave or return: who holds them, and who closed them."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import OTHER_ROLES
from app.queries.users.users import with_role

BY_LEAVING, BY_HAND = "deactivate_students", "deactivate_users"


@dataclass(frozen=True)
class Account:
    """The account of a student; `other_role`: it is not the student's alone."""

    id: int
    name: str  # of the student, as lists write it
    active: bool
    other_role: bool


def accounts_of(students: Sequence[int]) -> Sequence[Account]:
    """The accounts of these students, in the order of their ids. One query."""
    rows = db.session.execute(
        sa.select(models.Student, models.User.id, models.User.active, with_role(*OTHER_ROLES).label("other"))
        .join(models.User, models.User.id == models.Student.user_id)
        .where(models.Student.id.in_(id_set(students)))
        .order_by(models.User.id)
        .with_for_update(of=models.User)
    )
    return [Account(row.id, row.Student.list_name, bool(row.active), bool(row.other)) for row in rows]


def closed_by_hand(users: Sequence[int]) -> set[int]:
    """Those of these users whose account the office closed, and not their leaving. One query."""
    newest = (
        sa.select(sa.func.max(models.AuditEntry.id).label("entry_id"), models.AuditObject.object_id)
        .join(models.AuditObject, models.AuditObject.entry_id == models.AuditEntry.id)
        .where(
            models.AuditEntry.action.in_((BY_LEAVING, BY_HAND)),
            models.AuditObject.object_type == "User",
            models.AuditObject.object_id.in_(id_set(users)),
        )
        .group_by(models.AuditObject.object_id)
        .subquery()
    )
    by_hand = (
        sa.select(newest.c.object_id)
        .join(models.AuditEntry, models.AuditEntry.id == newest.c.entry_id)
        .where(models.AuditEntry.action == BY_HAND)
    )
    return set(db.session.scalars(by_hand))
