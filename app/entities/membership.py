"""Who is in which group: the one answer, for groups filled by hand and by a rule (decision 0019).

Every query for who is in a group selects from `membership()`; only code that writes uses group_member.
"""

from typing import Any

import sqlalchemy as sa

from app.entities.students import Enrolment, Student, StudentGroup, group_member, group_rule


def membership(*, groups: Any = None, students: Any = None) -> sa.Subquery:
    """(group_id, student_id), if asked of these groups or students only: a SELECT or a list of ids.

    A group by a rule holds the active students of the rule's programmes, and nobody else. A student who
    follows two of them comes twice: use IN or EXISTS, or count distinct ids. The conditions stand in both
    halves of the UNION, since no database brings them there from a query with more than a WHERE around it.
    Call it for every use: one statement may hold it twice.
    """
    ruled = sa.exists().where(group_rule.c.group_id == group_member.c.group_id).correlate(group_member)
    by_hand = sa.select(group_member.c.group_id, group_member.c.student_id).where(
        ~ruled, _among(group_member.c.group_id, groups), _among(group_member.c.student_id, students)
    )
    # As EXISTS: with a join SQLite begins with every student.
    active = sa.exists().where(Student.id == Enrolment.student_id, Student.active).correlate(Enrolment)
    by_rule = (
        sa.select(group_rule.c.group_id, Enrolment.student_id)
        .join(Enrolment, Enrolment.programme_id == group_rule.c.programme_id)
        .where(active, _among(group_rule.c.group_id, groups), _among(Enrolment.student_id, students))
    )
    return sa.union_all(by_hand, by_rule).subquery("membership")


def put_in() -> sa.Subquery:
    """(group_id, student_id) of the groups that are filled by hand."""
    ruled = sa.exists().where(group_rule.c.group_id == group_member.c.group_id).correlate(group_member)
    return sa.select(group_member.c.group_id, group_member.c.student_id).where(~ruled).subquery("put_in")


def _among(column: Any, wanted: Any) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = sa.true() if wanted is None else column.in_(wanted)
    return found


def members_of(groups: Any) -> sa.Select[tuple[int]]:
    """The ids of the students in one of these groups."""
    return sa.select(membership(groups=groups).c.student_id)


def groups_with(students: Any) -> sa.Select[tuple[int]]:
    """The ids of the groups that hold one of these students."""
    return sa.select(membership(students=students).c.group_id)


def has_members() -> sa.ColumnElement[bool]:
    """Condition on StudentGroup: somebody is in it."""
    found = membership().c
    return sa.exists().where(found.group_id == StudentGroup.id)


def has_rule() -> sa.ColumnElement[bool]:
    """Condition on StudentGroup: a rule says who is in it."""
    return sa.exists().where(group_rule.c.group_id == StudentGroup.id)


def rules() -> sa.Select[tuple[int, str]]:
    """(group_id, its programmes as "3,8") of every group that is filled by a rule."""
    return sa.select(group_rule.c.group_id, listed(group_rule.c.programme_id)).group_by(group_rule.c.group_id)


def listed(ids: Any) -> Any:
    """The ids of a group of rows as one text, in no order: "3,8"."""
    return sa.func.aggregate_strings(sa.cast(ids, sa.String), ",").label("listed")
