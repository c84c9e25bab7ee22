"""What an import of users reads: the users whose addresses are in the file, with all that it can add to."""

from collections.abc import Collection, Mapping
from datetime import date

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role

from app import models
from app.entities.base import db
from app.entities.engine import id_set, lock_rows, text_set
from app.permissions import Actor, Permission, Role, visible
from app.queries.imports import present

USER_FIELDS = ("email", "first_name", "infix", "last_name", "username", "organisation", "phone", "language")
CLOSED, A_STUDENT = "closed", "student"  # marks of an account that a file may not change


def users_known(
    actor: Actor,
    *,
    today: date,
    emails: Collection[str],
    logins: Collection[str],
    roles: tuple[str, ...],
) -> present.Known:
    """Programmes, the users with these addresses, and the users with one of these names or addresses."""
    return present.Known(
        today=today,
        programmes=present.programme_facts(actor),
        users=present.users_by_login(actor, logins),
        there=_users(actor, emails),
        roles=roles,
    )


def _users(actor: Actor, emails: Collection[str]) -> Mapping[str, present.Fact]:
    """Address in lower case -> the visible user with their roles and programmes. Three queries."""
    columns = [getattr(models.User, name) for name in USER_FIELDS]
    is_student = sa.exists().where(models.Student.user_id == models.User.id)
    wanted = visible(actor, models.User, Permission.USERS_IMPORT).where(
        models.User.email.in_(text_set(sorted(emails)))
    )
    lock_rows(models.User.__table__, wanted.with_only_columns(models.User.id))
    rows = db.session.execute(
        wanted.with_only_columns(
            models.User.id, models.User.version, models.User.active, is_student.label("student"), *columns
        )
    ).all()
    among = id_set([row.id for row in rows])
    roles = present.pairs(
        sa.select(assoc_user_role.c.user_id, models.RoleRow.name)
        .join(models.RoleRow, models.RoleRow.id == assoc_user_role.c.role_id)
        .where(assoc_user_role.c.user_id.in_(among))
    )
    programmes = present.pairs(
        sa.select(models.user_programme.c.user_id, models.user_programme.c.programme_id).where(
            models.user_programme.c.user_id.in_(among)
        )
    )
    found = {}
    for row in rows:
        held = [one[0] for one in roles.get(row.id, ())]
        marks = {CLOSED: not row.active, A_STUDENT: row.student or Role.STUDENT in held}
        found[row.email.lower()] = present.Fact(
            id=row.id,
            values={name: getattr(row, name) or "" for name in USER_FIELDS},
            coupled={"roles": held, "programmes": [one[0] for one in programmes.get(row.id, ())]},
            version=row.version,
            marks=frozenset(mark for mark, holds in marks.items() if holds),
        )
    return found


def user_ids(emails: Collection[str]) -> Mapping[str, int]:
    """Address -> id of the users with these addresses (kept in lower case)."""
    rows = db.session.execute(
        sa.select(models.User.email, models.User.id).where(models.User.email.in_(text_set(sorted(emails))))
    )
    return {row[0]: row[1] for row in rows}


def role_ids() -> Mapping[str, int]:
    """Name -> id of every role."""
    return {row[0]: row[1] for row in db.session.execute(sa.select(models.RoleRow.name, models.RoleRow.id))}
