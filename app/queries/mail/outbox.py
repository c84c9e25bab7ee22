"""What Postvak uit reads: mails per state, the mails to a user, and the search."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app import models
from app.entities.base import db
from app.permissions import Actor, visible

# Loads, in one query with the mail, the rows from which its code is made.
WITH_SECRETS = (
    joinedload(models.OutboxMail.login_code),
    joinedload(models.OutboxMail.guest_key),
    joinedload(models.OutboxMail.email_change),
)


def state_counts(actor: Actor) -> dict[str, int]:
    """How many of the visible mails are in each state; one query."""
    counted = visible(actor, models.OutboxMail).with_only_columns(models.OutboxMail.state, sa.func.count())
    found: dict[str, int] = dict(db.session.execute(counted.group_by(models.OutboxMail.state)).all())
    return found


def mails_to(actor: Actor, user_id: int, *, most: int = 10) -> Sequence[models.OutboxMail]:
    """The newest mails to one user; one query."""
    own = visible(actor, models.OutboxMail).where(models.OutboxMail.to_user_id == user_id)
    return db.session.scalars(own.order_by(models.OutboxMail.id.desc()).limit(most)).all()


def mails_with(text: str) -> sa.ColumnElement[bool]:
    """Condition: every word stands in the address, the subject or the text. Accents do matter here."""
    columns = (models.OutboxMail.to_address, models.OutboxMail.subject, models.OutboxMail.body)
    return sa.and_(
        *(sa.or_(*(c.icontains(word, autoescape=True) for c in columns)) for word in text.split()[:8])
    )
