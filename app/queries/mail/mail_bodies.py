"""Fills in the code and the link of a mail: for sending, and for a demo school that sends nothing.

A row holds placeholders (decision 0006). When its code no longer works, or was drawn from a key that is gone,
there is nothing to fill in.
"""

from werkzeug.security import check_password_hash

from app import models
from app.clock import utc_now
from app.mail import email_change, texts
from app.mail import invitation as mail_invitation
from app.mail.login_code import LOGIN_CODE
from app.queries.access import codes
from app.queries.planning import invitation_codes
from app.queries.planning.invitations import mail_is_true
from app.rules.code_format import grouped
from app.rules.invitations import parts
from app.school import site_address

PATHS = {
    mail_invitation.INVITATION: mail_invitation.INVITATION_PATH,
    email_change.EMAIL_CODE: "/mijn-profiel/",
    email_change.EMAIL_NOTICE: email_change.STOP_PATH,
}


def code_in(mail: models.OutboxMail) -> str:
    """The code that belongs in this mail; "" when it works no longer, and for a mail without a code."""
    if mail.login_code is not None:
        return codes.shown_code(mail.login_code)
    if mail.guest_key is not None:
        return grouped(invitation_codes.code_of(mail.guest_key)) if _invites(mail, mail.guest_key) else ""
    if mail.email_change is not None:
        return _change_code(mail, mail.email_change)
    return ""


def has_code(mail: models.OutboxMail) -> bool:
    """Whether sending this mail fills in a code, which only its reader may know."""
    return mail.login_code is not None or mail.purpose in PATHS or mail.purpose == LOGIN_CODE


def link_in(mail: models.OutboxMail) -> str:
    """The link that belongs beside a working code; "" for a mail without one."""
    return (
        f"{_address(mail)}/#{invitation_codes.token_of(mail.guest_key)}" if mail.guest_key is not None else ""
    )


def body_with(mail: models.OutboxMail, code: str, link: str = "") -> str:
    """The body with code and link in their places; without a link, the text of the code takes its place."""
    return texts.filled_in(mail.body, code=code, address=_address(mail)).replace(
        mail_invitation.LINK, link or code
    )


def ready_body(mail: models.OutboxMail) -> str | None:
    """The text as its reader gets it; None: its code works no longer, so it is not sent."""
    code = code_in(mail)
    return None if has_code(mail) and not code else body_with(mail, code, link_in(mail))


def _address(mail: models.OutboxMail) -> str:
    return site_address(PATHS.get(mail.purpose, texts.CODE_PATH))


def _invites(mail: models.OutboxMail, key: models.GuestKey) -> bool:
    """Whether this mail still holds: its code was not replaced, and no later mail told of its moments."""
    return key.ended_at is None and mail_is_true(mail)


def _change_code(mail: models.OutboxMail, change: models.EmailChange) -> str:
    if change.confirmed_at or change.ended_at or change.expires_at <= utc_now():
        return ""
    if mail.purpose == email_change.EMAIL_CODE:
        return grouped(
            codes.address_code(change.nonce, lambda code: check_password_hash(change.code_hash, code))
        )
    if mail.purpose == email_change.EMAIL_NOTICE:
        return grouped(codes.stop_code(change.nonce, lambda code: parts(code)[0] == change.stop_selector))
    return ""
