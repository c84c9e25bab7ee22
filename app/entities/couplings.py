"""What a bulk coupling inserted, row by row: for a day it can be undone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.entities.base import Model, Moment, utc_now


class CouplingRun(Model):
    """One run of "Koppelen aan opleiding" or "Toevoegen aan studentgroepen"."""

    __tablename__ = "coupling_run"
    __table_args__ = (Index("ix_coupling_run_actor_id_at", "actor_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    summary: Mapped[str] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class CouplingRow(Model):
    """A pair that the run made. `enrolment_id` tells it from the same pair made again by somebody later."""

    __tablename__ = "coupling_row"

    run_id: Mapped[int] = mapped_column(ForeignKey("coupling_run.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)  # programme, elective, group
    target_id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(
        ForeignKey("student.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    enrolment_id: Mapped[int | None]
