"""What an import of users reads: the people whose addresses are in the file, with all that it can add to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import exists, select

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.students import Student
from app.entities.users import RoleRow, User, user_programme
from app.permissions import Actor, Permission, Role, visible
from app.queries.imports.imports import Fact, Known, pairs, programme_facts, text_set, users_by_login

USER_FIELDS = ("email", "first_name", "infix", "last_name", "username", "organisation", "phone", "language")
CLOSED, A_STUDENT = "closed", "student"  # marks, beside the names of roles that decide


def users_known(
    actor: Actor,
    *,
    today: date,
    emails: Collection[str],
    logins: Collection[str],
    roles: tuple[str, ...],
) -> Known:
    """Programmes, the users with these addresses, and who else has one of these names or addresses."""
    return Known(
        today=today,
        programmes=programme_facts(actor),
        users=users_by_login(logins),
        there=_users(actor, emails),
        roles=roles,
    )


def _users(actor: Actor, emails: Collection[str]) -> Mapping[str, Fact]:
    columns = [getattr(User, name) for name in USER_FIELDS]
    is_student = exists().where(Student.user_id == User.id)
    rows = db.session.execute(
        visible(actor, User, Permission.USERS_IMPORT)
        .with_only_columns(User.id, User.version, User.active, is_student.label("student"), *columns)
        .where(User.email.in_(text_set(sorted(emails))))
    ).all()
    among = id_set([row.id for row in rows])
    roles = pairs(
        select(assoc_user_role.c.user_id, RoleRow.name)
        .join(RoleRow, RoleRow.id == assoc_user_role.c.role_id)
        .where(assoc_user_role.c.user_id.in_(among))
    )
    programmes = pairs(
        select(user_programme.c.user_id, user_programme.c.programme_id).where(
            user_programme.c.user_id.in_(among)
        )
    )
    found = {}
    for row in rows:
        held = [one[0] for one in roles.get(row.id, ())]
        marks = {CLOSED: not row.active, A_STUDENT: row.student or Role.STUDENT in held}
        found[row.email.lower()] = Fact(
            id=row.id,
            values={name: getattr(row, name) or "" for name in USER_FIELDS},
            coupled={"roles": held, "programmes": [one[0] for one in programmes.get(row.id, ())]},
            version=row.version,
            marks=frozenset(mark for mark, holds in marks.items() if holds),
        )
    return found


def user_ids(emails: Collection[str]) -> Mapping[str, int]:
    """Address -> id, of the users with these addresses (kept in lower case)."""
    rows = db.session.execute(select(User.email, User.id).where(User.email.in_(text_set(sorted(emails)))))
    return {row[0]: row[1] for row in rows}


def role_ids() -> Mapping[str, int]:
    """Name -> id, of every role."""
    return {row[0]: row[1] for row in db.session.execute(select(RoleRow.name, RoleRow.id))}
