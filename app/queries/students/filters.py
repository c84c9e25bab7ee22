"""What the list of students can be narrowed by."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.entities.engine import folded
from app.entities.membership import members_of
from app.entities.students import (
    ALL_FLAGS,
    STILL_TO_DO,
    Enrolment,
    Student,
    StudentGroup,
    StudentToDo,
    Supervision,
)
from app.entities.users import User
from app.permissions import Role
from app.queries.base.asked import is_id, matching_words
from app.queries.students.search import found_by
from app.queries.users.users import is_holder
from app.rules.people import search_form


def by_words(statement: Select[Any], words: str) -> Select[Any]:
    """Every word begins a word of name, number or e-mail address; accents and capitals do not matter."""
    return statement.where(found_by(words))


def by_target(statement: Select[Any], key: str) -> Select[Any]:
    """Students of a programme ("12") or of an elective ("k3")."""
    column = Enrolment.elective_id if key.startswith("k") else Enrolment.programme_id
    number = key.removeprefix("k")
    if not is_id(number):
        return statement.where(Student.id.is_(None))
    return statement.where(Student.id.in_(select(Enrolment.student_id).where(column == int(number))))


def by_programmes(statement: Select[Any], programmes: Collection[int]) -> Select[Any]:
    """Students of one of these programmes."""
    enrolled = select(Enrolment.student_id).where(Enrolment.programme_id.in_(programmes))
    return statement.where(Student.id.in_(enrolled))


def by_group(statement: Select[Any], group: str) -> Select[Any]:
    """Students in this group: by id, or by what was typed of its name; a number may be either ("2025").

    A name typed whole is that group alone ("VIG2A", though "VIG2A (2027-2028)" has it in it too).
    """
    own: Any = StudentGroup
    other: Any = aliased(StudentGroup)
    this, another = (_exactly(one, group) for one in (own, other))
    part = folded(own.name).contains(search_form(group), autoescape=True)
    named = select(own.id).where(or_(this, and_(~exists().where(another), part)))
    return statement.where(Student.id.in_(members_of(named)))


def _exactly(one: Any, group: str) -> ColumnElement[bool]:
    return one.id == int(group) if is_id(group) else func.lower(one.name) == group.lower()


def by_supervisor(statement: Select[Any], user: str) -> Select[Any]:
    """Students of this praktijkbegeleider: by id, or by words of the name."""
    if is_id(user):
        return statement.where(Student.id.in_(_supervised().where(Supervision.user_id == int(user))))
    # From who has the role: all users are all students too.
    named = select(User.id).where(
        is_holder(Role.SCHOOL_SUPERVISOR),
        matching_words(user, User.first_name, User.infix, User.last_name),
    )
    return statement.where(Student.id.in_(_supervised().where(Supervision.user_id.in_(named))))


def by_state(statement: Select[Any], state: str, *, many: bool = False) -> Select[Any]:
    """What still has to be done for a student; the database counts it.

    `many`: a page of them is soon found by looking at one student after another, in the order of the list.
    """
    if state not in STILL_TO_DO:
        return statement.where(Student.id.is_(None))
    bit = list(STILL_TO_DO).index(state)
    if many:
        has_it = StudentToDo.flags.bitwise_and(1 << bit) != 0
        return statement.where(exists().where(StudentToDo.student_id == Student.id, has_it))
    return statement.where(Student.id.in_(select(StudentToDo.student_id).where(flagged(1 << bit))))


def flagged(wanted: int) -> ColumnElement[bool]:
    """Condition on StudentToDo: each value with one of these bits by itself, so that the index is of use."""
    return StudentToDo.flags.in_([flags for flags in range(1 << ALL_FLAGS) if flags & wanted])


def _supervised() -> Select[Any]:
    return select(Supervision.student_id).where(Supervision.role == Role.SCHOOL_SUPERVISOR)
