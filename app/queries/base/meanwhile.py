"""What was done to rows since a moment, out of the trail."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set

MOST, ROWS = 3, 1000


def entries_since(model: type[Any], ids: Sequence[int], at: dt.datetime) -> Sequence[models.AuditEntry]:
    """The newest entries about these rows since then, oldest first."""
    entries = db.session.scalars(
        sa.select(models.AuditEntry)
        .where(
            models.AuditEntry.at >= at,
            models.AuditEntry.id.in_(
                sa.select(models.AuditObject.entry_id).where(
                    models.AuditObject.object_type == getattr(model, "trail_name", model.__name__),
                    models.AuditObject.object_id.in_(id_set(ids[:ROWS])),
                )
            ),
        )
        .order_by(models.AuditEntry.id.desc())
        .limit(MOST)
    ).all()
    return list(reversed(entries))
