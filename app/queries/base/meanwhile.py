"""What was done to rows lately, out of the trail."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set

MOST, ROWS = 3, 1000
LOOKED_AT = 10  # so many entries for each that is told


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


def entries_since(
    rows: Mapping[str, Sequence[int]],
    at: dt.datetime,
    fits: Callable[[models.AuditEntry], bool] = lambda _entry: True,
) -> Sequence[models.AuditEntry]:
    """The newest entries about these rows (kind -> ids) since then, oldest first. `fits`: which count."""
    if not any(rows.values()):
        return ()
    about = newest_about({kind: ids[:ROWS] for kind, ids in rows.items()})
    entries = db.session.scalars(about.where(models.AuditEntry.at >= at).limit(MOST * LOOKED_AT))
    return list(reversed([one for one in entries if fits(one)][:MOST]))


def beside(model: Any, ids: Sequence[int]) -> Mapping[str, Sequence[int]]:
    """The rows that these rows are shown with, as their model says (`told_by`): kind -> ids."""
    columns: Mapping[str, Any] = model.told_by() if hasattr(model, "told_by") else {}
    return {
        kind: db.session.scalars(
            sa.select(column).where(model.id.in_(id_set(ids[:ROWS]))).distinct().order_by(column)
        ).all()
        for kind, column in columns.items()
    }


def is_there(kind: str, id_: int) -> bool:
    """Whether the row that the trail calls so still exists, whoever may see it."""
    for mapper in models.User.registry.mappers:
        if getattr(mapper.class_, "trail_name", mapper.class_.__name__) == kind:
            return db.session.get(mapper.class_, id_) is not None
    return False
