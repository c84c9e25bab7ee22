"""What is counted when somebody tries to get in: kinds of tries, their limits, and where a try comes from.

A row of SignInAttempt keeps the kind, the account and what was typed apart, each in a column of its own: no
text that somebody types can ever be the account or the kind of another try.
"""

import enum
import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from app.rules import invitations
from app.rules.code_format import normal_form
from app.rules.text import N_
from app.rules.tokens import fingerprint

WINDOW = timedelta(minutes=15)
KEPT = 4 * WINDOW
DAY = timedelta(days=1)

TOO_OFTEN = N_("Te vaak geprobeerd. Wacht een kwartier en probeer het dan opnieuw.")
TOO_OFTEN_TODAY = N_(
    "Vanaf deze plek is in één dag al %(most)s keer om een code voor deze naam gevraagd. Probeer het morgen "
    "opnieuw, of meld u op een andere manier aan."
)
SLOW_DOWN_A_SECOND = N_(
    "Vanaf deze plek is vaak achter elkaar geprobeerd. Wacht 1 seconde en probeer het dan opnieuw."
)
SLOW_DOWN = N_(
    "Vanaf deze plek is vaak achter elkaar geprobeerd. Wacht %(seconds)s seconden en probeer het dan opnieuw."
)


class Kind(enum.StrEnum):
    """What is tried. A success forgives tries of its own kind only."""

    PASSWORD = "password"  # noqa: S105 - a name
    CODE = "code"  # an inlogcode, with a name
    FACTOR = "factor"
    PRESENT = "present"  # the present password of somebody who is signed in
    ADDRESS_CODE = "address_code"
    MAIL_REQUEST = "mail_request"
    MAILED_CODE = "mailed_code"
    INVITATION = "invitation"
    STOP_CODE = "stop_code"
    PASSKEY = "passkey"


@dataclass(frozen=True)
class Limit:
    """How often in WINDOW. None: that is not counted for this kind.

    `tries`: for one account, name or code; more are refused. `a_day`: for one account or name from one place,
    in a day; so a stranger uses up nobody's day but their own. `free`: from one place; after these each next
    one must wait, longer every time and never longer than `longest` seconds.
    """

    tries: int | None = 5
    a_day: int | None = None
    free: int | None = None
    longest: int = 30


# What nobody can guess (60 bits and more) only has to wait so that a flood does not fill the trail.
_UNGUESSABLE = {"free": 200, "longest": 5}

LIMITS: dict[Kind, Limit] = {
    Kind.PASSWORD: Limit(free=20),
    Kind.CODE: Limit(**_UNGUESSABLE),
    Kind.FACTOR: Limit(),
    Kind.PRESENT: Limit(),
    Kind.ADDRESS_CODE: Limit(),
    Kind.MAIL_REQUEST: Limit(tries=3, a_day=10, free=200),  # a whole school may share one address
    Kind.MAILED_CODE: Limit(**_UNGUESSABLE),
    Kind.INVITATION: Limit(**_UNGUESSABLE),
    Kind.STOP_CODE: Limit(**_UNGUESSABLE),
    Kind.PASSKEY: Limit(tries=None, **_UNGUESSABLE),
}

BY_NAME = frozenset({Kind.PASSWORD, Kind.CODE, Kind.MAIL_REQUEST})  # what is typed names an account
_SIGNING_IN = frozenset({Kind.PASSWORD, Kind.CODE})


DAILY = frozenset(kind for kind, limit in LIMITS.items() if limit.a_day is not None)


def counted_together(kind: Kind) -> frozenset[Kind]:
    """The kinds that share one limit: a password and an inlogcode are two doors of one room."""
    return _SIGNING_IN if kind in _SIGNING_IN else frozenset({kind})


def seconds_to_wait(limit: Limit, count: int, since_last: timedelta) -> int:
    """How long a place must still wait after `count` tries, the last of them this long ago; 0: not."""
    if limit.free is None or count < limit.free:
        return 0
    wait = min(2 ** min(count - limit.free + 1, 10), limit.longest)
    left = wait - since_last.total_seconds()
    return max(2, round(left)) if left > 0 else 0


@dataclass(frozen=True)
class Browser:
    """The browser at hand: fingerprints of the token in its cookie, and of the one that it goes on with.

    `known` opens nothing: somebody may have planted it. So whoever signs in goes on with a `fresh` one, that
    only this browser has; "" on a computer that others use too.
    """

    known: str = ""
    fresh: str = ""

    def unless(self, shared: bool) -> "Browser":
        return Browser(self.known) if shared else self


NO_BROWSER = Browser()


@dataclass(frozen=True)
class Place:
    """Where a try comes from.

    `browser`: the fingerprint of the token by which this browser is known, if it is. `session`: of a user who
    is signed in, second step and all.
    """

    address: str = ""
    browser: str = ""
    session: int | None = None


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the first 64 bits, as one subscriber has all of the others."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:  # how a socket of both kinds writes an IPv4 address
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def typed_name(name: str) -> str:
    """What is kept of a typed name: a fingerprint, as it may be a password in the wrong box."""
    return fingerprint(" ".join(name.split()).casefold())


def stop_code_part(typed: str) -> str:
    """The part of a code that stops a change of address by which it is counted, and which is no secret."""
    return invitations.parts(normal_form(typed))[0]


def invitation_part(secret: str) -> str:
    """By what an invitation is counted: the part of a code that is no secret, the fingerprint of a link."""
    if len(secret) == invitations.TOKEN_LENGTH:
        return fingerprint(secret)[:16]
    return invitations.parts(secret)[0]


def invitation_parts(selector: str, token_hash: str) -> tuple[str, str]:
    """Both parts by which an invitation is counted; its tries are forgiven when its guest gets in."""
    return selector, token_hash[:16]
