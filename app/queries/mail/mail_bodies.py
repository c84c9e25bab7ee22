"""What a mail says once its code is filled in: for sending, and for a demo school that sends nothing.

A row holds placeholders (decision 0006). A mail whose code no longer works has nothing to fill in.
"""

from __future__ import annotations

from app.clock import utc_now
from app.entities.invitations import Invitation
from app.entities.mail import OutboxMail
from app.entities.profile import EmailChange
from app.mail.email_change import EMAIL_CODE, EMAIL_NOTICE, STOP_PATH
from app.mail.invitation import INVITATION, INVITATION_PATH, LINK
from app.mail.texts import CODE_PATH, LOGIN_CODE, filled_in
from app.queries.access.codes import address_code, shown_code, stop_code
from app.queries.planning.invitation_codes import code_for, token_for
from app.queries.planning.invitations import why_ended
from app.rules.code_format import grouped
from app.school import site_address

PATHS = {INVITATION: INVITATION_PATH, EMAIL_CODE: "/mijn-profiel/", EMAIL_NOTICE: STOP_PATH}


def code_in(mail: OutboxMail) -> str:
    """The code that belongs in this mail, while it works; "" otherwise, and for a mail without a code."""
    if mail.login_code is not None:
        return shown_code(mail.login_code)
    if mail.invitation is not None:
        return grouped(code_for(mail.invitation.nonce)) if _invites(mail, mail.invitation) else ""
    if mail.email_change is not None:
        return _change_code(mail, mail.email_change)
    return ""


def has_code(mail: OutboxMail) -> bool:
    """Whether something is filled in at sending that only its reader may know."""
    return mail.login_code is not None or mail.purpose in PATHS or mail.purpose == LOGIN_CODE


def link_in(mail: OutboxMail) -> str:
    """The link that belongs beside a code that works; "" for a mail without one."""
    return f"{_address(mail)}/#{token_for(mail.invitation.nonce)}" if mail.invitation is not None else ""


def body_with(mail: OutboxMail, code: str, link: str = "") -> str:
    """The body with these in their places; without a link, what stands for the code stands there too."""
    return filled_in(mail.body, code=code, address=_address(mail)).replace(LINK, link or code)


def ready_body(mail: OutboxMail) -> str | None:
    """The text as its reader gets it; None: its code works no longer, so that nothing is to be sent."""
    code = code_in(mail)
    return None if has_code(mail) and not code else body_with(mail, code, link_in(mail))


def _address(mail: OutboxMail) -> str:
    return site_address(PATHS.get(mail.purpose, CODE_PATH))


def _invites(mail: OutboxMail, invitation: Invitation) -> bool:
    """An older mail's number is past: its code was replaced."""
    latest = mail.dedupe_key == f"{INVITATION}:{invitation.id}:{invitation.mailings}"
    return latest and not why_ended(invitation.user_id)


def _change_code(mail: OutboxMail, change: EmailChange) -> str:
    if change.confirmed_at or change.ended_at or change.expires_at <= utc_now():
        return ""
    if mail.purpose == EMAIL_CODE:
        return grouped(address_code(change.nonce))
    return grouped(stop_code(change.nonce)) if mail.purpose == EMAIL_NOTICE else ""
