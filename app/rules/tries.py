"""The keys under which tries are counted; none of them holds a secret."""

from app.rules import invitations
from app.rules.code_format import normal_form
from app.rules.tokens import fingerprint


def factor_key(user_id: int | None) -> str:
    """Of a user's second factor."""
    return f"second factor of {user_id}"


def present_key(user_id: int) -> str:
    """Of somebody's present password, whatever form asks for it."""
    return f"present password of {user_id}"


def stop_key(typed: str) -> str:
    """Of a code that stops a change of address."""
    return f"adreswijziging {invitations.parts(normal_form(typed))[0]}"


def invitation_key(secret: str) -> str:
    """Of an invitation: the part of a code that is no secret, or the print of a token."""
    shown = (
        fingerprint(secret)[:16] if len(secret) == invitations.TOKEN_LENGTH else invitations.parts(secret)[0]
    )
    return f"uitnodiging {shown}"


def invitation_keys(selector: str, token_hash: str) -> tuple[str, str]:
    """Those of one invitation, to be forgotten when its guest came in."""
    return f"uitnodiging {selector}", f"uitnodiging {token_hash[:16]}"
