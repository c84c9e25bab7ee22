"""Forms that were sent when their user was no longer signed in: they wait here until that user is back."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment


class TypedForm(Model):
    """What one account typed in one form. Only that account reads it back, by a random handle."""

    __tablename__ = "typed_form"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)  # stands in no page, link or mail
    handle_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)  # SHA-256 of the handle
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now, index=True)
    content: orm.Mapped[str] = orm.mapped_column(sa.Text)  # encrypted, for this account and this handle
