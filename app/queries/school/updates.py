"""What Instellingen shows: the system's updates, newest first, and which of them are unread."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.permissions import Actor, visible

UPDATES_SHOWN = 20


@dataclass(frozen=True)
class UpdateLine:
    update: models.SystemUpdate
    read: bool


@dataclass(frozen=True)
class UpdatePage:
    lines: Sequence[UpdateLine]
    page: int
    pages: int
    unread: int
    newest: int  # the update that was added last


def unread(actor: Actor) -> sa.Select[models.SystemUpdate]:
    """The visible updates that this user has not read."""
    return visible(actor, models.SystemUpdate).where(~_read(actor))


def unread_count(actor: Actor) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(unread(actor).subquery())) or 0


def updates(actor: Actor, page: int) -> UpdatePage:
    """A page of updates, newest first. Three queries."""
    seen = visible(actor, models.SystemUpdate)
    every = seen.subquery()
    count, last = db.session.execute(
        sa.select(sa.func.count(), sa.func.max(every.c.id)).select_from(every)
    ).one()
    pages = max(1, -(-count // UPDATES_SHOWN))
    page = min(max(page, 1), pages)
    rows = db.session.execute(
        seen.add_columns(_read(actor))
        .order_by(models.SystemUpdate.published_on.desc(), models.SystemUpdate.id.desc())
        .limit(UPDATES_SHOWN)
        .offset((page - 1) * UPDATES_SHOWN)
    )
    lines = [UpdateLine(row[0], bool(row[1])) for row in rows]
    return UpdatePage(lines, page, pages, unread_count(actor), last or 0)


def newest(actor: Actor) -> int:
    """The update that was added last, of those that this user may see; 0 without any."""
    seen = visible(actor, models.SystemUpdate)
    return db.session.scalar(sa.select(sa.func.max(seen.subquery().c.id))) or 0


def _read(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        models.UpdateRead.update_id == models.SystemUpdate.id, models.UpdateRead.user_id == actor.id
    )
