"""Tells users by mail that their password or second factor has changed."""

from app import models
from app.actions.mail import outbox
from app.clock import utc_now
from app.mail import notices
from app.rules.people import mail_of
from app.rules.tokens import new_token
from app.school import current_school


def notify(user: models.User, kind: notices.Notice) -> None:
    """Put the mail in the outbox, in the caller's transaction. A user without an address gets none."""
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
