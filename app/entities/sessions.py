"""Sessions on the server: the cookie carries a token, and this table says what it still opens."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.users import User


class UserSession(Model):
    """One device on which a user is signed in. Whoever reads this table cannot make a cookie out of it."""

    __tablename__ = "user_session"
    __table_args__ = (
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because = '')", name="ended"),
        sa.CheckConstraint("(viewing_id IS NULL) = (viewing_since IS NULL)", name="viewing"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)  # what forms and addresses may show
    token_hash: orm.Mapped[str] = orm.mapped_column(
        sa.String(64), unique=True
    )  # SHA-256 of the cookie's token
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    last_seen_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    address: orm.Mapped[str] = orm.mapped_column(sa.String(64), default="", server_default="")
    device: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="", server_default="")
    shared: orm.Mapped[bool] = orm.mapped_column(default=False)  # a computer that others use too: ends sooner
    password_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)  # the password was last shown
    strong_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)  # a second factor was last shown
    code_at: orm.Mapped[datetime | None] = orm.mapped_column(
        Moment
    )  # opened by a code, and no password chosen since
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    ended_because: orm.Mapped[str] = orm.mapped_column(
        sa.String(20), default="", server_default=""
    )  # rules/sessions

    # "Bekijk als": through whose eyes this session looks, and since when (rules/viewing).
    viewing_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    viewing_since: orm.Mapped[datetime | None] = orm.mapped_column(Moment)

    user: orm.Mapped[User] = orm.relationship(foreign_keys=user_id)

    def __str__(self) -> str:
        return self.device
