"""The audit trail and the memory of actions that ran."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment


class AuditEntry(Model):
    """Append-only (triggers refuse update and delete); `hash` covers the row and the one before.

    `actor_id` is no foreign key: the trail outlives whom it speaks of.
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60), index=True)
    object_type: Mapped[str] = mapped_column(String(40))
    object_count: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)

    objects: Mapped[list[AuditObject]] = relationship(passive_deletes=True)


class AuditObject(Model):
    """Which rows an entry is about: finds the trail of one student among a bulk action's."""

    __tablename__ = "audit_object"
    __table_args__ = (Index("ix_audit_object_row", "object_type", "object_id"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), primary_key=True)
    object_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    object_id: Mapped[int] = mapped_column(primary_key=True)


class ActionRun(Model):
    """What a submitted form led to; the same form twice shows the first outcome (no second run)."""

    __tablename__ = "action_run"

    token: Mapped[str] = mapped_column(String(43), primary_key=True)
    action: Mapped[str] = mapped_column(String(60))
    actor_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    summary: Mapped[str] = mapped_column(Text)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON)
