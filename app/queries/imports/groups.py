"""What an import of groups reads: the school's groups, and the students whose numbers are in the file."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set, lock_rows, text_set
from app.entities.membership import has_rule, membership
from app.permissions import MENTOR_ROLES, Actor, Permission, visible
from app.queries.imports import alike, present
from app.rules import people

GROUP_FIELDS = ("name", "cohort", "school_year", "location", "colour", "mentor_id")

RULED = "rule"  # the mark of a group that a rule fills


def groups_known(
    actor: Actor, *, today: date, numbers: Collection[str], logins: Collection[str] = ()
) -> present.Known:
    """Every visible group with the students among these that are in it, these students, and the mentors."""
    wanted = visible(actor, models.StudentGroup, Permission.GROUPS_IMPORT)
    lock_rows(models.StudentGroup.__table__, wanted.with_only_columns(models.StudentGroup.id))
    rows = db.session.execute(
        wanted.with_only_columns(
            models.StudentGroup.id,
            models.StudentGroup.version,
            has_rule().label("ruled"),
            *(getattr(models.StudentGroup, name) for name in GROUP_FIELDS),
        )
    ).all()
    zeros = alike.but_for_zeros(actor, Permission.GROUPS_IMPORT, numbers)
    students = _students(actor, {*numbers, *(one for others in zeros.values() for one in others)})
    member = membership(students=id_set([student_id for student_id, _name in students.values()])).c
    members = present.pairs(sa.select(member.group_id, member.student_id))
    users = _mentors(logins)
    return present.Known(
        today=today,
        users=present.by_login(users),
        named=_by_name(users),
        groups={row.name.lower(): (row.id, row.name) for row in rows},
        there={
            row.name.lower(): present.Fact(
                id=row.id,
                values={name: getattr(row, name) for name in GROUP_FIELDS},
                coupled={"members": [one[0] for one in members.get(row.id, ())]},
                version=row.version,
                marks=frozenset({RULED}) if row.ruled else frozenset(),
            )
            for row in rows
        },
        students=students,
        zeros=zeros,
    )


def _mentors(logins: Collection[str]) -> Sequence[present.UserFact]:
    """Users with one of these logins, users who can be a mentor (a file may name them), and mentors now."""
    wanted = text_set(sorted(logins))
    now = sa.select(models.StudentGroup.mentor_id).where(models.StudentGroup.mentor_id.is_not(None))
    return present.user_facts(
        sa.or_(
            models.User.username.in_(wanted),
            models.User.email.in_(wanted),
            sa.and_(
                models.User.guest.is_(False), models.User.roles.any(models.RoleRow.name.in_(MENTOR_ROLES))
            ),
            models.User.id.in_(now),
        )
    )


def _by_name(users: Sequence[present.UserFact]) -> Mapping[str, Sequence[present.UserFact]]:
    """Name (full, or with initials) -> the possible mentors with that name."""
    found: dict[str, list[present.UserFact]] = {}
    for user in users:
        if user.active and user.roles & set(MENTOR_ROLES):
            for name in {people.name_form(user.name), people.name_form(user.initials)}:
                found.setdefault(name, []).append(user)
    return found


def _students(actor: Actor, numbers: Collection[str]) -> Mapping[str, tuple[int, str]]:
    """Number -> (id, label) of the visible students with these numbers."""
    rows = db.session.execute(
        visible(actor, models.Student, Permission.GROUPS_IMPORT)
        .with_only_columns(
            models.Student.id,
            models.Student.number,
            models.Student.first_name,
            models.Student.infix,
            models.Student.last_name,
        )
        .where(models.Student.number.in_(text_set(sorted(numbers))))
    )
    return {
        row.number: (row.id, f"{people.sort_name(row.first_name, row.infix, row.last_name)} ({row.number})")
        for row in rows
    }
