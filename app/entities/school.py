"""Instellingen: the updates of the system, and who has read them."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment


class SystemUpdate(Model):
    __tablename__ = "system_update"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    title: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    body: orm.Mapped[str] = orm.mapped_column(sa.Text)
    published_on: orm.Mapped[dt.date] = orm.mapped_column(index=True)
    version: orm.Mapped[int] = orm.mapped_column(default=1)

    def __str__(self) -> str:
        return self.title


class UpdateRead(Model):
    __tablename__ = "system_update_read"

    update_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("system_update.id"), primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), primary_key=True, index=True)
    read_at: orm.Mapped[dt.datetime] = orm.mapped_column(Moment, default=utc_now)
