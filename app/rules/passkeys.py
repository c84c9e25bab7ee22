"""The site on which a passkey works: the name it is bound to, and the origin a browser must report."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.rules.text import N_

LOCAL = "localhost"
ANSWER_MAX = 20_000  # characters; a browser's answer is about a thousand
WRONG = N_("Deze passkey is niet herkend. Probeer het opnieuw, of kies een andere manier.")
ANSWERED_WITHIN = 300  # seconds
TOO_LATE = N_("De vraag aan uw passkey is verlopen. Probeer het opnieuw.")


@dataclass(frozen=True)
class Site:
    """What WebAuthn calls the relying party id, and the origin."""

    rp_id: str
    origin: str


def site_of(address: str, asked_host: str) -> Site | None:
    """The site of an address like https://examens.school.nl; None: browsers make no passkeys there.

    A passkey is bound to a name, never to an IP address. A site on this machine goes by “localhost”,
    on the port that was asked for (`asked_host`: the Host header); any other site by its address alone.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host == LOCAL or _is_loopback(host):
        asked = urlsplit(f"//{asked_host}")
        return Site(LOCAL, f"{parts.scheme}://{asked.netloc}") if asked.hostname == LOCAL else None
    if not host or _is_ip(host) or parts.scheme != "https":
        return None
    return Site(host, f"{parts.scheme}://{parts.netloc}")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_ip(host) and ipaddress.ip_address(host).is_loopback


@dataclass(frozen=True)
class Challenge:
    """What a browser must sign, in base64url. `user_id`: of whom; None: of anybody, at sign-in.

    `until`: seconds since 1970.
    """

    text: str
    purpose: str
    user_id: int | None
    until: int


@dataclass(frozen=True)
class Answer:
    """A browser's answer to a challenge: its JSON, which challenge, and the site it was asked on."""

    credential: str
    challenge: Challenge | None
    site: Site | None
