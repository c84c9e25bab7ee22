"""What Postvak uit reads beside its rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import joinedload

from app.entities.base import db
from app.entities.mail import OutboxMail
from app.permissions import Actor, visible

# What a code is filled in from, with the mail in one query.
WITH_SECRETS = (
    joinedload(OutboxMail.login_code),
    joinedload(OutboxMail.invitation),
    joinedload(OutboxMail.email_change),
)


def state_counts(actor: Actor) -> dict[str, int]:
    """How many of the visible mails are in each state; one query."""
    counted = visible(actor, OutboxMail).with_only_columns(OutboxMail.state, func.count())
    found: dict[str, int] = dict(db.session.execute(counted.group_by(OutboxMail.state)).all())
    return found


def mails_to(actor: Actor, user_id: int, *, most: int = 10) -> Sequence[OutboxMail]:
    """The newest mails to one user; one query."""
    own = visible(actor, OutboxMail).where(OutboxMail.to_user_id == user_id)
    return db.session.scalars(own.order_by(OutboxMail.id.desc()).limit(most)).all()


def mails_with(text: str) -> ColumnElement[bool]:
    """Every word stands in the address, the subject or the text; a long text is not searched for accents."""
    columns = (OutboxMail.to_address, OutboxMail.subject, OutboxMail.body)
    return and_(*(or_(*(c.icontains(word, autoescape=True) for c in columns)) for word in text.split()[:8]))
