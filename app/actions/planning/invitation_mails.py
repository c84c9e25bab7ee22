"""Mails to invited examiners: all that they are expected at, what is new, and that they no longer are.

One mail per guest per change. One that still waits is replaced by one that says it all. Plain functions,
inside the caller's transaction. The number of statements does not grow with the guests.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import orm

from app import models
from app.actions.mail import outbox
from app.entities.base import db
from app.entities.bulk import insert_all
from app.entities.engine import id_set
from app.mail import invitation as mail_invitation
from app.queries.planning.when import when_label
from app.rules import people
from app.rules.invitations import SAME, news_of
from app.rules.tokens import new_token
from app.school import current_school
from app.scopes import invitation_works

GONE = ("sent", "sending")  # states of a mail that its reader has, or will have


@dataclass(frozen=True)
class _Moment:
    """A moment of a guest that is to be told: `by` is who invited them."""

    invitation_id: int
    user_id: int
    sitting: models.Sitting
    exam: models.Exam
    by: models.User | None

    def told(self, news: str = SAME) -> mail_invitation.Told:
        task = self.sitting.task
        with force_locale(current_school().language):
            title = _("Opdracht %(number)s: %(title)s", number=task.position, title=task.title)
        return mail_invitation.Told(
            exam=f"{self.exam.code} {self.exam.title}",
            task=title,
            when=when_label(self.sitting.starts_at, self.sitting.ends_at),
            where=self.sitting.location,
            news=news,
        )


@dataclass(frozen=True)
class _Reader:
    """A guest with the newest key that works, and whether they have had a mail with one that does, or did."""

    user: models.User
    email: str
    key_id: int
    heard: bool
    replaced: bool


def mail_guests(users: Collection[int], news: Mapping[int, str] | None = None) -> None:
    """Mail each of these guests all their open moments. `news`: invitation id -> what has just happened."""
    if not users:
        return
    outbox.cancel_waiting(_to(users))
    by_guest = _by_guest(_moments(models.Invitation.user_id.in_(id_set(sorted(users))) & invitation_works()))
    readers = _readers(by_guest)
    said = _said(by_guest)
    mails, told = [], []
    for user_id, moments in by_guest.items():
        if user_id not in readers:
            continue  # their address went with its term
        happened = {
            one.invitation_id: news_of((news or {}).get(one.invitation_id, SAME), said[one.invitation_id])
            for one in moments
        }
        mail = _mail(readers[user_id], moments, happened)
        mails.append(mail)
        told += [(mail.dedupe_key, key, value) for key, value in happened.items()]
    outbox.put_in_outbox(mails)
    _note(told)


def mail_again_who_waits(users: Collection[int]) -> None:
    """Replace the mails to these guests that still wait, as a moment in them has ended."""
    waiting = sa.select(models.OutboxMail.to_user_id).where(_to(users), models.OutboxMail.state == "waiting")
    mail_guests({user_id for user_id in db.session.scalars(waiting) if user_id})


def tell_ended(invitations: Sequence[int]) -> None:
    """Tell guests that these invitations have ended: one mail to each guest, with all its moments.

    Only for invitations that still work and about which a mail has gone out.
    """
    listed = models.Invitation.id.in_(id_set(invitations))
    live = _by_guest(_moments(listed & models.Invitation.withdrawn_at.is_(None)))
    said = _said(live)
    heard = {
        user_id: [one for one in moments if any(gone for _news, gone in said[one.invitation_id])]
        for user_id, moments in live.items()
    }
    heard = {user_id: moments for user_id, moments in heard.items() if moments}
    if not heard:
        return
    readers = _readers(heard)
    theirs = models.Invitation.user_id.in_(id_set(sorted(heard)))
    left = _by_guest(_moments(theirs & ~listed & invitation_works()))
    school = current_school()
    mails = []
    for user_id, moments in heard.items():
        if user_id not in readers:
            continue
        reader = readers[user_id]
        subject, body = mail_invitation.ended_text(
            school.language,
            school.name,
            name=reader.user.full_name,
            ended=[one.told() for one in moments],
            others=[one.told() for one in left.get(user_id, [])],
            contact=_contact(moments),
        )
        mails.append(
            outbox.NewMail(
                purpose=mail_invitation.INVITATION_ENDED,
                dedupe_key=f"{mail_invitation.INVITATION_ENDED}:{user_id}:{new_token()}",
                to_address=reader.email,
                to_user_id=user_id,
                subject=subject,
                body=body,
            )
        )
    outbox.put_in_outbox(mails)


def _to(users: Collection[int]) -> sa.ColumnElement[bool]:
    """The invitations among the mails to these guests."""
    return models.OutboxMail.to_user_id.in_(id_set(sorted(users))) & (
        models.OutboxMail.purpose == mail_invitation.INVITATION
    )


def _moments(which: sa.ColumnElement[bool]) -> Iterable[_Moment]:
    by = orm.aliased(models.User)
    rows = db.session.execute(
        sa.select(models.Invitation.id, models.Invitation.user_id, models.Sitting, models.Exam, by)
        .join(models.Sitting, models.Sitting.id == models.Invitation.sitting_id)
        .join(models.Registration, models.Registration.id == models.Sitting.registration_id)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .outerjoin(by, by.id == models.Invitation.invited_by_id)
        .where(which)
        .options(orm.joinedload(models.Sitting.task))
        .order_by(models.Sitting.starts_at, models.Sitting.id)
        .execution_options(populate_existing=True)
    )
    return [_Moment(*row) for row in rows]


def _by_guest(moments: Iterable[_Moment]) -> dict[int, list[_Moment]]:
    found: dict[int, list[_Moment]] = defaultdict(list)
    for one in moments:
        found[one.user_id].append(one)
    return found


def _readers(users: Collection[int]) -> Mapping[int, _Reader]:
    """The guests among these users who have an address and a key."""
    mailed = sa.exists().where(
        models.OutboxMail.guest_key_id == models.GuestKey.id, models.OutboxMail.state.in_(GONE)
    )
    rows = db.session.execute(
        sa.select(
            models.User,
            models.Guest.email,
            models.GuestKey.id,
            models.GuestKey.ended_at,
            mailed.label("mailed"),
        )
        .join(models.Guest, models.Guest.user_id == models.User.id)
        .join(models.GuestKey, models.GuestKey.user_id == models.User.id)
        .where(models.User.id.in_(id_set(sorted(users))), models.Guest.email.is_not(None))
        .order_by(models.GuestKey.id)
    ).all()
    keys: dict[int, list[sa.Row[models.User, str | None, int, object, bool]]] = defaultdict(list)
    for row in rows:
        keys[row[0].id].append(row)
    found = {}
    for user_id, theirs in keys.items():
        working = [row for row in theirs if row.ended_at is None]
        heard = any(row.mailed for row in working)
        user, email = theirs[0][0], theirs[0].email or ""
        found[user_id] = _Reader(
            user, email, working[-1][2], heard, not heard and any(row.mailed for row in theirs)
        )
    return found


def _said(by_guest: Mapping[int, Sequence[_Moment]]) -> Mapping[int, Sequence[tuple[str, bool]]]:
    """Invitation id -> what each mail said about it, the latest first, and whether that mail has gone."""
    ids = [one.invitation_id for moments in by_guest.values() for one in moments]
    rows = db.session.execute(
        sa.select(models.InvitationMail.invitation_id, models.InvitationMail.news, models.OutboxMail.state)
        .join(models.OutboxMail, models.OutboxMail.id == models.InvitationMail.mail_id)
        .where(models.InvitationMail.invitation_id.in_(id_set(ids)))
        .order_by(models.InvitationMail.mail_id.desc())
    )
    said: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    for invitation_id, news, state in rows:
        said[invitation_id].append((news, state in GONE))
    return said


def _mail(reader: _Reader, moments: Sequence[_Moment], news: Mapping[int, str]) -> outbox.NewMail:
    school = current_school()
    subject, body = mail_invitation.invitation_text(
        school.language,
        school.name,
        mail_invitation.Invited(
            name=reader.user.full_name,
            moments=[one.told(news[one.invitation_id]) for one in moments],
            contact=_contact(moments),
            heard=reader.heard,
            replaced=reader.replaced,
        ),
    )
    return outbox.NewMail(
        purpose=mail_invitation.INVITATION,
        dedupe_key=f"{mail_invitation.INVITATION}:{reader.user.id}:{new_token()}",
        to_address=reader.email,
        to_user_id=reader.user.id,
        guest_key_id=reader.key_id,
        subject=subject,
        body=body,
    )


def _contact(moments: Sequence[_Moment]) -> str:
    """Whom the guest can ask: who invited them, each once; the school where nobody can be reached."""
    school = current_school()
    reachable = [
        f"{one.by.full_name} ({people.mail_of(one.by.email)})"
        for one in moments
        if one.by is not None and one.by.active and people.mail_of(one.by.email)
    ]
    office = f"{school.mail_sender_name} ({school.mail_sender})" if school.mail_sender else school.name
    return ", ".join(dict.fromkeys(reachable)) or office


def _note(told: Sequence[tuple[str, int, str]]) -> None:
    """Note which mail tells of which moment, and what is new about it: (mail's key, invitation, news)."""
    if not told:
        return
    keys = sorted({key for key, _invitation, _news in told})
    ids = {
        row.dedupe_key: row.id
        for row in db.session.execute(
            sa.select(models.OutboxMail.dedupe_key, models.OutboxMail.id).where(
                models.OutboxMail.dedupe_key.in_(keys)
            )
        )
    }
    rows = [{"mail_id": ids[key], "invitation_id": one, "news": news} for key, one, news in told]
    insert_all(models.InvitationMail, rows)
