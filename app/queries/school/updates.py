"""What Instellingen shows: the system's updates, newest first, and which of them are unread."""

from collections.abc import Iterable, Sequence
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
    english: tuple[str, str] | None = None  # title and body, for a reader of English; None: only in Dutch

    @property
    def language(self) -> str:
        return "en" if self.english else "nl"

    @property
    def title(self) -> str:
        return self.english[0] if self.english else self.update.title

    @property
    def body(self) -> str:
        return self.english[1] if self.english else self.update.body

    @property
    def seen(self) -> str:
        return as_seen([(self.update.id, self.update.version)])


@dataclass(frozen=True)
class UpdatePage:
    lines: Sequence[UpdateLine]
    page: int
    pages: int
    unread: int
    seen: str  # all that are unread, each in the version of this moment (`as_seen`)


def unread(actor: Actor) -> sa.Select[models.SystemUpdate]:
    """The visible updates that this user has not read."""
    return visible(actor, models.SystemUpdate).where(~_read(actor))


def unread_count(actor: Actor) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(unread(actor).subquery())) or 0


def as_seen(versions: Iterable[tuple[int, int]]) -> str:
    """Updates with their versions, for a hidden field: "12.1 13.4". `versions_in` reads it."""
    return " ".join(f"{id_}.{version}" for id_, version in versions)


def versions_in(seen: str) -> dict[int, int]:
    """Id -> version of the updates in such a field."""
    pairs = (one.split(".") for one in seen.split())
    return {int(id_): int(version) for id_, version in pairs}


def unread_versions(actor: Actor) -> list[tuple[int, int]]:
    """Id and version of every update that this user has not read."""
    columns = (models.SystemUpdate.id, models.SystemUpdate.version)
    rows = db.session.execute(unread(actor).with_only_columns(*columns).order_by(models.SystemUpdate.id))
    return [(row.id, row.version) for row in rows]


def updates(actor: Actor, page: int) -> UpdatePage:
    """A page of updates, newest first. Three queries."""
    seen = visible(actor, models.SystemUpdate)
    every = seen.subquery()
    count = db.session.scalar(sa.select(sa.func.count()).select_from(every)) or 0
    pages = max(1, -(-count // UPDATES_SHOWN))
    page = min(max(page, 1), pages)
    rows = db.session.execute(
        seen.add_columns(_read(actor))
        .order_by(models.SystemUpdate.published_on.desc(), models.SystemUpdate.id.desc())
        .limit(UPDATES_SHOWN)
        .offset((page - 1) * UPDATES_SHOWN)
    )
    lines = [UpdateLine(row[0], bool(row[1])) for row in rows]
    left = unread_versions(actor)
    return UpdatePage(lines, page, pages, len(left), as_seen(left))


def _read(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        models.UpdateRead.update_id == models.SystemUpdate.id, models.UpdateRead.user_id == actor.id
    )
