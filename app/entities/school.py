"""Instellingen: the updates of the system, and who has read them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import utc_now
from app.entities.base import Model, Moment


class SystemUpdate(Model):
    __tablename__ = "system_update"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    published_on: Mapped[date] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return self.title


class UpdateRead(Model):
    __tablename__ = "system_update_read"

    update_id: Mapped[int] = mapped_column(ForeignKey("system_update.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), primary_key=True, index=True)
    read_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
