"""How long a session may last, why one ends, and what a device is called."""

from dataclasses import dataclass
from datetime import timedelta

from app.rules.tries import NO_BROWSER, Browser, Place

SHARED_IDLE = timedelta(minutes=15)  # "Dit is een gedeelde computer"
SEEN_EVERY = timedelta(minutes=1)  # how often a session that is in use is written down

# Why a session ended (UserSession.ended_because).
SIGNED_OUT = "signed_out"
ENDED_BY_USER = "by_user"
ENDED_BY_OFFICE = "by_office"
CREDENTIAL_CHANGED = "credential"
ROLES_CHANGED = "roles_changed"
ACCOUNT_CLOSED = "account_closed"
FACTOR_CHANGED = "factor_changed"

# After these a user is known in no browser any more, but the one at hand: the device may be lost, the account
# is closed, or who knew the old way in may have made a browser known by it.
FORGET_BROWSERS = frozenset(
    {ENDED_BY_USER, ENDED_BY_OFFICE, ACCOUNT_CLOSED, FACTOR_CHANGED, CREDENTIAL_CHANGED}
)

# A mark in the User-Agent -> the name that people know. The first that fits counts: imitators come first.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """The device in a User-Agent header: "Chrome · Windows"; empty when nothing in it is known."""
    found = (next((name for mark, name in known if mark in user_agent), "") for known in (BROWSERS, SYSTEMS))
    return " · ".join(filter(None, found))


@dataclass(frozen=True)
class Opening:
    """The facts of a session that begins: the fingerprint of its token, the address and the device."""

    token_hash: str
    address: str = ""
    device: str = ""
    shared: bool = False
    browser: Browser = NO_BROWSER

    @property
    def place(self) -> Place:
        return Place(self.address, self.browser.known)

    @property
    def remembered(self) -> Browser:
        """The browser, to know its user by from now on; not on a computer that others use too."""
        return self.browser.unless(self.shared)


@dataclass(frozen=True)
class Renewal:
    """The session in which a user shows who they are, and the fingerprint of the token that it gets."""

    session_id: int
    token_hash: str
    place: Place
