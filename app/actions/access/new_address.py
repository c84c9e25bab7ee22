"""What follows when an account has another address: who reads the old one gets in no more, and is told.

Every action that changes an address ends here (tests/test_another_address.py tries them all).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app import models
from app.actions import base
from app.actions.access.code_making import cancel_codes
from app.actions.access.sessions import end_sessions
from app.actions.mail import outbox
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.mail import email_change
from app.permissions import SYSTEM
from app.rules.people import mail_of
from app.rules.sessions import CREDENTIAL_CHANGED
from app.rules.tokens import new_token
from app.rules.tries import NO_BROWSER, Browser
from app.school import current_school

LAPSED = "cancel_email_change"  # what the trail calls it, also when nobody asked for that


@dataclass(frozen=True)
class Moved:
    """An account with another address than `old`. `name` is that of a user who changed it themselves."""

    user_id: int
    old: str
    language: str = ""
    name: str = ""


def address_changed(
    moved: Sequence[Moved], *, staying: int | None = None, browser: Browser = NO_BROWSER
) -> None:
    """End what the old addresses opened, and mail them that the account has another. Fixed statements.

    Codes, sessions but `staying`, browsers but `browser`, and changes that wait for their code.
    """
    ids = [one.user_id for one in moved]
    if not ids:
        return
    cancel_codes(ids)
    end_sessions(ids, CREDENTIAL_CHANGED, but=staying, browser=browser)
    let_changes_lapse(ids)
    outbox.put_in_outbox([_mail(one) for one in moved if mail_of(one.old)])


def let_changes_lapse(user_ids: Sequence[int]) -> None:
    """End the changes of address in whose place something else came; the trail says which still waited."""
    waited = [one for one in end_changes(user_ids) if one.expires_at > utc_now()]
    if waited:
        asked = "; ".join(one.new_email for one in waited)
        base.record(SYSTEM, LAPSED, "User", [one.user_id for one in waited], {"asked": [asked, None]})


def end_changes(user_ids: Sequence[int]) -> Sequence[Any]:
    """End the changes of address that wait, and their mails not sent yet. Returns the changes that ended."""
    waiting = db.session.execute(
        sa.select(
            models.EmailChange.id,
            models.EmailChange.user_id,
            models.EmailChange.new_email,
            models.EmailChange.expires_at,
        )
        .where(
            models.EmailChange.user_id.in_(id_set(user_ids)),
            models.EmailChange.confirmed_at.is_(None),
            models.EmailChange.ended_at.is_(None),
        )
        .order_by(models.EmailChange.id)
    ).all()
    if waiting:
        ids = id_set([one.id for one in waiting])
        ended = sa.update(models.EmailChange).where(models.EmailChange.id.in_(ids)).values(ended_at=utc_now())
        db.session.execute(ended, execution_options=QUIETLY)
        outbox.cancel_waiting(models.OutboxMail.email_change_id.in_(ids))
    return waiting


def _mail(one: Moved) -> outbox.NewMail:
    language, school = one.language or current_school().language, current_school().name
    subject, body = (
        email_change.changed_text(language, school, name=one.name)
        if one.name
        else email_change.changed_by_school_text(language, school)
    )
    return outbox.NewMail(
        purpose=email_change.EMAIL_CHANGED,
        dedupe_key=f"{email_change.EMAIL_CHANGED}:{one.user_id}:{new_token()}",
        to_address=one.old,
        to_user_id=one.user_id,
        language=one.language,
        subject=subject,
        body=body,
    )
