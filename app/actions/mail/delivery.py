"""Claims mails in the outbox for a sender, under a lease, and notes what became of them.

The table says what is to be sent (decision 0011). When a sender dies, its lease ends and another sends its
mails. So a mail is handed over at least once, always with the same Message-ID.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.permissions import Actor, Permission
from app.queries.mail.outbox import WITH_SECRETS
from app.rules.delivery import wait_after

LEASE = timedelta(minutes=5)
BATCH = 20


@base.action(_l("Mails genomen om te versturen"), permission=Permission.OUTBOX_SEND)
def claim_mails(actor: Actor, *, sender: str) -> base.Outcome:
    """Claim a few mails whose time has come; `ids` holds them. Two senders never get the same mails."""
    now = utc_now()
    due = sa.or_(
        sa.and_(models.OutboxMail.state == "waiting", models.OutboxMail.next_try_at <= now),
        sa.and_(models.OutboxMail.state == "sending", models.OutboxMail.lease_until < now),
    )
    ids = db.session.scalars(
        sa.select(models.OutboxMail.id)
        .where(due)
        .order_by(models.OutboxMail.next_try_at, models.OutboxMail.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    _set(
        models.OutboxMail.id.in_(ids),
        state="sending",
        claimed_by=sender,
        lease_until=now + LEASE,
        tries=models.OutboxMail.tries + 1,
    )
    return base.Outcome(unchanged=len(ids), ids=ids)


@base.action(_l("Mail verzonden"), permission=Permission.OUTBOX_SEND)
def note_sent(actor: Actor, *, mail_id: int, sender: str) -> base.Outcome:
    """Note that the mail server has the mail. A sender that lost its lease changes nothing."""
    done = _set(_held(mail_id, sender), state="sent", sent_at=utc_now(), failure="", failure_detail="")
    return base.Outcome(unchanged=done)


@base.action(_l("Mail vervallen"), permission=Permission.OUTBOX_SEND)
def note_cancelled(actor: Actor, *, mail_id: int, sender: str) -> base.Outcome:
    """Cancel a mail that is no longer true: its code was used, replaced or has expired."""
    return base.Outcome(unchanged=_set(_held(mail_id, sender), state="cancelled"))


@base.action(_l("Mail niet verzonden"), permission=Permission.OUTBOX_SEND)
def note_failed(
    actor: Actor, *, mail_id: int, sender: str, failure: str, detail: str, lasting: bool
) -> base.Outcome:
    """Note a failure: try again later, or give up. `lasting`: trying again is no use."""
    tries = db.session.scalar(sa.select(models.OutboxMail.tries).where(_held(mail_id, sender)))
    if tries is None:
        return base.Outcome()
    wait = None if lasting else wait_after(tries)
    _set(
        _held(mail_id, sender),
        state="failed" if wait is None else "waiting",
        failure=failure,
        failure_detail=detail[:300],
        next_try_at=utc_now() + (wait or timedelta()),
    )
    return base.Outcome(unchanged=1)


def claimed(ids: Sequence[int]) -> Sequence[models.OutboxMail]:
    """These mails, in the order in which they were made."""
    theirs = sa.select(models.OutboxMail).where(models.OutboxMail.id.in_(ids)).options(*WITH_SECRETS)
    return db.session.scalars(theirs.order_by(models.OutboxMail.id)).all()


def _held(mail_id: int, sender: str) -> Any:
    return sa.and_(
        models.OutboxMail.id == mail_id,
        models.OutboxMail.state == "sending",
        models.OutboxMail.claimed_by == sender,
    )


def _set(condition: Any, **values: Any) -> int:
    result: Any = db.session.execute(
        sa.update(models.OutboxMail).where(condition).values(**values), execution_options=QUIETLY
    )
    count: int = result.rowcount
    return count
