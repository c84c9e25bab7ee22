"""What a bulk coupling, or uncoupling, did: for a day it can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import utc_now
from app.entities.base import Model, Moment


class CouplingRun(Model):
    """One run of an action of actions/students/couplings.py's callers.

    `pieces`: what it did, a piece per target: which students were coupled to it, or came away from it. In one
    value, as it is one statement to write for ten students or 100,000, and nobody asks for a part of it.
    """

    __tablename__ = "coupling_run"
    __table_args__ = (Index("ix_coupling_run_actor_id_at", "actor_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    summary: Mapped[str] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    pieces: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
