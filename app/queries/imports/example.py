"""What the example file of an import needs to know, so that it can be imported as it is."""

from collections.abc import Sequence

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.permissions import Actor, Permission, visible

MEMBERS = 2


def some_numbers(actor: Actor) -> Sequence[str]:
    """The numbers of a few students, for the members of a group."""
    found = (
        visible(actor, models.Student, Permission.GROUPS_IMPORT)
        .with_only_columns(models.Student.number)
        .where(models.Student.active)
        .order_by(models.Student.number)
        .limit(MEMBERS)
    )
    return db.session.scalars(found).all()


def taken_numbers(numbers: Sequence[str]) -> set[str]:
    return _taken(models.Student.number, numbers)


def taken_addresses(addresses: Sequence[str]) -> set[str]:
    users = _taken(models.User.email, addresses) | _taken(models.User.username, addresses)
    return users | _taken(models.Student.email, addresses)


def taken_groups(names: Sequence[str]) -> set[str]:
    return _taken(models.StudentGroup.name, names)


def named_so(key: str) -> bool:
    """Whether there is a student with this name (people.name_key)."""
    return db.session.scalar(sa.select(sa.exists().where(models.Student.name_key == key))) or False


def _taken(column: sa.orm.InstrumentedAttribute[str], values: Sequence[str]) -> set[str]:
    return set(db.session.scalars(sa.select(column).where(column.in_(values))))
