"""How a user keeps a list: its columns, and filters under a name."""

import sqlalchemy as sa
from sqlalchemy import orm

from app.entities.base import Model


class ListView(Model):
    """A kept list. `query` is its address after the ?; the row without a name holds the columns."""

    __tablename__ = "list_view"
    __table_args__ = (sa.UniqueConstraint("user_id", "page", "name"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    page: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    query: orm.Mapped[str] = orm.mapped_column(sa.String(1000))
