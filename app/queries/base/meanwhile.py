"""What was done to rows lately, out of the trail."""

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set

MOST, ROWS = 3, 1000


def newest_about(object_type: str, ids: Collection[int]) -> sa.Select[models.AuditEntry]:
    """The entries about these rows, the newest first."""
    about = sa.select(models.AuditObject.entry_id).where(
        models.AuditObject.object_type == object_type,
        models.AuditObject.object_id.in_(id_set(sorted(ids))),
    )
    return (
        sa.select(models.AuditEntry)
        .where(models.AuditEntry.id.in_(about))
        .order_by(models.AuditEntry.id.desc())
    )


def entries_since(object_type: str, ids: Sequence[int], at: dt.datetime) -> Sequence[models.AuditEntry]:
    """The newest entries about these rows since then, oldest first."""
    about = newest_about(object_type, ids[:ROWS])
    entries = db.session.scalars(about.where(models.AuditEntry.at >= at).limit(MOST)).all()
    return list(reversed(entries))
