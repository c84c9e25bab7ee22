"""What an export of groups holds: the groups with their number of students, or the students in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.membership import membership
from app.entities.students import Student, StudentGroup
from app.permissions import Actor, visible
from app.queries.groups.groups import member_counts

AT_A_TIME = 1000
GROUPS, MEMBERS = "groups", "members"  # what a row of the file is


def group_rows(actor: Actor, ids: Sequence[int]) -> Iterator[tuple[StudentGroup, int]]:
    """These groups by name, each with how many of its students this actor may see. Three queries."""
    counts = member_counts(actor, ids)
    groups = db.session.scalars(
        select(StudentGroup)
        .where(StudentGroup.id.in_(id_set(ids)))
        .options(joinedload(StudentGroup.mentor), selectinload(StudentGroup.rule))
        .order_by(StudentGroup.name)
    ).unique()
    for group in groups:
        yield group, counts.get(group.id, 0)


def member_rows(actor: Actor, ids: Sequence[int]) -> Iterator[Any]:
    """A row for every student in each of these groups, as far as this actor may see them; as a stream."""
    found = membership(groups=id_set(ids))
    seen = visible(actor, Student).with_only_columns(Student.id)
    statement = (
        select(
            StudentGroup.name.label("group"),
            Student.number,
            Student.first_name,
            Student.infix,
            Student.last_name,
            Student.name_key,
            Student.id,
        )
        .join(found, found.c.group_id == StudentGroup.id)
        .join(Student, Student.id == found.c.student_id)
        .where(Student.id.in_(seen))
        .distinct()
        .order_by(StudentGroup.name, Student.name_key, Student.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    yield from db.session.execute(statement)
