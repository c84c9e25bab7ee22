"""Mails to invited examiners: the invitation, a new time or place, and that they are no longer expected.

Plain functions, inside the caller's transaction. The number of statements does not grow with the guests.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.actions.mail import outbox
from app.entities.base import db
from app.entities.engine import id_set
from app.mail import invitation as mail_invitation
from app.rules.tokens import new_token
from app.school import current_school


def mail_invitations(invitations: Sequence[int], *, moved: bool = False) -> None:
    """Mail each of these invitations. A mail that still waits is replaced. `moved`: time or place changed."""
    if not invitations:
        return
    outbox.cancel_waiting(models.OutboxMail.invitation_id.in_(id_set(invitations)))
    mails = []
    for invitation, guest, sitting, heard in _rows(models.Invitation.id.in_(id_set(invitations))):
        invitation.mailings += 1
        mails.append(_mail(invitation, guest, sitting, moved=moved and heard))
    outbox.put_in_outbox(mails)


def tell_ended(invitations: Sequence[int]) -> None:
    """Tell guests that these invitations have ended. One mail to each address, with all its moments.

    Only for invitations that still work and about which a mail has gone out.
    """
    live = models.Invitation.id.in_(id_set(invitations)) & models.Invitation.withdrawn_at.is_(None)
    ended: dict[str, list[tuple[models.User, models.Sitting]]] = defaultdict(list)
    for invitation, guest, sitting, heard in _rows(live):
        if heard:
            ended[invitation.email].append((guest, sitting))
    school = current_school()
    mails = []
    for address, theirs in ended.items():
        guest = theirs[0][0]
        moments = [_moment(sitting) for _guest, sitting in sorted(theirs, key=lambda one: one[1].starts_at)]
        subject, body = mail_invitation.ended_text(
            school.language, school.name, name=guest.full_name, moments=moments
        )
        mails.append(
            outbox.NewMail(
                purpose=mail_invitation.INVITATION_ENDED,
                dedupe_key=f"{mail_invitation.INVITATION_ENDED}:{guest.id}:{new_token()}",
                to_address=address,
                to_user_id=guest.id,
                subject=subject,
                body=body,
            )
        )
    outbox.put_in_outbox(mails)


def _rows(which: sa.ColumnElement[bool]) -> Sequence[Any]:
    """Rows of (invitation, guest, sitting, whether a mail about it has gone out)."""
    heard = sa.exists().where(
        models.OutboxMail.invitation_id == models.Invitation.id,
        models.OutboxMail.state.in_(("sent", "sending")),
    )
    return db.session.execute(
        sa.select(models.Invitation, models.User, models.Sitting, heard)
        .join(models.User, models.User.id == models.Invitation.user_id)
        .join(models.Sitting, models.Sitting.id == models.Invitation.sitting_id)
        .where(which)
        .order_by(models.Invitation.id)
    ).all()


def _mail(
    invitation: models.Invitation, guest: models.User, sitting: models.Sitting, *, moved: bool
) -> outbox.NewMail:
    school = current_school()
    subject, body = mail_invitation.invitation_text(
        school.language,
        school.name,
        name=guest.full_name,
        when=_when(sitting),
        where=sitting.location,
        moved=moved,
    )
    return outbox.NewMail(
        purpose=mail_invitation.INVITATION,
        dedupe_key=f"{mail_invitation.INVITATION}:{invitation.id}:{invitation.mailings}",
        to_address=invitation.email,
        to_user_id=guest.id,
        invitation_id=invitation.id,
        subject=subject,
        body=body,
    )


def _moment(sitting: models.Sitting) -> str:
    return ", ".join(filter(None, (_when(sitting), sitting.location)))


def _when(sitting: models.Sitting) -> str:
    """The time as "25-11-2026 10:00–11:30", in the school's time zone."""
    school = current_school()
    start, end = school.local(sitting.starts_at), school.local(sitting.ends_at)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%d-%m-%Y %H:%M}"
    return f"{start:%d-%m-%Y %H:%M}–{until}"
