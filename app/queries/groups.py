"""What the pages of Studentgroepen read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select

from app.entities.base import db
from app.entities.students import Student, StudentGroup, group_member
from app.permissions import Actor, visible


def by_name(statement: Select[Any], words: str) -> Select[Any]:
    """Every word must occur in the name; capitals do not matter."""
    for word in words.split():
        statement = statement.where(func.lower(StudentGroup.name).contains(word.lower(), autoescape=True))
    return statement


def by_school_year(statement: Select[Any], year: str) -> Select[Any]:
    return statement.where(StudentGroup.school_year == year)


def school_year_choices(actor: Actor) -> Sequence[tuple[str, str]]:
    """The school years of the visible groups, newest first."""
    found = db.session.scalars(
        visible(actor, StudentGroup)
        .with_only_columns(StudentGroup.school_year)
        .where(StudentGroup.school_year != "")
        .distinct()
        .order_by(StudentGroup.school_year.desc())
    )
    return [(year, year) for year in found]


def member_counts(actor: Actor, groups: Sequence[int]) -> Mapping[int, int]:
    """Group -> how many of its students this actor may see. One query."""
    seen = visible(actor, Student).with_only_columns(Student.id)
    rows = db.session.execute(
        select(group_member.c.group_id, func.count())
        .where(group_member.c.group_id.in_(groups), group_member.c.student_id.in_(seen))
        .group_by(group_member.c.group_id)
    )
    return {row[0]: row[1] for row in rows}


def members_of(actor: Actor, group: StudentGroup) -> Sequence[Student]:
    """The students of a group that this actor may see. One query."""
    members = select(group_member.c.student_id).where(group_member.c.group_id == group.id)
    return db.session.scalars(
        visible(actor, Student)
        .where(Student.id.in_(members))
        .order_by(Student.last_name, Student.first_name, Student.id)
    ).all()
