"""What becomes of the mails in the outbox: claimed with a lease, handed over, and noted.

The table is the truth. A sender that dies loses its lease and another sends what it had claimed: a mail
is handed over at least once, always with the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_, select, update

from app.actions.base.action import Outcome, action
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.mail import OutboxMail
from app.permissions import Actor, Permission
from app.queries.mail.outbox import WITH_SECRETS
from app.rules.delivery import wait_after

LEASE = timedelta(minutes=5)
BATCH = 20


@action(_l("Mails genomen om te versturen"), permission=Permission.OUTBOX_SEND)
def claim_mails(actor: Actor, *, sender: str) -> Outcome:
    """Take a few mails whose time has come; `ids` are theirs. Two senders never get the same ones."""
    now = utc_now()
    due = or_(
        and_(OutboxMail.state == "waiting", OutboxMail.next_try_at <= now),
        and_(OutboxMail.state == "sending", OutboxMail.lease_until < now),
    )
    ids = db.session.scalars(
        select(OutboxMail.id)
        .where(due)
        .order_by(OutboxMail.next_try_at, OutboxMail.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    _set(
        OutboxMail.id.in_(ids),
        state="sending",
        claimed_by=sender,
        lease_until=now + LEASE,
        tries=OutboxMail.tries + 1,
    )
    return Outcome(unchanged=len(ids), ids=ids)


@action(_l("Mail verzonden"), permission=Permission.OUTBOX_SEND)
def note_sent(actor: Actor, *, mail_id: int, sender: str) -> Outcome:
    """The mail server has it. Who lost the lease in the meantime changes nothing."""
    done = _set(_held(mail_id, sender), state="sent", sent_at=utc_now(), failure="", failure_detail="")
    return Outcome(unchanged=done)


@action(_l("Mail vervallen"), permission=Permission.OUTBOX_SEND)
def note_cancelled(actor: Actor, *, mail_id: int, sender: str) -> Outcome:
    """What the mail tells is no longer so: its code was used, replaced or ran out."""
    return Outcome(unchanged=_set(_held(mail_id, sender), state="cancelled"))


@action(_l("Mail niet verzonden"), permission=Permission.OUTBOX_SEND)
def note_failed(
    actor: Actor, *, mail_id: int, sender: str, failure: str, detail: str, lasting: bool
) -> Outcome:
    """Try again later, or give up: `lasting` says that trying again is no use."""
    tries = db.session.scalar(select(OutboxMail.tries).where(_held(mail_id, sender)))
    if tries is None:
        return Outcome()
    wait = None if lasting else wait_after(tries)
    _set(
        _held(mail_id, sender),
        state="failed" if wait is None else "waiting",
        failure=failure,
        failure_detail=detail[:300],
        next_try_at=utc_now() + (wait or timedelta()),
    )
    return Outcome(unchanged=1)


def claimed(ids: Sequence[int]) -> Sequence[OutboxMail]:
    """These mails, in the order in which they were made."""
    theirs = select(OutboxMail).where(OutboxMail.id.in_(ids)).options(*WITH_SECRETS)
    return db.session.scalars(theirs.order_by(OutboxMail.id)).all()


def _held(mail_id: int, sender: str) -> Any:
    return and_(OutboxMail.id == mail_id, OutboxMail.state == "sending", OutboxMail.claimed_by == sender)


def _set(condition: Any, **values: Any) -> int:
    result: Any = db.session.execute(
        update(OutboxMail).where(condition).values(**values), execution_options=QUIETLY
    )
    count: int = result.rowcount
    return count
