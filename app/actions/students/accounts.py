"""Accounts of students, made when they first get an inlogcode (manual, steps 4 and 4a)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role
from flask_babel import gettext as _
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.access.code_making import NO_ADDRESS
from app.actions.access.new_address import Moved, address_changed
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.errors import RuleBroken
from app.permissions import OTHER_ROLES, Actor, Permission, Role, may
from app.queries.planning.sides import meetings
from app.queries.users.users import proves_address, with_role
from app.rules import people
from app.rules.accounts import ADDRESS_TOO_LONG, USERNAME_MAX, name_with, names_of_student
from app.rules.sides import why_not_this_address


@dataclass
class Accounts:
    """Students' accounts: user id by student id, and the students who got none, with the reason."""

    user_of: dict[int, int] = field(default_factory=dict)
    made: int = 0
    touched: list[int] = field(default_factory=list)  # user ids: made now, or given another address
    refused: list[base.Refused] = field(default_factory=list)
    moved: dict[str, list[str]] = field(default_factory=dict)  # student -> old and new address of the account
    renamed: dict[str, list[str]] = field(default_factory=dict)  # the same of the user name that was it
    old_address: dict[int, str] = field(default_factory=dict)  # by user id, of who got another

    @property
    def details(self) -> dict[str, Any]:
        """What the trail holds of them: how many were made, and every address that changed."""
        found = {"accounts": self.made, "addresses": self.moved, "usernames": self.renamed}
        return {name: told for name, told in found.items() if told}

    @property
    def told(self) -> list[str]:
        """What a page says of the addresses that change."""
        if not self.moved:
            return []
        return [
            ngettext(
                "%(num)s account krijgt het e-mailadres van de student.",
                "%(num)s accounts krijgen het e-mailadres van de student.",
                len(self.moved),
            )
        ]

    @property
    def rests_on(self) -> list[tuple[str, list[str]]]:
        """The addresses that change, for the mark of what was announced: the page names the first few."""
        return sorted(self.moved.items())


def ensure_accounts(actor: Actor, student_ids: Iterable[int], *, on_paper: bool = False) -> Accounts:
    """Make an account for each of these students who has none (user name: the student number; role: student).

    `on_paper`: the code is handed over on paper, so no e-mail address is needed.
    """
    ids = sorted(set(student_ids))
    taken_names, taken_mails = _clashes(ids)
    accounts = Accounts()
    new: list[Any] = []
    moved: list[Any] = []
    rows = db.session.execute(_students(ids)).all()
    met = meetings({row.user_id: row.email.lower() for row in rows if _is_outdated(row)})
    for row in rows:
        email = row.email.lower()
        clash = row.number.lower() in taken_names or email in taken_mails
        has_account = row.user_id is not None
        outdated = _is_outdated(row)
        why = _refusal(actor, row, has_account, clash and (outdated or not has_account), on_paper)
        if not why and row.user_id in met:
            why = base.say(why_not_this_address(met[row.user_id].guest, met[row.user_id].moment))
        if why:
            accounts.refused.append(base.Refused(_label(row), why))
            continue
        if has_account:
            accounts.user_of[row.id] = row.user_id
        else:
            new.append(row)
        if outdated:
            moved.append(row)
            accounts.old_address[row.user_id] = people.mail_of(row.user_email)
            accounts.moved[_label(row)] = [accounts.old_address[row.user_id], email]
            if _named(row) != row.username:
                accounts.renamed[_label(row)] = [row.username, email]
        # Two students of one batch may not get the same address either.
        taken_mails.add(email or people.without_mail(row.number))
    if moved:
        values = [
            {
                "id": row.user_id,
                "email": row.email.lower(),
                "username": _named(row),
                "version": row.user_version + 1,
            }
            for row in moved
        ]
        db.session.execute(sa.update(models.User), values)
        address_changed([Moved(row.user_id, row.user_email, row.user_language) for row in moved])
    accounts.made = len(new)
    made = _make(new)
    accounts.user_of |= made
    accounts.touched = sorted([*made.values(), *(one.user_id for one in moved)])
    return accounts


def follow_address(actor: Actor, student_id: int) -> Accounts:
    """Give the account of a student whose address was corrected that address, unless its user proved theirs.

    Codes that went to the old one end. RuleBroken when the address is somebody else's.
    """
    row = db.session.execute(_students([student_id])).one()
    if not (row.active and _is_outdated(row)):
        return Accounts()
    accounts = ensure_accounts(actor, [student_id], on_paper=True)
    if accounts.refused:
        raise RuleBroken(accounts.refused[0].reason, field="email")
    return accounts


def _named(row: Any) -> str:
    return name_with(row.username, row.user_email, row.email.lower())


def _is_outdated(row: Any) -> bool:
    """Whether this account gets the student's address: nobody proved the old, so it may be a typing error."""
    return bool(
        row.user_id is not None
        and row.user_active  # no code can be given to a closed one, so nothing would be told
        and row.email
        and not row.password
        and not row.proved  # its user showed that the address is theirs
        and row.user_email != row.email.lower()
        and not row.other_role
    )


def _refusal(actor: Actor, row: Any, has_account: bool, clash: bool, on_paper: bool) -> str:
    if not row.active:
        return _("Deze student is niet actief.")
    if not on_paper and not row.email and not people.mail_of(row.user_email or ""):
        return _(NO_ADDRESS)
    if has_account and row.other_role and not may(actor, Permission.USERS_EDIT):
        return _("Dit account heeft ook een andere rol; een beheerder verstuurt de inlogcode via Gebruikers.")
    if _is_outdated(row) and len(_named(row)) > USERNAME_MAX:
        return _(ADDRESS_TOO_LONG)
    if clash:
        return _("Er is al een andere gebruiker met dit studentnummer of dit e-mailadres.")
    return ""


def _students(ids: Sequence[int]) -> Any:
    return (
        sa.select(
            models.Student.id,
            models.Student.number,
            models.Student.first_name,
            models.Student.infix,
            models.Student.last_name,
            models.Student.email,
            models.Student.active,
            models.Student.user_id,
            models.User.email.label("user_email"),
            models.User.username,
            models.User.version.label("user_version"),
            models.User.language.label("user_language"),
            models.User.active.label("user_active"),
            models.User.password,
            sa.exists().where(proves_address()).label("proved"),
            with_role(*OTHER_ROLES).label("other_role"),
        )
        .outerjoin(models.User, models.User.id == models.Student.user_id)
        .where(models.Student.id.in_(id_set(ids)))
        .order_by(models.Student.id)
        .with_for_update(of=models.Student)
    )


def _clashes(ids: Sequence[int]) -> tuple[set[str], set[str]]:
    """The user names and the addresses that these students would need but that another user has."""
    wanted = models.Student.id.in_(id_set(ids))
    another = sa.or_(models.Student.user_id.is_(None), models.Student.user_id != models.User.id)

    def held(column: Any, key: Any) -> set[str]:
        same: sa.ColumnElement[bool] = column == sa.func.lower(key)
        return set(db.session.scalars(sa.select(column).join(models.Student, same).where(wanted, another)))

    return held(models.User.username, models.Student.number), held(
        models.User.email, models.Student.email
    ) | held(models.User.username, models.Student.email)


def _make(rows: Sequence[Any]) -> dict[int, int]:
    """Make accounts without a password for these students. Returns student id -> user id."""
    if not rows:
        return {}
    db.session.execute(
        sa.insert(models.User),
        [
            {
                **names_of_student(row.first_name, row.infix, row.last_name),
                "username": row.number.lower(),
                "active": True,
                "email": row.email.lower() or people.without_mail(row.number),
            }
            for row in rows
        ],
    )
    # From here on by user name, so that the number of statements does not grow with the students.
    ids = [row.id for row in rows]
    theirs = models.Student.id.in_(id_set(ids))
    account = (
        sa.select(models.User.id)
        .where(models.User.username == sa.func.lower(models.Student.number))
        .scalar_subquery()
    )
    db.session.execute(
        sa.update(models.Student).where(theirs, models.Student.user_id.is_(None)).values(user_id=account),
        execution_options=QUIETLY,
    )
    role = sa.select(models.RoleRow.id).where(models.RoleRow.name == Role.STUDENT).scalar_subquery()
    held = sa.exists().where(
        assoc_user_role.c.user_id == models.Student.user_id, assoc_user_role.c.role_id == role
    )
    db.session.execute(
        sa.insert(assoc_user_role).from_select(
            ["user_id", "role_id"], sa.select(models.Student.user_id, role).where(theirs, ~held)
        )
    )
    return {
        row.id: row.user_id
        for row in db.session.execute(sa.select(models.Student.id, models.Student.user_id).where(theirs))
    }


def _label(row: Any) -> str:
    return f"{people.full_name(row.first_name, row.infix, row.last_name)} ({row.number})"
