"""Which sessions are live, and whose they are: this decides what a cookie is worth."""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy.orm import contains_eager

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.permissions import Permission, actor_of, may
from app.queries.access.factors import has_factor
from app.queries.users.users import roles_of
from app.rules import viewing
from app.rules.sessions import SHARED_IDLE
from app.rules.tokens import fingerprint
from app.school import current_school

LIMITS = ("opened", "seen", "seen_shared")
CODE_COUNTS = dt.timedelta(minutes=30)  # how long after the code a password can be chosen without the old one


def _limits() -> dict[str, dt.datetime]:
    """Name -> moment: a live session was opened, or used, after it."""
    school, now = current_school(), utc_now()
    idle = dt.timedelta(minutes=school.idle_minutes)
    moments = (now - dt.timedelta(hours=school.session_hours), now - idle, now - min(idle, SHARED_IDLE))
    return dict(zip(LIMITS, moments, strict=True))


def _live(*, opened: Any, seen: Any, seen_shared: Any) -> sa.ColumnElement[bool]:
    """Condition on UserSession: not ended, not idle and not lasting too long."""
    return sa.and_(
        models.UserSession.ended_at.is_(None),
        models.UserSession.created_at > opened,
        models.UserSession.last_seen_at > seen,
        sa.or_(models.UserSession.shared.is_(False), models.UserSession.last_seen_at > seen_shared),
    )


@dataclass(frozen=True)
class Viewing:
    """As which user a session looks, and until when at the latest; `over`: why it no longer does."""

    user: models.User
    until: dt.datetime
    over: viewing.Over | None


@dataclass(frozen=True)
class Present:
    """The session of this request, as it was when the request came in."""

    id: int
    user_id: int
    created_at: dt.datetime
    last_seen_at: dt.datetime
    password_at: dt.datetime | None
    strong_at: dt.datetime | None
    shared: bool
    has_factor: bool
    viewing: Viewing | None = None

    @property
    def seen_as(self) -> models.User | None:
        """The user whose rights the pages follow; None: the session's own user."""
        return self.viewing.user if self.viewing is not None and self.viewing.over is None else None


def session_of(token: str) -> tuple[Present, models.User] | None:
    """The live session behind a cookie's token, and its active user with roles. One query; viewing: two."""
    given = {"hash": fingerprint(token), **_limits()}
    found = db.session.execute(_of_a_token(), given).unique().one_or_none()
    if found is None:
        return None
    user, row, factor = found
    facts = (row.created_at, row.last_seen_at, row.password_at, row.strong_at, row.shared, bool(factor))
    return Present(row.id, user.id, *facts, _viewing(row, user)), user


@cache
def _of_a_token() -> sa.Select[*tuple[Any, ...]]:
    """The statement of session_of, built once: every request needs it, and building it takes longest."""
    alive = _live(**{name: sa.bindparam(name) for name in LIMITS})
    return _with_roles(
        sa.select(models.User, models.UserSession, has_factor())
        .join(models.UserSession, models.UserSession.user_id == models.User.id)
        .where(models.UserSession.token_hash == sa.bindparam("hash"), alive, models.User.active.is_(True))
    )


def _with_roles(statement: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """Add the roles by two plain joins. A joined load nests them, and SQLite then reads everybody's roles."""
    return (
        statement.outerjoin(assoc_user_role, assoc_user_role.c.user_id == models.User.id)
        .outerjoin(models.RoleRow, models.RoleRow.id == assoc_user_role.c.role_id)
        .options(contains_eager(models.User.roles))
    )


def _viewing(row: models.UserSession, owner: models.User) -> Viewing | None:
    """As whom this session looks; None: as its own user. One query, if any.

    Decided anew at every request: time, rights and accounts may have changed.
    """
    if row.viewing_id is None or row.viewing_since is None:
        return None
    wanted = _with_roles(sa.select(models.User).where(models.User.id == row.viewing_id))
    seen, until = db.session.scalars(wanted).unique().one(), row.viewing_since + viewing.LASTS
    why = viewing.why_not(
        roles_of(seen), oneself=seen.id == owner.id, active=bool(seen.active), guest=seen.guest
    )
    if why or not may(actor_of(owner), Permission.USERS_VIEW_AS):
        return Viewing(seen, until, viewing.Over.RIGHTS)
    return Viewing(seen, until, viewing.Over.TIME if utc_now() >= until else None)


def own_sessions(user_id: int | None) -> sa.Select[models.UserSession]:
    """The live sessions of a user, the one used last first."""
    if user_id is None:
        return sa.select(models.UserSession).where(sa.false())
    return (
        sa.select(models.UserSession)
        .where(models.UserSession.user_id == user_id, _live(**_limits()))
        .order_by(models.UserSession.last_seen_at.desc(), models.UserSession.id.desc())
    )


def may_choose_password(session_id: int | None) -> bool:
    """Whether this session was opened by a code, a short while ago."""
    found = db.session.scalar(
        sa.select(models.UserSession.code_at).where(models.UserSession.id == session_id)
    )
    return found is not None and found > utc_now() - CODE_COUNTS
