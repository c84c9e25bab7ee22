"""What an export of groups holds: the groups with their number of students, or the students in them."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.membership import membership
from app.permissions import Actor, visible
from app.queries.groups.groups import member_counts

AT_A_TIME = 1000
GROUPS, MEMBERS = "groups", "members"  # what a row of the file is


def group_rows(actor: Actor, ids: Sequence[int]) -> Iterator[tuple[models.StudentGroup, int]]:
    """These groups by name, each with how many of its students this actor may see. Three queries."""
    counts = member_counts(actor, ids)
    groups = db.session.scalars(
        sa.select(models.StudentGroup)
        .where(models.StudentGroup.id.in_(id_set(ids)))
        .options(orm.joinedload(models.StudentGroup.mentor), orm.selectinload(models.StudentGroup.rule))
        .order_by(models.StudentGroup.name)
    ).unique()
    for group in groups:
        yield group, counts.get(group.id, 0)


def member_rows(actor: Actor, ids: Sequence[int]) -> Iterator[Any]:
    """A row for every student in each of these groups, as far as this actor may see them; as a stream."""
    found = membership(groups=id_set(ids))
    seen = visible(actor, models.Student).with_only_columns(models.Student.id)
    statement = (
        sa.select(
            models.StudentGroup.name.label("group"),
            models.Student.number,
            models.Student.first_name,
            models.Student.infix,
            models.Student.last_name,
            models.Student.name_key,
            models.Student.id,
        )
        .join(found, found.c.group_id == models.StudentGroup.id)
        .join(models.Student, models.Student.id == found.c.student_id)
        .where(models.Student.id.in_(seen))
        .distinct()
        .order_by(models.StudentGroup.name, models.Student.name_key, models.Student.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    yield from db.session.execute(statement)
