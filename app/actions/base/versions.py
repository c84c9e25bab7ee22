"""Two people change the same row: the second is told what the first changed, and decides."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask_babel import gettext as _

from app import errors, models
from app.actions.base.runner import changed_by, entry_label
from app.entities.base import db
from app.rules.text import N_
from app.school import current_school

M = TypeVar("M")
CHANGES_TOLD = 3


def locked(model: type[M], row_id: int, version: int, labels: Mapping[str, Any]) -> M:
    """The row, locked until the transaction ends. RuleBroken when it no longer has this version."""
    row: Any = db.session.get(model, row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise errors.NotFound
    if row.version != version:
        raise conflict(row, version, labels)
    return cast(M, row)


def conflict(row: Any, version: int, labels: Mapping[str, Any]) -> errors.RuleBroken:
    """The error for a form that was opened at `version`. It says who changed what since, from the trail."""
    # As many entries as versions have passed, at most CHANGES_TOLD: the newest ones.
    entries = db.session.scalars(
        sa.select(models.AuditEntry)
        .join(models.AuditObject, models.AuditObject.entry_id == models.AuditEntry.id)
        .where(
            models.AuditObject.object_type == getattr(row, "trail_name", type(row).__name__),
            models.AuditObject.object_id == row.id,
            models.AuditEntry.action.in_(changed_by(type(row))),
        )
        .order_by(models.AuditEntry.id.desc())
        .limit(min(max(row.version - version, 1), CHANGES_TOLD))
    ).all()
    if not entries:
        return errors.RuleBroken(
            N_(
                "Iemand anders heeft dit intussen gewijzigd. "
                "Uw invoer staat hieronder nog; slaat u nu op, dan geldt die."
            ),
            field="version",
        )
    return errors.RuleBroken(
        N_(
            "%(who)s heeft dit intussen gewijzigd (%(when)s): %(what)s. "
            "Uw invoer staat hieronder nog; slaat u nu op, dan geldt die."
        ),
        field="version",
        who=entries[0].actor_name,
        when=current_school().local(entries[0].at).strftime("%d-%m-%Y %H:%M"),
        what="; ".join(_told(entry, labels) for entry in reversed(entries)),
    )


def _told(entry: models.AuditEntry, labels: Mapping[str, Any]) -> str:
    """The changed fields of the form, in words. When there are none: the action, and its users if any."""
    parts = []
    for key, change in entry.details.items():
        if key in labels and isinstance(change, list) and len(change) == 2:
            old, new = (str(value) if value not in (None, "") else _("leeg") for value in change)
            parts.append(f"{labels[key]}: {old} → {new}")
    if parts:
        return "; ".join(parts)
    users = entry.details.get("users")
    users = "; ".join(str(one).partition(": ")[2] for one in users) if isinstance(users, list) else ""
    return f"{entry_label(entry.action)} ({users})" if users else entry_label(entry.action)
