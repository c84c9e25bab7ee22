"""The filters of the list of students: (statement, value out of the URL) -> statement."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app import models
from app.entities.engine import folded
from app.entities.membership import members_of
from app.entities.students import ALL_FLAGS, STILL_TO_DO
from app.permissions import Role
from app.queries.base import asked
from app.queries.students.search import found_by
from app.queries.users.users import is_holder
from app.rules.people import search_form


def by_words(statement: sa.Select[Any], words: str) -> sa.Select[Any]:
    """Every word begins a word of name, number or e-mail address; accents and capitals do not matter."""
    return statement.where(found_by(words))


def by_target(statement: sa.Select[Any], key: str) -> sa.Select[Any]:
    """Students of a programme ("12") or of an elective ("k3")."""
    column = models.Enrolment.elective_id if key.startswith("k") else models.Enrolment.programme_id
    number = key.removeprefix("k")
    if not asked.is_id(number):
        return statement.where(models.Student.id.is_(None))
    return statement.where(
        models.Student.id.in_(sa.select(models.Enrolment.student_id).where(column == int(number)))
    )


def by_programmes(statement: sa.Select[Any], programmes: Collection[int]) -> sa.Select[Any]:
    """Students of one of these programmes."""
    enrolled = sa.select(models.Enrolment.student_id).where(models.Enrolment.programme_id.in_(programmes))
    return statement.where(models.Student.id.in_(enrolled))


def by_group(statement: sa.Select[Any], group: str) -> sa.Select[Any]:
    """Students in this group: by id, or by a part of its name; a number may be either ("2025").

    A whole name means that group alone: "VIG2A", although "VIG2A (2027-2028)" contains it too.
    """
    own: Any = models.StudentGroup
    other: Any = aliased(models.StudentGroup)
    this, another = (_exactly(one, group) for one in (own, other))
    part = folded(own.name).contains(search_form(group), autoescape=True)
    named = sa.select(own.id).where(sa.or_(this, sa.and_(~sa.exists().where(another), part)))
    return statement.where(models.Student.id.in_(members_of(named)))


def _exactly(one: Any, group: str) -> sa.ColumnElement[bool]:
    return one.id == int(group) if asked.is_id(group) else sa.func.lower(one.name) == group.lower()


def by_supervisor(statement: sa.Select[Any], user: str) -> sa.Select[Any]:
    """Students of this praktijkbegeleider: by id, or by words of the name."""
    if asked.is_id(user):
        return statement.where(
            models.Student.id.in_(_supervised().where(models.Supervision.user_id == int(user)))
        )
    # Starts from the users with the role, because students are users too.
    named = sa.select(models.User.id).where(
        is_holder(Role.SCHOOL_SUPERVISOR),
        asked.matching_words(user, models.User.first_name, models.User.infix, models.User.last_name),
    )
    return statement.where(models.Student.id.in_(_supervised().where(models.Supervision.user_id.in_(named))))


def by_state(statement: sa.Select[Any], state: str, *, many: bool = False) -> sa.Select[Any]:
    """Students for whom this still has to be done; the database keeps what.

    `many`: there are so many that looking at students in the order of the list soon fills a page.
    """
    if state not in STILL_TO_DO:
        return statement.where(models.Student.id.is_(None))
    bit = list(STILL_TO_DO).index(state)
    if many:
        has_it = models.StudentToDo.flags.bitwise_and(1 << bit) != 0
        return statement.where(sa.exists().where(models.StudentToDo.student_id == models.Student.id, has_it))
    return statement.where(
        models.Student.id.in_(sa.select(models.StudentToDo.student_id).where(flagged(1 << bit)))
    )


def flagged(wanted: int) -> sa.ColumnElement[bool]:
    """Condition on StudentToDo: has one of these bits. It lists every value, so that the index is of use."""
    return models.StudentToDo.flags.in_([flags for flags in range(1 << ALL_FLAGS) if flags & wanted])


def _supervised() -> sa.Select[Any]:
    return sa.select(models.Supervision.student_id).where(models.Supervision.role == Role.SCHOOL_SUPERVISOR)
