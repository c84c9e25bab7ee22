"""The keys under which tries are counted; none of them holds a secret."""

from app.rules import invitations
from app.rules.code_format import normal_form
from app.rules.tokens import fingerprint


def factor_key(user_id: int | None) -> str:
    """The key of a user's second factor."""
    return f"second factor of {user_id}"


def present_key(user_id: int) -> str:
    """The key of somebody's present password, whatever form asks for it."""
    return f"present password of {user_id}"


def stop_key(typed: str) -> str:
    """The key of a code that stops a change of address."""
    return f"adreswijziging {invitations.parts(normal_form(typed))[0]}"


def invitation_key(secret: str) -> str:
    """The key of an invitation: the part of a code that is no secret, or the fingerprint of a token."""
    shown = (
        fingerprint(secret)[:16] if len(secret) == invitations.TOKEN_LENGTH else invitations.parts(secret)[0]
    )
    return f"uitnodiging {shown}"


def invitation_keys(selector: str, token_hash: str) -> tuple[str, str]:
    """Both keys of an invitation; their tries are forgotten when its guest gets in."""
    return f"uitnodiging {selector}", f"uitnodiging {token_hash[:16]}"
