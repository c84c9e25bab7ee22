"""Invitations: a company examiner without an account, for one sitting."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.planning import Sitting
from app.entities.users import User

LIVE = text("withdrawn_at IS NULL")


class Invitation(Model):
    """Opens one sitting for one guest. Code and token are drawn out of `nonce` when the mail is sent.

    The guest is a row of User that signs in nowhere else (`User.guest`); what the school knows of the
    person stands there, the address stands here only.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        # One guest at a time; who was withdrawn stays on record.
        Index(
            "uq_invitation_live_sitting",
            "sitting_id",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int | None] = mapped_column(ForeignKey("sitting.id"))  # None: the planning was removed
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    nonce: Mapped[str] = mapped_column(String(64))
    selector: Mapped[str] = mapped_column(String(4), index=True)  # the code's first four characters
    code_hash: Mapped[str] = mapped_column(String(256))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    mailings: Mapped[int] = mapped_column(default=0)  # mails made so far: each has a number of its own
    opened_at: Mapped[datetime | None] = mapped_column(Moment)  # the last time
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)

    sitting: Mapped[Sitting | None] = relationship()
    user: Mapped[User] = relationship()
