"""Invitations: a company examiner without an account, for one sitting."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.planning import Sitting
from app.entities.users import User

LIVE = sa.text("withdrawn_at IS NULL")


class Invitation(Model):
    """Opens one sitting for one guest. Code and token are made out of `nonce` when the mail is sent.

    The guest is a row of User (`User.guest`) that cannot sign in in any other way. Name and company stand
    there; the e-mail address stands here only.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        # One guest at a time; a withdrawn invitation stays on record.
        sa.Index(
            "uq_invitation_live_sitting",
            "sitting_id",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    sitting_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.ForeignKey("sitting.id")
    )  # None: the planning was removed
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), unique=True)
    email: orm.Mapped[str] = orm.mapped_column(sa.String(254))
    nonce: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    selector: orm.Mapped[str] = orm.mapped_column(
        sa.String(4), index=True
    )  # the code's first four characters
    code_hash: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    token_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    mailings: orm.Mapped[int] = orm.mapped_column(
        default=0
    )  # mails made so far: each has a number of its own
    opened_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)  # the last time
    withdrawn_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)

    sitting: orm.Mapped[Sitting | None] = orm.relationship()
    user: orm.Mapped[User] = orm.relationship()
