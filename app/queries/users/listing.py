"""What the list of Gebruikers adds to its rows: how far each user is, and how many students are coupled."""

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, Permission, Role, may, visible
from app.queries.access.factors import has_factor
from app.queries.planning.stopped import goes_on
from app.queries.users import users
from app.rules.people import mail_of
from app.rules.second_factor import needed
from app.rules.text import N_
from app.school import current_school


class UserState(enum.StrEnum):
    """How far a user is; the values stand in addresses. Exactly one of the first four holds."""

    INVITED = "uitgenodigd"
    ACTIVE = "actief"
    NEVER = "nooit"
    CLOSED = "inactief"
    UNFINISHED = "onvolledig"
    MAIL_FAILED = "mail-mislukt"
    NO_FACTOR = "zonder-tweede-stap"

    @property
    def label(self) -> str:
        return STATE_LABELS[self]


STATE_LABELS = {
    UserState.INVITED: N_("Uitgenodigd"),
    UserState.ACTIVE: N_("Actief"),
    UserState.NEVER: N_("Nooit aangemeld"),
    UserState.CLOSED: N_("Niet actief"),
    UserState.UNFINISHED: N_("Onvolledig"),
    UserState.MAIL_FAILED: N_("Mail mislukt"),
    UserState.NO_FACTOR: N_("Tweede stap ontbreekt"),
}


def _open() -> sa.ColumnElement[bool]:
    return models.User.active.is_(True)


def _waits() -> sa.ColumnElement[bool]:
    """Condition on User: never signed in, and the account is open."""
    return sa.and_(_open(), models.User.last_login.is_(None))


def _has_code() -> sa.ColumnElement[bool]:
    return models.User.id.in_(sa.select(models.LoginCode.user_id).where(users.live_code()))


def _mail_failed() -> sa.ColumnElement[bool]:
    """Condition on User: the mail about the code that works now could not be sent."""
    failed = (
        sa.select(models.LoginCode.user_id)
        .join(models.OutboxMail, models.OutboxMail.login_code_id == models.LoginCode.id)
        .where(users.live_code(), models.OutboxMail.state == "failed")
    )
    return sa.and_(_open(), models.User.id.in_(failed))


def _lacks_factor() -> sa.ColumnElement[bool]:
    """Condition on User: holds a role that needs a second factor at this school, and has none."""
    needing = [role for role in Role if needed([role], current_school().second_factor)]
    return sa.and_(_open(), users.with_role(*needing), ~has_factor()) if needing else sa.false()


CONDITIONS: Mapping[UserState, Callable[[], sa.ColumnElement[bool]]] = {
    UserState.INVITED: lambda: sa.and_(_waits(), _has_code()),
    UserState.ACTIVE: lambda: sa.and_(_open(), models.User.last_login.is_not(None)),
    UserState.NEVER: lambda: sa.and_(_waits(), ~_has_code()),
    UserState.CLOSED: lambda: models.User.active.is_not(True),
    UserState.UNFINISHED: users.is_incomplete,
    UserState.MAIL_FAILED: _mail_failed,
    UserState.NO_FACTOR: _lacks_factor,
}


def state_counts(actor: Actor) -> dict[UserState, int]:
    """How many of the visible users are in each state. One query."""
    sums = [sa.func.sum(sa.case((condition(), 1), else_=0)) for condition in CONDITIONS.values()]
    row = db.session.execute(visible(actor, models.User).with_only_columns(*sums)).one()
    return {state: count or 0 for state, count in zip(CONDITIONS, row, strict=True)}


@dataclass(frozen=True)
class UserFacts:
    """How far a user is; `missing`: "role", "programme" or ""."""

    state: UserState
    missing: str
    mail_failed: bool
    lacks_factor: bool
    students: int
    has_mail: bool = True


def students_of() -> Any:
    """How many students are coupled to a user, in whatever role; a list can be ordered by it."""
    return (
        sa.select(sa.func.count(sa.distinct(models.Supervision.student_id)))
        .where(models.Supervision.user_id == models.User.id)
        .correlate(models.User)
        .scalar_subquery()
    )


def user_facts(user_ids: Sequence[int]) -> dict[int, UserFacts]:
    """User id -> how far they are, for the users of one page. One query."""
    coupled = sa.exists().where(models.user_programme.c.user_id == models.User.id)
    first_four = list(CONDITIONS.items())[:4]
    state = sa.case(*((condition(), state.value) for state, condition in first_four))
    missing = sa.case(
        (CONDITIONS[UserState.CLOSED](), ""),
        (~users.with_role(), "role"),
        (sa.and_(users.with_role(*users.PROGRAMME_ROLES), ~coupled), "programme"),
        else_="",
    )
    found = db.session.execute(
        sa.select(
            models.User.id,
            state,
            missing,
            sa.case((_mail_failed(), 1), else_=0),
            sa.case((_lacks_factor(), 1), else_=0),
            students_of(),
            models.User.email,
        ).where(models.User.id.in_(user_ids))
    )
    return {
        id_: UserFacts(UserState(held), wanting, bool(failed), bool(lacks), count, bool(mail_of(email)))
        for id_, held, wanting, failed, lacks, count, email in found
    }


@dataclass(frozen=True)
class Bound:
    """What waits for a user, by ids: examenmomenten still to come, and coupled students."""

    sittings: Sequence[int] = ()
    students: Sequence[int] = ()


def bound_to(actor: Actor, user_ids: Sequence[int]) -> dict[int, Bound]:
    """User id -> what stays behind when the account is closed; users without any left out. Two queries.

    Only what this actor may know of: for a supplier nothing, as both count students (decision 0030).
    """
    held = (
        sa.select(models.Supervision.user_id, models.Supervision.student_id)
        .where(models.Supervision.user_id.in_(id_set(user_ids)))
        .distinct()
    )
    sittings = _by_user(_coming(user_ids)) if may(actor, Permission.PLANNING_SEE) else {}
    students = _by_user(held) if may(actor, Permission.STUDENTS_SEE) else {}
    return {
        user_id: Bound(sittings.get(user_id, ()), students.get(user_id, ()))
        for user_id in sorted({*sittings, *students})
    }


def coming_as(actor: Actor, user_id: int, roles: Collection[Role]) -> int:
    """How many coming moments this user examines in one of these roles; 0 for whoever may not know."""
    if not roles or not may(actor, Permission.PLANNING_SEE):
        return 0
    coming = _coming([user_id]).where(models.SittingExaminer.role.in_(sorted(roles)))
    return len(db.session.execute(coming).all())


def _coming(user_ids: Sequence[int]) -> sa.Select[int, int]:
    """Each of these users with each coming moment that they examine."""
    return (
        sa.select(models.SittingExaminer.user_id, models.Sitting.id)
        .join(models.Sitting, models.Sitting.id == models.SittingExaminer.sitting_id)
        .where(
            models.SittingExaminer.user_id.in_(id_set(user_ids)),
            models.Sitting.ends_at > utc_now(),
            goes_on(),
        )
    )


def _by_user(pairs: sa.Select[int, int]) -> dict[int, list[int]]:
    """User id -> the ids beside it, ascending."""
    found: dict[int, list[int]] = {}
    for user_id, other in sorted(db.session.execute(pairs)):
        found.setdefault(user_id, []).append(other)
    return found


__all__ = [
    "CONDITIONS",
    "Bound",
    "UserFacts",
    "UserState",
    "bound_to",
    "state_counts",
    "students_of",
    "user_facts",
]
