"""What the pages of Studentgroepen read: filters, what there is to choose from, members and their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.membership import groups_with, has_rule, members_of, membership
from app.permissions import Actor, visible
from app.queries.base import asked
from app.rules.people import sort_name

Choices = Sequence[tuple[str, str]]
MANY = 150  # with more choices than this, the user types a name instead
BY_HAND, BY_RULE = "hand", "regel"


# -- filters


def by_name(statement: sa.Select[Any], words: str) -> sa.Select[Any]:
    """Every word must occur in the name; accents and capitals do not matter."""
    return statement.where(asked.matching_words(words, models.StudentGroup.name))


def by_school_year(statement: sa.Select[Any], year: str) -> sa.Select[Any]:
    return statement.where(models.StudentGroup.school_year == year)


def by_cohort(statement: sa.Select[Any], cohort: str) -> sa.Select[Any]:
    return statement.where(models.StudentGroup.cohort == (int(cohort) if asked.is_id(cohort) else -1))


def by_location(statement: sa.Select[Any], location: str) -> sa.Select[Any]:
    return statement.where(sa.func.lower(models.StudentGroup.location) == location.lower())


def by_colour(statement: sa.Select[Any], colour: str) -> sa.Select[Any]:
    return statement.where(models.StudentGroup.colour == colour)


def by_mentor(statement: sa.Select[Any], user: str) -> sa.Select[Any]:
    """Groups of this mentor: by id, or by words of the name."""
    if asked.is_id(user):
        return statement.where(models.StudentGroup.mentor_id == int(user))
    named = sa.select(models.User.id).where(
        asked.matching_words(user, models.User.first_name, models.User.infix, models.User.last_name)
    )
    return statement.where(models.StudentGroup.mentor_id.in_(named))


def by_filling(statement: sa.Select[Any], kind: str) -> sa.Select[Any]:
    conditions = {BY_RULE: has_rule(), BY_HAND: ~has_rule()}
    return statement.where(conditions.get(kind, models.StudentGroup.id.is_(None)))


def mentor_order() -> Any:
    """What to order groups by: the mentor's family name; groups without one come first on both databases."""
    named = (
        sa.select(models.User.last_name)
        .where(models.User.id == models.StudentGroup.mentor_id)
        .correlate(models.StudentGroup)
    )
    return sa.func.coalesce(named.scalar_subquery(), "")


# -- choices


@dataclass(frozen=True)
class GroupChoices:
    """What the visible groups can be narrowed by; None: too many to choose from, so the user types a name."""

    school_years: Choices = ()
    cohorts: Choices = ()
    locations: Choices | None = ()
    mentors: Choices | None = ()
    colours: frozenset[str] = field(default_factory=frozenset)


def group_choices(actor: Actor) -> GroupChoices:
    """The properties that the visible groups have. One query."""
    rows = db.session.execute(
        visible(actor, models.StudentGroup)
        .outerjoin(models.User, models.User.id == models.StudentGroup.mentor_id)
        .with_only_columns(
            models.StudentGroup.school_year,
            models.StudentGroup.cohort,
            models.StudentGroup.location,
            models.StudentGroup.colour,
            models.StudentGroup.mentor_id,
            models.User.first_name,
            models.User.infix,
            models.User.last_name,
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
    seen = visible(actor, models.Student).with_only_columns(models.Student.id)
    found = membership(groups=groups, students=None if seen.whereclause is None else seen).c
    rows = db.session.execute(
        sa.select(found.group_id, sa.func.count(found.student_id.distinct())).group_by(found.group_id)
    )
    return {row[0]: row[1] for row in rows}


def members_seen(actor: Actor, group_id: int) -> sa.Select[models.Student]:
    """The students of a group that this actor may see."""
    return visible(actor, models.Student).where(models.Student.id.in_(members_of([group_id])))


def members_seen_of(actor: Actor, groups: Any) -> sa.Select[Any]:
    """The ids of the students of these groups (a SELECT) that this actor may see."""
    seen = visible(actor, models.Student).with_only_columns(models.Student.id)
    found: sa.Select[Any] = seen.where(models.Student.id.in_(members_of(groups))).order_by(models.Student.id)
    return found


def groups_of(student_ids: Sequence[int]) -> Sequence[models.StudentGroup]:
    """The groups that hold one of these students, by name. One query."""
    statement = sa.select(models.StudentGroup).where(models.StudentGroup.id.in_(groups_with(student_ids)))
    return db.session.scalars(statement.order_by(models.StudentGroup.name)).all()
