"""Inviting a company examiner who has no account: when it may be done, and what the guest types or follows.

The typed code has sixteen characters. The first four only find the guest, the other twelve (60 random
bits) are kept as a salted password hash; the token of the link has 256 random bits, for which a plain
SHA-256 will do (OWASP ASVS 5.0, 6.5.2).
"""

import base64
from collections.abc import Iterable

from app.rules.code_format import GROUP
from app.rules.text import N_, Reason, reason

WITHDRAWN, DEFINITIVE, EXPIRED = "withdrawn", "definitive", "expired"
TOKEN_LENGTH = 43  # characters of base64url for 32 bytes

# What a mail says is new about a moment; SAME: the guest has heard of it as it is.
SAME, MOVED, ADDED = "", "moved", "added"

WHY_ENDED = {
    WITHDRAWN: N_("De school heeft deze uitnodiging ingetrokken. U hoeft niets meer te doen."),
    DEFINITIVE: N_("De beoordeling is definitief gemaakt. U hoeft niets meer te doen; dank u wel."),
    EXPIRED: N_("Deze uitnodiging is verlopen. Neem contact op met de school als u nog iets moet invullen."),
}

# The same, for one of several moments: a guest who was there is sent on to the others.
WHY_ONE_ENDED = {
    WITHDRAWN: N_("De school heeft uw uitnodiging voor het examenmoment dat u wilde openen, ingetrokken."),
    DEFINITIVE: N_("De beoordeling van het examenmoment dat u wilde openen, is definitief gemaakt."),
    EXPIRED: N_("Het examenmoment dat u wilde openen, is te lang geleden om nog in te vullen."),
}


def parts(code: str) -> tuple[str, str]:
    """(selector, secret) of a code in its normal form; the selector is the first group of four."""
    return code[:GROUP], code[GROUP:]


def link_token(digest: bytes) -> str:
    """The part of the link after the #: 256 bits, in characters that an address may hold."""
    if len(digest) < 32:
        raise ValueError("32 bytes are needed")
    return base64.urlsafe_b64encode(digest[:32]).rstrip(b"=").decode()


def news_of(now: str, mails: Iterable[tuple[str, bool]]) -> str:
    """What the next mail says is new about a moment.

    `now`: what has just happened to it. `mails`: those that told of it, the latest first, each with what it
    said and whether it has gone out. What a mail said that never went, is still to be said.
    """
    said = [now]
    for news, gone in mails:
        if gone:
            return MOVED if MOVED in said else ADDED if ADDED in said else SAME
        said.append(news)
    return ADDED


def why_not_invite(*, definitive: bool, expired: bool, company: str, invited: str) -> Reason | None:
    """Why nobody can be invited: a sitting has one company examiner, and only while there is work to do."""
    if definitive:
        return reason(N_("De beoordeling is definitief en kan niet meer worden gewijzigd."))
    if expired:
        return reason(N_("Dit examenmoment is te lang geleden om nog iemand voor uit te nodigen."))
    if invited:
        return reason(N_("%(name)s is al uitgenodigd. Trek die uitnodiging eerst in."), name=invited)
    if company:
        return reason(
            N_(
                "%(name)s is al examinator van het bedrijf bij dit examenmoment. Kies “Bedrijfsexaminator "
                "vervangen”, en daar “Niemand”."
            ),
            name=company,
        )
    return None
