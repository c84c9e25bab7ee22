"""What an import of groups reads: the school's groups, and the students whose numbers are in the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import and_, or_, select

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.membership import has_rule, membership
from app.entities.students import Student, StudentGroup
from app.entities.users import RoleRow, User
from app.permissions import MENTOR_ROLES, Actor, Permission, visible
from app.queries.imports.imports import (
    Fact,
    Known,
    UserFact,
    by_login,
    pairs,
    text_set,
    user_facts,
    with_zeros,
)
from app.rules.people import name_form, sort_name

GROUP_FIELDS = ("name", "cohort", "school_year", "location", "colour", "mentor_id")

RULED = "rule"  # the mark of a group that a rule fills


def groups_known(
    actor: Actor, *, today: date, numbers: Collection[str], logins: Collection[str] = ()
) -> Known:
    """Every group with those of these students that are in it already, these students, and the mentors."""
    rows = db.session.execute(
        visible(actor, StudentGroup, Permission.GROUPS_IMPORT).with_only_columns(
            StudentGroup.id,
            StudentGroup.version,
            has_rule().label("ruled"),
            *(getattr(StudentGroup, name) for name in GROUP_FIELDS),
        )
    ).all()
    students = _students(actor, numbers)
    missing = set(numbers) - set(students)
    member = membership(students=id_set([student_id for student_id, _name in students.values()])).c
    members = pairs(select(member.group_id, member.student_id))
    users = _mentors(logins)
    return Known(
        today=today,
        users=by_login(users),
        named=_by_name(users),
        groups={row.name.lower(): (row.id, row.name) for row in rows},
        there={
            row.name.lower(): Fact(
                id=row.id,
                values={name: getattr(row, name) for name in GROUP_FIELDS},
                coupled={"members": [one[0] for one in members.get(row.id, ())]},
                version=row.version,
                marks=frozenset({RULED}) if row.ruled else frozenset(),
            )
            for row in rows
        },
        students=students,
        zeros=with_zeros(actor, Permission.GROUPS_IMPORT, missing),
    )


def _mentors(logins: Collection[str]) -> Sequence[UserFact]:
    """Who has one of these logins, who can be a mentor (they are called by name too), and who is one now."""
    wanted = text_set(sorted(logins))
    now = select(StudentGroup.mentor_id).where(StudentGroup.mentor_id.is_not(None))
    return user_facts(
        or_(
            User.username.in_(wanted),
            User.email.in_(wanted),
            and_(User.guest.is_(False), User.roles.any(RoleRow.name.in_(MENTOR_ROLES))),
            User.id.in_(now),
        )
    )


def _by_name(users: Sequence[UserFact]) -> Mapping[str, Sequence[UserFact]]:
    found: dict[str, list[UserFact]] = {}
    for user in users:
        if user.active and user.roles & set(MENTOR_ROLES):
            for name in {name_form(user.name), name_form(user.initials)}:
                found.setdefault(name, []).append(user)
    return found


def _students(actor: Actor, numbers: Collection[str]) -> Mapping[str, tuple[int, str]]:
    rows = db.session.execute(
        visible(actor, Student, Permission.GROUPS_IMPORT)
        .with_only_columns(Student.id, Student.number, Student.first_name, Student.infix, Student.last_name)
        .where(Student.number.in_(text_set(sorted(numbers))))
    )
    return {
        row.number: (row.id, f"{sort_name(row.first_name, row.infix, row.last_name)} ({row.number})")
        for row in rows
    }
