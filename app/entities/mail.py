"""The outbox: mails are rows, written in the same transaction as what they tell of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.invitations import Invitation
from app.entities.profile import EmailChange
from app.entities.users import LoginCode, User


class OutboxMail(Model):
    """One mail. A login code is filled into `body` at sending: the row holds a placeholder, no code.

    "sending": a sender holds it, until `lease_until`. "failed": given up; `failure` says why
    (rules/delivery.py) and `failure_detail` what the mail server said. "cancelled": never sent, because
    its login code was replaced or its reader's account was closed.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')", name="state"),
        Index("ix_outbox_mail_due", "state", "next_try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    purpose: Mapped[str] = mapped_column(String(40))
    to_address: Mapped[str] = mapped_column(String(254))
    to_user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    login_code_id: Mapped[int | None] = mapped_column(ForeignKey("login_code.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    email_change_id: Mapped[int | None] = mapped_column(ForeignKey("email_change.id"), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(5), default="", server_default="")  # "": the school's
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    claimed_by: Mapped[str] = mapped_column(String(40), default="", server_default="")
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    failure: Mapped[str] = mapped_column(String(20), default="", server_default="")
    failure_detail: Mapped[str] = mapped_column(String(300), default="", server_default="")

    to_user: Mapped[User | None] = relationship()
    login_code: Mapped[LoginCode | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship()
    email_change: Mapped[EmailChange | None] = relationship()
