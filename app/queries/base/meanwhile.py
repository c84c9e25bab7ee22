"""What was done to rows lately, out of the trail."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set

MOST, ROWS = 3, 1000


def newest_about(rows: Mapping[str, Collection[int]]) -> sa.Select[models.AuditEntry]:
    """The entries about these rows, as kind -> ids, the newest first."""
    one = models.AuditObject
    each = [(one.object_type == kind) & one.object_id.in_(id_set(sorted(ids))) for kind, ids in rows.items()]
    about = sa.select(one.entry_id).where(sa.or_(*each))
    return (
        sa.select(models.AuditEntry)
        .where(models.AuditEntry.id.in_(about))
        .order_by(models.AuditEntry.id.desc())
    )


def entries_since(object_type: str, ids: Sequence[int], at: dt.datetime) -> Sequence[models.AuditEntry]:
    """The newest entries about these rows since then, oldest first."""
    about = newest_about({object_type: ids[:ROWS]})
    entries = db.session.scalars(about.where(models.AuditEntry.at >= at).limit(MOST)).all()
    return list(reversed(entries))


def is_there(kind: str, id_: int) -> bool:
    """Whether the row that the trail calls so still exists, whoever may see it."""
    for mapper in models.User.registry.mappers:
        if getattr(mapper.class_, "trail_name", mapper.class_.__name__) == kind:
            return db.session.get(mapper.class_, id_) is not None
    return False
