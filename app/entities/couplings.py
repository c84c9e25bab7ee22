"""What a bulk coupling or uncoupling did, so that it can be undone for a day."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.engine import this_moment


class CouplingRun(Model):
    """One run of an action that couples or uncouples students (actions/students/couplings.py).

    `pieces` has a piece per target: the students who were coupled to it, or uncoupled from it. It is one
    value, as nobody asks for a part of it and one statement writes it, for ten students or 100,000.
    """

    __tablename__ = "coupling_run"
    __table_args__ = (sa.Index("ix_coupling_run_actor_id_at", "actor_id", "at"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    actor_id: orm.Mapped[int | None]
    at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    # what the rows that it made carry as their own moment (None: of before this was kept)
    rows_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment, default=this_moment)
    summary: orm.Mapped[str] = orm.mapped_column(sa.Text)
    undone_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    pieces: orm.Mapped[list[dict[str, Any]]] = orm.mapped_column(sa.JSON)
