"""What the system has and a file lacks: a report tells it, nothing deletes it. At most two statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set, text_set
from app.entities.membership import members_of
from app.permissions import Actor, Permission, Role, visible

KEPT = 1000  # rows that are named; more are counted


@dataclass(frozen=True)
class Absent:
    """How many rows the file lacks; `rows` has the first of them as (id, name as lists write it)."""

    count: int = 0
    rows: Sequence[tuple[int, str]] = field(default_factory=tuple)


def absent_students(
    actor: Actor, numbers: Collection[str], programmes: Collection[int], groups: Collection[str]
) -> Absent:
    """Active students whom the file does not name; if it has programmes or groups, only students of these."""
    found = visible(actor, models.Student, Permission.STUDENTS_IMPORT).where(
        models.Student.active, models.Student.number.not_in(text_set(sorted(numbers)))
    )
    if programmes:
        enrolled = sa.select(models.Enrolment.student_id).where(
            models.Enrolment.programme_id.in_(id_set(sorted(programmes)))
        )
        found = found.where(models.Student.id.in_(enrolled))
    elif groups:
        named = sa.select(models.StudentGroup.id).where(
            models.StudentGroup.name.in_(text_set(sorted(groups)))
        )
        found = found.where(models.Student.id.in_(members_of(named)))
    return _absent(found, models.Student, [models.Student.name_key, models.Student.id], "list_name")


def absent_users(actor: Actor, addresses: Collection[str], roles: Collection[str]) -> Absent:
    """Active users whom the file does not name; if it has roles, only users with one of these."""
    found = visible(actor, models.User, Permission.USERS_IMPORT).where(
        models.User.active.is_(True),
        models.User.email.not_in(text_set(sorted(addresses))),
        ~models.User.roles.any(
            models.RoleRow.name.in_([Role.STUDENT, Role.SUPPLIER])
        ),  # not what such a file is about
    )
    if roles:
        found = found.where(models.User.roles.any(models.RoleRow.name.in_(sorted(roles))))
    return _absent(
        found, models.User, [models.User.last_name, models.User.first_name, models.User.id], "full_name"
    )


def absent_groups(actor: Actor, names: Collection[str]) -> Absent:
    found = visible(actor, models.StudentGroup, Permission.GROUPS_IMPORT).where(
        sa.func.lower(models.StudentGroup.name).not_in(text_set(sorted(names)))
    )
    return _absent(found, models.StudentGroup, [models.StudentGroup.name, models.StudentGroup.id], "name")


def _absent(found: sa.Select[Any], model: Any, order: Sequence[Any], name: str) -> Absent:
    """The first KEPT of these rows, and how many there are; counted only where there are more."""
    rows = db.session.scalars(found.order_by(*order).limit(KEPT + 1)).all()
    count = len(rows)
    if count > KEPT:
        ids = found.with_only_columns(model.id).subquery()
        count = db.session.scalar(sa.select(sa.func.count()).select_from(ids)) or 0
    return Absent(count, [(row.id, str(getattr(row, name))) for row in rows[:KEPT]])
