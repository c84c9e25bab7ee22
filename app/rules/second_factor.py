"""Who needs a second factor, what is still owed in a session, and what counts as shown lately.

Source: OWASP ASVS 5.0, 6.3.3 (a second factor where it matters), 7.5.1 and 7.5.3 (show it again first).
"""

import datetime as dt
import enum
from collections.abc import Collection
from dataclasses import dataclass


class Policy(enum.StrEnum):
    """What a school asks ([sign_in] second_factor in school.toml)."""

    DECIDING_ROLES = "deciding_roles"
    EVERYONE = "everyone"
    OFF = "off"


class Proof(enum.Enum):
    """What an action asks of who carries it out."""

    LATELY = "the password or the second factor, lately"
    STRONG = "the second factor, lately"
    STRONG_IF_ANY = "the second factor, lately, of who has one"


class Owed(enum.StrEnum):
    """What a session still owes before any page opens."""

    NOTHING = ""
    SHOW = "show"
    SET_UP = "set_up"


# Role names of app/permissions.py; a school examiner decides at “definitief”, the others all day.
AT_SIGN_IN = frozenset({"supplier", "administrator", "exam_committee"})
AT_DEFINITIVE = frozenset({"school_examiner"})


@dataclass(frozen=True)
class Shown:
    """When the user of a session last showed what; None: not in this session."""

    signed_in_at: dt.datetime | None = None
    password_at: dt.datetime | None = None
    strong_at: dt.datetime | None = None


def needed_at_sign_in(roles: Collection[str], policy: Policy) -> bool:
    """Whether nobody with these roles gets in without a second factor."""
    if policy is Policy.OFF:
        return False
    return policy is Policy.EVERYONE or bool(AT_SIGN_IN & set(roles))


def needed(roles: Collection[str], policy: Policy) -> bool:
    """Whether these roles need one at some moment: then the last one cannot be removed."""
    return needed_at_sign_in(roles, policy) or (policy is not Policy.OFF and bool(AT_DEFINITIVE & set(roles)))


def owed(roles: Collection[str], policy: Policy, *, has_factor: bool, shown: Shown) -> Owed:
    """Who has a second factor shows it once in a session; who needs one and has none sets it up."""
    if has_factor:
        return Owed.NOTHING if shown.strong_at is not None else Owed.SHOW
    return Owed.SET_UP if needed_at_sign_in(roles, policy) else Owed.NOTHING


def is_missing(
    proof: Proof, shown: Shown, now: dt.datetime, *, policy: Policy, has_factor: bool, within: dt.timedelta
) -> bool:
    """Whether the user must first show something again. `within`: how long it counts as lately."""

    def lately(moment: dt.datetime | None) -> bool:
        return moment is not None and now - moment <= within

    if proof is Proof.STRONG_IF_ANY:  # beside the password, which the action's own form asks for
        return has_factor and not lately(shown.strong_at)
    if proof is Proof.STRONG:
        return (has_factor or policy is not Policy.OFF) and not lately(shown.strong_at)
    # Who signed in by a mailed code has no password in this session: signing in was the proof.
    fallback = shown.signed_in_at if shown.password_at is None and not has_factor else None
    return not (lately(shown.strong_at) or lately(shown.password_at) or lately(fallback))
