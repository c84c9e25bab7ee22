"""Puts mails in the outbox, and lets failed ones go again. Nothing else writes mails there.

A mail is a row, written in the same transaction as the change that it tells about.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.entities.bulk import insert_all
from app.entities.engine import QUIETLY
from app.entities.waking import SENDER, wake_after_commit
from app.mail.login_code import LOGIN_CODE
from app.mail.purposes import PURPOSES
from app.permissions import Actor, Permission
from app.queries.users.users import live_code
from app.rules.delivery import AGAIN


@dataclass(frozen=True)
class NewMail:
    """A mail to be sent. `dedupe_key` is unique for its message, so that no message is sent twice.

    `purpose` is one of PURPOSES (app/mail/purposes.py). `body` has placeholders (app/mail/texts.py) for a
    code, which is filled in at sending. `language` is that of the text ("": the school's).
    """

    purpose: str
    dedupe_key: str
    to_address: str
    subject: str
    body: str
    to_user_id: int | None = None
    login_code_id: int | None = None
    guest_key_id: int | None = None
    email_change_id: int | None = None
    language: str = ""


def put_in_outbox(mails: Sequence[NewMail]) -> None:
    """Put these mails in the outbox, in the caller's transaction and in one statement."""
    if not mails:
        return
    now = utc_now()
    if unnamed := {mail.purpose for mail in mails} - set(PURPOSES):
        raise ValueError(f"no purpose of ours (app/mail/purposes.py): {unnamed}")
    rows = [
        {
            **asdict(mail),
            "subject": one_line(mail.subject)[:200],
            "state": "waiting",
            "created_at": now,
            "next_try_at": now,
        }
        for mail in mails
    ]
    insert_all(models.OutboxMail, rows)
    wake_after_commit(SENDER)


def cancel_waiting(about: sa.ColumnElement[bool]) -> None:
    """Cancel the mails that still wait, as what they tell is no longer true."""
    waiting = (
        sa.update(models.OutboxMail)
        .where(about, models.OutboxMail.state == "waiting")
        .values(state="cancelled")
    )
    db.session.execute(waiting, execution_options=QUIETLY)


def one_line(text: str) -> str:
    """The text on one line, for a header: a line break would begin another header."""
    return " ".join(text.split())


@base.action(
    _l("Opnieuw versturen"),
    permission=Permission.OUTBOX_SEND,
    on=models.OutboxMail,
    confirm=True,
    noun=_l("mails"),
    submit=_l("Opnieuw versturen"),
)
def send_again(actor: Actor, targets: base.Targets[models.OutboxMail]) -> base.Outcome:
    """Send failed and sent mails again. A mail whose code no longer works is left alone."""
    works = sa.case(
        (
            models.OutboxMail.login_code_id.is_(None),
            models.OutboxMail.purpose != LOGIN_CODE,
        ),  # an inlogcode mail without a code: its account is gone
        else_=models.OutboxMail.login_code_id.in_(sa.select(models.LoginCode.id).where(live_code())),
    )
    # A mail that still waits goes by itself; AGAIN leaves it out.
    again = models.OutboxMail.id.in_(targets.among()) & models.OutboxMail.state.in_(AGAIN) & works
    ids = db.session.scalars(
        sa.select(models.OutboxMail.id).where(again).order_by(models.OutboxMail.id)
    ).all()
    names = db.session.scalars(
        sa.select(models.OutboxMail.to_address).where(again).order_by(models.OutboxMail.id).limit(10)
    )
    outcome = base.Outcome(
        done=len(ids),
        unchanged=targets.count - len(ids),
        names=list(names),
        ids=ids,
        summary=ngettext(
            "%(num)s mail staat klaar om opnieuw te gaan.",
            "%(num)s mails staan klaar om opnieuw te gaan.",
            len(ids),
        )
        if ids
        else _("Er is niets te versturen: deze mails wachten nog, of hun inlogcode werkt niet meer."),
    )
    db.session.execute(
        sa.update(models.OutboxMail)
        .where(again)
        .values(state="waiting", tries=0, next_try_at=utc_now(), failure="", failure_detail=""),
        execution_options=QUIETLY,
    )
    wake_after_commit(SENDER)
    return outcome
