"""Who needs a second factor, what is still owed in a session, and what counts as shown lately.

Source: OWASP ASVS 5.0, 6.3.3 (a second factor where it matters), 7.5.1 and 7.5.3 (show it again first).
"""

import datetime as dt
import enum
from collections.abc import Collection
from dataclasses import dataclass


class Policy(enum.StrEnum):
    """Which users need a second factor ([sign_in] second_factor in school.toml)."""

    DECIDING_ROLES = "deciding_roles"
    EVERYONE = "everyone"
    OFF = "off"


class Proof(enum.Enum):
    """What a user must have shown lately before they may carry out an action."""

    LATELY = "the password or the second factor, lately"
    STRONG = "the second factor, lately"
    STRONG_IF_ANY = "the second factor, lately, of who has one"


class Way(enum.Enum):
    """What a page asks to see; it takes nothing else."""

    FACTOR = "a code of the app, a recovery code or a passkey"
    PASSWORD = "the password"  # noqa: S105 - words


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
    """When the user last showed each proof in this session; None: not yet."""

    signed_in_at: dt.datetime | None = None
    password_at: dt.datetime | None = None
    strong_at: dt.datetime | None = None


def needed_at_sign_in(roles: Collection[str], policy: Policy) -> bool:
    """Whether a user with these roles gets in only with a second factor."""
    if policy is Policy.OFF:
        return False
    return policy is Policy.EVERYONE or bool(AT_SIGN_IN & set(roles))


def needed(roles: Collection[str], policy: Policy) -> bool:
    """Whether these roles ever need a second factor; if so, the last one cannot be removed."""
    return needed_at_sign_in(roles, policy) or (policy is not Policy.OFF and bool(AT_DEFINITIVE & set(roles)))


def owed(roles: Collection[str], policy: Policy, *, has_factor: bool, shown: Shown) -> Owed:
    """What a session still owes: to show the factor a user has, or to set up the one they need."""
    if has_factor:
        return Owed.NOTHING if shown.strong_at is not None else Owed.SHOW
    return Owed.SET_UP if needed_at_sign_in(roles, policy) else Owed.NOTHING


def way_asked(proof: Proof | None, *, has_factor: bool) -> Way | None:
    """What somebody must show before an action with this proof; None: there is nothing that they can show.

    Who has a second factor shows that one. A password will do for who has none, where it need not be strong.
    """
    if proof is None:
        return None
    if has_factor:
        return Way.FACTOR
    return Way.PASSWORD if proof is Proof.LATELY else None


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
    # A user who signed in by a mailed code gave no password in this session: signing in was the proof.
    fallback = shown.signed_in_at if shown.password_at is None and not has_factor else None
    return not (lately(shown.strong_at) or lately(shown.password_at) or lately(fallback))
