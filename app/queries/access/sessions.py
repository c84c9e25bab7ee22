"""Which sessions are live: a cookie is worth what this says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import ColumnElement, Select, and_, bindparam, false, or_, select
from sqlalchemy.orm import contains_eager

from app.clock import utc_now
from app.entities.base import db
from app.entities.sessions import UserSession
from app.entities.users import RoleRow, User
from app.permissions import Permission, actor_of, may
from app.queries.access.factors import has_factor
from app.queries.users.users import roles_of
from app.rules.sessions import SHARED_IDLE
from app.rules.tokens import fingerprint
from app.rules.viewing import LASTS, Over, why_not
from app.school import current_school

LIMITS = ("opened", "seen", "seen_shared")
CODE_COUNTS = timedelta(minutes=30)  # how long after the code a password can be chosen without the old one


def _limits() -> dict[str, datetime]:
    """After which moments a session was opened, and used, to be live now."""
    school, now = current_school(), utc_now()
    idle = timedelta(minutes=school.idle_minutes)
    moments = (now - timedelta(hours=school.session_hours), now - idle, now - min(idle, SHARED_IDLE))
    return dict(zip(LIMITS, moments, strict=True))


def _live(*, opened: Any, seen: Any, seen_shared: Any) -> ColumnElement[bool]:
    """Condition on UserSession: not ended, not idle and not lasting too long."""
    return and_(
        UserSession.ended_at.is_(None),
        UserSession.created_at > opened,
        UserSession.last_seen_at > seen,
        or_(UserSession.shared.is_(False), UserSession.last_seen_at > seen_shared),
    )


@dataclass(frozen=True)
class Viewing:
    """Through whose eyes a session looks, until when at the latest; `over`: why it is no more."""

    user: User
    until: datetime
    over: Over | None


@dataclass(frozen=True)
class Present:
    """The session of this request, as it was when the request came in."""

    id: int
    user_id: int
    created_at: datetime
    last_seen_at: datetime
    password_at: datetime | None
    strong_at: datetime | None
    shared: bool
    has_factor: bool
    viewing: Viewing | None = None

    @property
    def seen_as(self) -> User | None:
        """Whose rights the pages follow, where that is not the session's own user."""
        return self.viewing.user if self.viewing is not None and self.viewing.over is None else None


def session_of(token: str) -> tuple[Present, User] | None:
    """The live session behind a cookie's token, and its active user with roles; one query, viewing two."""
    given = {"hash": fingerprint(token), **_limits()}
    found = db.session.execute(_of_a_token(), given).unique().one_or_none()
    if found is None:
        return None
    user, row, factor = found
    facts = (row.created_at, row.last_seen_at, row.password_at, row.strong_at, row.shared, bool(factor))
    return Present(row.id, user.id, *facts, _viewing(row, user)), user


@cache
def _of_a_token() -> Select[*tuple[Any, ...]]:
    """Built once: every request asks it, and building takes longer than asking."""
    alive = _live(**{name: bindparam(name) for name in LIMITS})
    return _with_roles(
        select(User, UserSession, has_factor())
        .join(UserSession, UserSession.user_id == User.id)
        .where(UserSession.token_hash == bindparam("hash"), alive, User.active.is_(True))
    )


def _with_roles(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Two plain joins: nested, as a joined load writes them, SQLite reads the roles of the whole school."""
    return (
        statement.outerjoin(assoc_user_role, assoc_user_role.c.user_id == User.id)
        .outerjoin(RoleRow, RoleRow.id == assoc_user_role.c.role_id)
        .options(contains_eager(User.roles))
    )


def _viewing(row: UserSession, owner: User) -> Viewing | None:
    """Asked anew at every request: time, rights and accounts may have changed. One query, if any."""
    if row.viewing_id is None or row.viewing_since is None:
        return None
    wanted = _with_roles(select(User).where(User.id == row.viewing_id))
    seen, until = db.session.scalars(wanted).unique().one(), row.viewing_since + LASTS
    why = why_not(roles_of(seen), oneself=seen.id == owner.id, active=bool(seen.active), guest=seen.guest)
    if why or not may(actor_of(owner), Permission.USERS_VIEW_AS):
        return Viewing(seen, until, Over.RIGHTS)
    return Viewing(seen, until, Over.TIME if utc_now() >= until else None)


def own_sessions(user_id: int | None) -> Select[UserSession]:
    """The live sessions of a user, the one used last first."""
    if user_id is None:
        return select(UserSession).where(false())
    return (
        select(UserSession)
        .where(UserSession.user_id == user_id, _live(**_limits()))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )


def may_choose_password(session_id: int | None) -> bool:
    """Whether this session was opened by a code, a short while ago."""
    found = db.session.scalar(select(UserSession.code_at).where(UserSession.id == session_id))
    return found is not None and found > utc_now() - CODE_COUNTS
