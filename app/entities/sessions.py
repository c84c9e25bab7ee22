"""Sessions on the server: the cookie carries a token, and this table says what it still opens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.users import User


class UserSession(Model):
    """One device on which a user is signed in. Whoever reads this table cannot make a cookie out of it."""

    __tablename__ = "user_session"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_because = '')", name="ended"),
        CheckConstraint("(viewing_id IS NULL) = (viewing_since IS NULL)", name="viewing"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)  # what forms and addresses may show
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of the cookie's token
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    address: Mapped[str] = mapped_column(String(64), default="", server_default="")
    device: Mapped[str] = mapped_column(String(60), default="", server_default="")
    shared: Mapped[bool] = mapped_column(default=False)  # a computer that others use too: ends sooner
    password_at: Mapped[datetime | None] = mapped_column(Moment)  # the password was last shown
    strong_at: Mapped[datetime | None] = mapped_column(Moment)  # a second factor was last shown
    code_at: Mapped[datetime | None] = mapped_column(Moment)  # opened by a code, and no password chosen since
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_because: Mapped[str] = mapped_column(String(20), default="", server_default="")  # rules/sessions

    # "Bekijk als": through whose eyes this session looks, and since when (rules/viewing).
    viewing_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    viewing_since: Mapped[datetime | None] = mapped_column(Moment)

    user: Mapped[User] = relationship(foreign_keys=user_id)

    def __str__(self) -> str:
        return self.device
