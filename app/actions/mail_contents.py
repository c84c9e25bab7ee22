"""What a mail says at the moment that it is sent, as text and as HTML."""

from __future__ import annotations

from flask import render_template

from app.actions.mail_bodies import body_with, code_in, has_code
from app.entities.mail import OutboxMail
from app.mail.texts import paragraphs_of
from app.school import current_school


def ready_body(mail: OutboxMail) -> str | None:
    """The text as its reader gets it; None: its code works no longer, so that nothing is to be sent."""
    code = code_in(mail)
    return None if has_code(mail) and not code else body_with(mail, code)


def as_html(subject: str, body: str) -> str:
    """The same text as a calm HTML mail: paragraphs, line breaks and nothing that loads from elsewhere."""
    return render_template(
        "mail/mail.html", subject=subject, paragraphs=paragraphs_of(body), school=current_school()
    )
