"""Accounts of students, made when they first get an inlogcode (manual, steps 4 and 4a)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import assoc_user_role
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, func, insert, or_, select, update

from app.actions.access.code_making import NO_ADDRESS
from app.actions.base.action import Refused
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.students import Student
from app.entities.users import RoleRow, User
from app.permissions import Actor, Permission, Role, may
from app.queries.users.users import with_role
from app.rules.people import full_name, mail_of, without_mail

NAME_MAX = 64  # what the account table holds of a name; the student's own row has all of it
STUDENT_ONLY = tuple(role for role in Role if role is not Role.STUDENT)


@dataclass
class Accounts:
    """Students' accounts: user ids by student id, and who got none and why."""

    user_of: dict[int, int] = field(default_factory=dict)
    made: int = 0
    refused: list[Refused] = field(default_factory=list)


def ensure_accounts(actor: Actor, student_ids: Iterable[int], *, on_paper: bool = False) -> Accounts:
    """An account for each of these students: user name = student number, role student, e-mail.

    `on_paper`: for a code that is handed over, so that no e-mail address is needed.
    """
    ids = sorted(set(student_ids))
    taken_names, taken_mails = _clashes(ids)
    accounts = Accounts()
    new: list[Any] = []
    moved: list[dict[str, Any]] = []
    for row in db.session.execute(_students(ids)):
        email = row.email.lower()
        clash = row.number.lower() in taken_names or email in taken_mails
        has_account = row.user_id is not None
        # An account that was never used follows the student's address: a typing error there is put right.
        outdated = (
            has_account and email and not row.password and row.user_email != email and not row.other_role
        )
        why = _refusal(actor, row, has_account, clash and (outdated or not has_account), on_paper)
        if why:
            accounts.refused.append(Refused(_label(row), why))
            continue
        if has_account:
            accounts.user_of[row.id] = row.user_id
        else:
            new.append(row)
        if outdated:
            moved.append({"id": row.user_id, "email": email})
        taken_mails.add(email or without_mail(row.number))
    if moved:
        db.session.execute(update(User), moved)
    accounts.made = len(new)
    accounts.user_of |= _make(new)
    return accounts


def _refusal(actor: Actor, row: Any, has_account: bool, clash: bool, on_paper: bool) -> str:
    if not row.active:
        return _("Deze student is niet actief.")
    if not on_paper and not row.email and not mail_of(row.user_email or ""):
        return _(NO_ADDRESS)
    if has_account and row.other_role and not may(actor, Permission.USERS_EDIT):
        return _("Dit account heeft ook een andere rol; een beheerder verstuurt de inlogcode via Gebruikers.")
    if clash:
        return _("Er is al een andere gebruiker met dit studentnummer of dit e-mailadres.")
    return ""


def _students(ids: Sequence[int]) -> Any:
    return (
        select(
            Student.id,
            Student.number,
            Student.first_name,
            Student.infix,
            Student.last_name,
            Student.email,
            Student.active,
            Student.user_id,
            User.email.label("user_email"),
            User.password,
            with_role(*STUDENT_ONLY).label("other_role"),
        )
        .outerjoin(User, User.id == Student.user_id)
        .where(Student.id.in_(id_set(ids)))
        .order_by(Student.id)
        .with_for_update(of=Student)
    )


def _clashes(ids: Sequence[int]) -> tuple[set[str], set[str]]:
    """User names and addresses that these students would need and that another user has."""
    wanted = Student.id.in_(id_set(ids))
    another = or_(Student.user_id.is_(None), Student.user_id != User.id)

    def held(column: Any, key: Any) -> set[str]:
        same: ColumnElement[bool] = column == func.lower(key)
        return set(db.session.scalars(select(column).join(Student, same).where(wanted, another)))

    return held(User.username, Student.number), held(User.email, Student.email) | held(
        User.username, Student.email
    )


def _make(rows: Sequence[Any]) -> dict[int, int]:
    """Accounts without a password for these students; student id -> user id."""
    if not rows:
        return {}
    db.session.execute(
        insert(User),
        [
            {
                "first_name": row.first_name[:NAME_MAX],
                "infix": row.infix,
                "last_name": row.last_name[:NAME_MAX],
                "username": row.number.lower(),
                "active": True,
                "email": row.email.lower() or without_mail(row.number),
            }
            for row in rows
        ],
    )
    ids = [row.id for row in rows]
    theirs = Student.id.in_(id_set(ids))
    account = select(User.id).where(User.username == func.lower(Student.number)).scalar_subquery()
    db.session.execute(
        update(Student).where(theirs, Student.user_id.is_(None)).values(user_id=account),
        execution_options=QUIETLY,
    )
    role = select(RoleRow.id).where(RoleRow.name == Role.STUDENT).scalar_subquery()
    held = exists().where(assoc_user_role.c.user_id == Student.user_id, assoc_user_role.c.role_id == role)
    db.session.execute(
        insert(assoc_user_role).from_select(
            ["user_id", "role_id"], select(Student.user_id, role).where(theirs, ~held)
        )
    )
    return {
        row.id: row.user_id for row in db.session.execute(select(Student.id, Student.user_id).where(theirs))
    }


def _label(row: Any) -> str:
    return f"{full_name(row.first_name, row.infix, row.last_name)} ({row.number})"
