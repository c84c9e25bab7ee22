"""What a guest hears: the invitation, another time or place, and that he is not expected any more.

Plain functions inside the caller's transaction; a fixed number of statements, however many guests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from app.actions.mail.outbox import NewMail, cancel_waiting, put_in_outbox
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.invitations import Invitation
from app.entities.mail import OutboxMail
from app.entities.planning import Sitting
from app.entities.users import User
from app.mail.invitation import INVITATION, INVITATION_ENDED, ended_text, invitation_text
from app.rules.tokens import new_token
from app.school import current_school


def mail_invitations(invitations: Sequence[int], *, moved: bool = False) -> None:
    """A mail for each of these; one that still waits is replaced. `moved`: another time or place."""
    if not invitations:
        return
    cancel_waiting(OutboxMail.invitation_id.in_(id_set(invitations)))
    mails = []
    for invitation, guest, sitting, heard in _rows(Invitation.id.in_(id_set(invitations))):
        invitation.mailings += 1
        mails.append(_mail(invitation, guest, sitting, moved=moved and heard))
    put_in_outbox(mails)


def tell_ended(invitations: Sequence[int]) -> None:
    """One mail to each person who had heard of any of these that still work, whatever their number."""
    live = Invitation.id.in_(id_set(invitations)) & Invitation.withdrawn_at.is_(None)
    ended: dict[str, list[tuple[User, Sitting]]] = defaultdict(list)
    for invitation, guest, sitting, heard in _rows(live):
        if heard:
            ended[invitation.email].append((guest, sitting))
    school = current_school()
    mails = []
    for address, theirs in ended.items():
        guest = theirs[0][0]
        moments = [_moment(sitting) for _guest, sitting in sorted(theirs, key=lambda one: one[1].starts_at)]
        subject, body = ended_text(school.language, school.name, name=guest.full_name, moments=moments)
        mails.append(
            NewMail(
                purpose=INVITATION_ENDED,
                dedupe_key=f"{INVITATION_ENDED}:{guest.id}:{new_token()}",
                to_address=address,
                to_user_id=guest.id,
                subject=subject,
                body=body,
            )
        )
    put_in_outbox(mails)


def _rows(which: ColumnElement[bool]) -> Sequence[Any]:
    """(invitation, guest, sitting, whether a mail about it has gone out)."""
    heard = exists().where(
        OutboxMail.invitation_id == Invitation.id, OutboxMail.state.in_(("sent", "sending"))
    )
    return db.session.execute(
        select(Invitation, User, Sitting, heard)
        .join(User, User.id == Invitation.user_id)
        .join(Sitting, Sitting.id == Invitation.sitting_id)
        .where(which)
        .order_by(Invitation.id)
    ).all()


def _mail(invitation: Invitation, guest: User, sitting: Sitting, *, moved: bool) -> NewMail:
    school = current_school()
    subject, body = invitation_text(
        school.language,
        school.name,
        name=guest.full_name,
        when=_when(sitting),
        where=sitting.location,
        moved=moved,
    )
    return NewMail(
        purpose=INVITATION,
        dedupe_key=f"{INVITATION}:{invitation.id}:{invitation.mailings}",
        to_address=invitation.email,
        to_user_id=guest.id,
        invitation_id=invitation.id,
        subject=subject,
        body=body,
    )


def _moment(sitting: Sitting) -> str:
    return ", ".join(filter(None, (_when(sitting), sitting.location)))


def _when(sitting: Sitting) -> str:
    """ "25-11-2026 10:00–11:30", on the school's clock."""
    school = current_school()
    start, end = school.local(sitting.starts_at), school.local(sitting.ends_at)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%d-%m-%Y %H:%M}"
    return f"{start:%d-%m-%Y %H:%M}–{until}"
