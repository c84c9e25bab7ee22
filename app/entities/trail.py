"""The audit trail and the memory of actions that ran."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment


class AuditEntry(Model):
    """Append-only (triggers refuse update and delete); `hash` covers the row and the one before.

    `actor_id` is no foreign key: the trail outlives the users that it names.
    """

    __tablename__ = "audit_entry"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    at: orm.Mapped[datetime] = orm.mapped_column(Moment)
    actor_id: orm.Mapped[int | None] = orm.mapped_column(index=True)
    actor_name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    action: orm.Mapped[str] = orm.mapped_column(sa.String(60), index=True)
    object_type: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    object_count: orm.Mapped[int]
    details: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON)
    previous_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)

    objects: orm.Mapped[list[AuditObject]] = orm.relationship(passive_deletes=True)


class AuditObject(Model):
    """A row that an entry is about. It finds the trail of one student, bulk actions included."""

    __tablename__ = "audit_object"
    __table_args__ = (sa.Index("ix_audit_object_row", "object_type", "object_id"),)

    entry_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("audit_entry.id"), primary_key=True)
    object_type: orm.Mapped[str] = orm.mapped_column(sa.String(40), primary_key=True)
    object_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


class ActionRun(Model):
    """The outcome of a submitted form. The same form sent again shows it, and runs nothing."""

    __tablename__ = "action_run"

    token: orm.Mapped[str] = orm.mapped_column(sa.String(43), primary_key=True)
    action: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    actor_id: orm.Mapped[int | None]
    at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    summary: orm.Mapped[str] = orm.mapped_column(sa.Text)
    outcome: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON)
