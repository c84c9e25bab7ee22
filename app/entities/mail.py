"""The outbox: mails are rows, written in the same transaction as what they tell of."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.invitations import GuestKey
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
        sa.CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')", name="state"),
        sa.Index("ix_outbox_mail_due", "state", "next_try_at"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    dedupe_key: orm.Mapped[str] = orm.mapped_column(sa.String(120), unique=True)
    purpose: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    to_address: orm.Mapped[str] = orm.mapped_column(sa.String(254))
    to_user_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    login_code_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("login_code.id"), index=True)
    guest_key_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("guest_key.id"), index=True)
    email_change_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("email_change.id"), index=True)
    subject: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    body: orm.Mapped[str] = orm.mapped_column(sa.Text)
    language: orm.Mapped[str] = orm.mapped_column(
        sa.String(5), default="", server_default=""
    )  # "": the school's
    state: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="waiting")
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now, index=True)
    sent_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    tries: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    next_try_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    claimed_by: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="", server_default="")
    lease_until: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    failure: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="", server_default="")
    failure_detail: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="", server_default="")

    to_user: orm.Mapped[User | None] = orm.relationship()
    login_code: orm.Mapped[LoginCode | None] = orm.relationship()
    guest_key: orm.Mapped[GuestKey | None] = orm.relationship()
    email_change: orm.Mapped[EmailChange | None] = orm.relationship()

    def __str__(self) -> str:
        return f"{self.subject}, {self.to_address}"


class InvitationMail(Model):
    """A moment that a mail to a guest tells of; `news`: what is new about it (app/rules/invitations.py)."""

    __tablename__ = "invitation_mail"

    mail_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("outbox_mail.id", ondelete="CASCADE"), primary_key=True
    )
    invitation_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("invitation.id"), primary_key=True, index=True
    )
    news: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="", server_default="")
