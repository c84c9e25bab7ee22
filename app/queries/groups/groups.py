"""What the pages of Studentgroepen read: filters, what there is to choose from, members and their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select

from app.entities.base import db
from app.entities.membership import groups_with, has_rule, members_of, membership
from app.entities.students import Student, StudentGroup
from app.entities.users import User
from app.permissions import Actor, visible
from app.queries.base.asked import is_id, matching_words
from app.rules.people import sort_name

Choices = Sequence[tuple[str, str]]
MANY = 150  # more choices than this: it is typed instead
BY_HAND, BY_RULE = "hand", "regel"


# -- filters


def by_name(statement: Select[Any], words: str) -> Select[Any]:
    """Every word must occur in the name; accents and capitals do not matter."""
    return statement.where(matching_words(words, StudentGroup.name))


def by_school_year(statement: Select[Any], year: str) -> Select[Any]:
    return statement.where(StudentGroup.school_year == year)


def by_cohort(statement: Select[Any], cohort: str) -> Select[Any]:
    return statement.where(StudentGroup.cohort == (int(cohort) if is_id(cohort) else -1))


def by_location(statement: Select[Any], location: str) -> Select[Any]:
    return statement.where(func.lower(StudentGroup.location) == location.lower())


def by_colour(statement: Select[Any], colour: str) -> Select[Any]:
    return statement.where(StudentGroup.colour == colour)


def by_mentor(statement: Select[Any], user: str) -> Select[Any]:
    """By id, or by words of the name."""
    if is_id(user):
        return statement.where(StudentGroup.mentor_id == int(user))
    named = select(User.id).where(matching_words(user, User.first_name, User.infix, User.last_name))
    return statement.where(StudentGroup.mentor_id.in_(named))


def by_filling(statement: Select[Any], kind: str) -> Select[Any]:
    conditions = {BY_RULE: has_rule(), BY_HAND: ~has_rule()}
    return statement.where(conditions.get(kind, StudentGroup.id.is_(None)))


def mentor_order() -> Any:
    """To order groups by: their mentor's family name, without one first on both databases."""
    named = select(User.last_name).where(User.id == StudentGroup.mentor_id).correlate(StudentGroup)
    return func.coalesce(named.scalar_subquery(), "")


# -- choices


@dataclass(frozen=True)
class GroupChoices:
    """What the visible groups can be narrowed by; None: too many to choose from, so it is typed."""

    school_years: Choices = ()
    cohorts: Choices = ()
    locations: Choices | None = ()
    mentors: Choices | None = ()
    colours: frozenset[str] = field(default_factory=frozenset)


def group_choices(actor: Actor) -> GroupChoices:
    """One query: what properties the groups in sight have."""
    rows = db.session.execute(
        visible(actor, StudentGroup)
        .outerjoin(User, User.id == StudentGroup.mentor_id)
        .with_only_columns(
            StudentGroup.school_year,
            StudentGroup.cohort,
            StudentGroup.location,
            StudentGroup.colour,
            StudentGroup.mentor_id,
            User.first_name,
            User.infix,
            User.last_name,
        )
        .distinct()
    ).all()
    people = {
        str(row.mentor_id): sort_name(row.first_name, row.infix, row.last_name)
        for row in rows
        if row.mentor_id is not None
    }
    return GroupChoices(
        school_years=_same(sorted({row.school_year for row in rows if row.school_year}, reverse=True)),
        cohorts=_same(sorted({str(row.cohort) for row in rows if row.cohort}, reverse=True)),
        locations=_few(_same(sorted({row.location for row in rows if row.location}))),
        mentors=_few(sorted(people.items(), key=lambda one: (one[1], one[0]))),
        colours=frozenset(row.colour for row in rows if row.colour),
    )


def _same(values: Sequence[str]) -> Choices:
    return [(one, one) for one in values]


def _few(choices: Choices) -> Choices | None:
    return choices if len(choices) <= MANY else None


# -- members


def member_counts(actor: Actor, groups: Sequence[int]) -> Mapping[int, int]:
    """Group -> how many of its students this actor may see. One query."""
    seen = visible(actor, Student).with_only_columns(Student.id)
    found = membership(groups=groups, students=None if seen.whereclause is None else seen).c
    rows = db.session.execute(
        select(found.group_id, func.count(found.student_id.distinct())).group_by(found.group_id)
    )
    return {row[0]: row[1] for row in rows}


def members_seen(actor: Actor, group_id: int) -> Select[Student]:
    """The students of a group that this actor may see."""
    return visible(actor, Student).where(Student.id.in_(members_of([group_id])))


def members_seen_of(actor: Actor, groups: Any) -> Select[Any]:
    """The ids of the students of these groups (a SELECT) that this actor may see."""
    seen = visible(actor, Student).with_only_columns(Student.id)
    found: Select[Any] = seen.where(Student.id.in_(members_of(groups))).order_by(Student.id)
    return found


def groups_of(student_ids: Sequence[int]) -> Sequence[StudentGroup]:
    """The groups that hold one of these students, by name. One query."""
    statement = select(StudentGroup).where(StudentGroup.id.in_(groups_with(student_ids)))
    return db.session.scalars(statement.order_by(StudentGroup.name)).all()
