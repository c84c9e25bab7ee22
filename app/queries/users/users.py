"""What the screens about users read: a fixed number of queries each."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy.orm import selectinload

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import SEE_STUDENTS, Actor, Role, visible
from app.rules.accounts import ADMINISTRATOR_ONLY, SUPPLIER_ONLY
from app.rules.code_format import INVITATION
from app.rules.people import one_writing

# Roles whose rows or work depend on the programmes they are coupled to; the others are complete without.
PROGRAMME_ROLES = (
    Role.SCHOOL_SUPERVISOR,
    Role.COMPANY_SUPERVISOR,
    Role.SCHOOL_EXAMINER,
    Role.COMPANY_EXAMINER,
)


def roles_of(user: models.User) -> list[Role]:
    """The roles of a user in the order of the table of rights; names that it does not know are left out."""
    names = {row.name for row in user.roles}
    return [role for role in Role if role.value in names]


def main_roles(user_ids: Collection[int]) -> dict[int, Role]:
    """User id -> the role that decides how mails address them: their first in the table of rights."""
    held = db.session.execute(
        sa.select(assoc_user_role.c.user_id, models.RoleRow.name)
        .join(models.RoleRow, models.RoleRow.id == assoc_user_role.c.role_id)
        .where(assoc_user_role.c.user_id.in_(id_set(list(user_ids))), models.RoleRow.name.in_(list(Role)))
    )
    order = list(Role)
    found: dict[int, Role] = {}
    for user_id, name in held:
        role = Role(name)
        found[user_id] = min(found.get(user_id, role), role, key=order.index)
    return found


def last_sign_in(user: models.User) -> dt.datetime | None:
    """When the user last signed in, in UTC: the framework keeps the moment without a zone."""
    return user.last_login.replace(tzinfo=dt.UTC) if user.last_login else None


def proves_address() -> sa.ColumnElement[bool]:
    """Condition on EmailChange and User: its code showed that the address of this user now is theirs."""
    return sa.and_(
        models.EmailChange.user_id == models.User.id,
        models.EmailChange.new_email == models.User.email,
        models.EmailChange.confirmed_at.is_not(None),
    )


def with_role(*roles: Role) -> sa.ColumnElement[bool]:
    """Condition on User: holds one of these roles (any role at all when none is named)."""
    return _holders(*roles).where(assoc_user_role.c.user_id == models.User.id).exists()


def is_holder(*roles: Role) -> sa.ColumnElement[bool]:
    """The same condition, faster for all users: it gathers the holders once, instead of asking per user."""
    return models.User.id.in_(_holders(*roles))


def _holders(*roles: Role) -> sa.Select[tuple[int]]:
    """The ids of the users with one of these roles (any role at all when none is named)."""
    named = sa.select(models.RoleRow.id).where(
        models.RoleRow.name.in_([role.value for role in roles or Role])
    )
    return sa.select(assoc_user_role.c.user_id).where(assoc_user_role.c.role_id.in_(named))


def is_incomplete() -> sa.ColumnElement[bool]:
    """Condition on User: the account is open, and a role or a programme is missing before they can work."""
    coupled = models.User.id.in_(sa.select(models.user_programme.c.user_id))
    lacks = sa.or_(~is_holder(), sa.and_(is_holder(*PROGRAMME_ROLES), ~coupled))
    return sa.and_(models.User.active.is_(True), lacks)


def is_working_staff() -> sa.ColumnElement[bool]:
    """Condition on User: supervises or examines, and the account is open."""
    return sa.and_(models.User.active.is_(True), is_holder(*PROGRAMME_ROLES))


def in_programme(programme_id: int) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        models.user_programme.c.user_id == models.User.id,
        models.user_programme.c.programme_id == programme_id,
    )


def programme_choices(actor: Actor) -> list[tuple[int, str]]:
    """The programmes this actor can couple, for a form."""
    rows = db.session.scalars(
        visible(actor, models.Programme).order_by(
            models.Programme.name, models.Programme.cohort, models.Programme.id
        )
    )
    return [(row.id, str(row)) for row in rows]


def last_active_administrator(ids: Collection[int]) -> bool:
    """Whether no active administrator would be left without these users.

    The rows stay locked until the transaction ends: two administrators who take each other's role away at the
    same time wait for one another.
    """
    held = db.session.scalars(
        sa.select(models.User.id)
        .where(models.User.active.is_(True), with_role(Role.ADMINISTRATOR))
        .order_by(models.User.id)
        .with_for_update(of=models.User)
    ).all()
    return bool(set(held) & set(ids)) and not set(held) - set(ids)


@dataclass(frozen=True)
class CodeState:
    """The working inlogcode of a user, if any, and the state of its mail ("": no mail was made)."""

    expires_at: dt.datetime | None = None
    mail_state: str = ""
    mail: models.OutboxMail | None = None


def live_code(*purposes: str) -> sa.ColumnElement[bool]:
    """Condition on LoginCode: an inlogcode (or a code for these purposes) that can still be used."""
    return sa.and_(
        models.LoginCode.purpose.in_(purposes or (INVITATION,)),
        models.LoginCode.used_at.is_(None),
        models.LoginCode.cancelled_at.is_(None),
        models.LoginCode.expires_at > utc_now(),
    )


def code_state(user_id: int) -> CodeState:
    row = db.session.execute(
        sa.select(models.LoginCode.expires_at, models.OutboxMail)
        .outerjoin(models.OutboxMail, models.OutboxMail.login_code_id == models.LoginCode.id)
        .where(models.LoginCode.user_id == user_id, live_code())
        .order_by(models.LoginCode.id.desc(), models.OutboxMail.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return CodeState()
    mail: models.OutboxMail | None = row[1]
    return CodeState(row[0], "" if mail is None else mail.state, mail)


def by_sign_in_name(name: str) -> sa.Select[models.User]:
    """The user behind a typed user name, e-mail address or student number, in this order.

    User names and addresses are kept in lower case, and a domain in one writing, whichever is typed; a number
    as the school writes it.
    """
    typed = name.strip().lower()
    writings = {typed, one_writing(typed).lower()}  # an account of before may have the other one
    numbered = sa.select(models.Student.user_id).where(
        models.Student.number.in_({name.strip(), typed, typed.upper()}), models.Student.user_id.is_not(None)
    )
    is_name, is_address = models.User.username.in_(writings), models.User.email.in_(writings)
    rank = sa.case((is_name, 0), (is_address, 1), else_=2)
    names = sa.or_(is_name, is_address, models.User.id.in_(numbered))
    return (
        sa.select(models.User)
        .where(names, models.User.guest.is_(False))
        .order_by(rank, models.User.id)
        .limit(1)
    )


def student_of(user_id: int | None) -> int | None:
    """The student whose account this is, if it is one's."""
    return db.session.scalar(sa.select(models.Student.id).where(models.Student.user_id == user_id))


def taken(value: str, *, but: int | None = None) -> bool:
    """Whether another user already has this as user name or e-mail address."""
    statement = (
        sa.select(sa.func.count())
        .select_from(models.User)
        .where(sa.or_(models.User.username == value, models.User.email == value))
    )
    if but is not None:
        statement = statement.where(models.User.id != but)
    return bool(db.session.scalar(statement))


def own_user(user_id: int | None) -> models.User:
    """A user with their roles and programmes, read anew. Three queries."""
    return db.session.scalars(
        sa.select(models.User)
        .where(models.User.id == user_id)
        .options(selectinload(models.User.roles), selectinload(models.User.programmes))
        .execution_options(populate_existing=True)
    ).one()


def grantable(actor: Actor) -> list[Role]:
    """Roles this actor gives and takes: never student (students room), supplier from a supplier (trap 7)."""
    beyond = {Role.STUDENT, *_barred(actor, way_in=True)}
    return [role for role in Role if role not in beyond]


def why_not_change(actor: Actor, held: Collection[Role], *, way_in: bool = False) -> str:
    """Why this actor may not change an account with these roles; "" when they may.

    `way_in`: whether the change would let somebody into the account, or give it a role.
    """
    return next((why for role, why in _barred(actor, way_in=way_in).items() if role in held), "")


def out_of_reach(actor: Actor, ids: Collection[int], *, way_in: bool = False) -> dict[int, tuple[str, str]]:
    """User id -> name and reason, of the users among these whom this actor may not change. One query."""
    barred = _barred(actor, way_in=way_in)
    if not barred:
        return {}
    why = next(iter(barred.values()))  # there is one reason for all of them
    theirs = models.User.id.in_(id_set(list(ids))) & with_role(*barred)
    rows = db.session.scalars(sa.select(models.User).where(theirs).order_by(models.User.last_name))
    return {row.id: (row.full_name, why) for row in rows}


def _barred(actor: Actor, *, way_in: bool) -> dict[Role, str]:
    """Role -> why this actor may not change an account that has it. The one place that asks (decision 0030).

    Only a supplier touches the account of a supplier. A supplier sees no student, so opens no way into an
    account that does; but as long as the school has no administrator, who else lets the first people in?
    """
    if actor.system:
        return {}
    if Role.SUPPLIER not in actor.roles:
        return {Role.SUPPLIER: SUPPLIER_ONLY}
    if not way_in or Role.ADMINISTRATOR in actor.roles or not has_administrator():
        return {}
    return dict.fromkeys(SEE_STUDENTS, ADMINISTRATOR_ONLY)


def has_administrator() -> bool:
    """Whether the school has an administrator who can sign in."""
    held = sa.exists().where(models.User.active.is_(True), with_role(Role.ADMINISTRATOR))
    return bool(db.session.scalar(sa.select(held)))
