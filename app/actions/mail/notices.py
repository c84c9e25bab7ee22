"""Telling a user by mail that something which lets him in has changed."""

from app import models
from app.actions.mail import outbox
from app.clock import utc_now
from app.mail import notices
from app.rules.people import mail_of
from app.rules.tokens import new_token
from app.school import current_school


def notify(user: models.User, kind: notices.Notice) -> None:
    """A mail in the outbox, in the caller's transaction; none for who has no address."""
    if not mail_of(user.email):
        return
    school = current_school()
    subject, body = notices.notice_of(
        kind, user.language or school.language, school.name, name=user.full_name, when=school.local(utc_now())
    )
    outbox.put_in_outbox(
        [
            outbox.NewMail(
                purpose=kind,
                dedupe_key=f"{kind}:{user.id}:{new_token()}",
                to_address=user.email,
                to_user_id=user.id,
                language=user.language,
                subject=subject,
                body=body,
            )
        ]
    )
