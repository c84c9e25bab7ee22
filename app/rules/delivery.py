"""When a mail is tried again, and what a mail server's answer means."""

from datetime import timedelta

from app.rules.text import N_

MOST_TRIES = 10
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)

# What is kept of a failure (OutboxMail.failure) -> what people read.
UNREACHABLE, CERTIFICATE, SIGN_IN = "unreachable", "certificate", "sign_in"
REFUSED_ADDRESS, REFUSED = "address", "refused"
FAILURES = {
    UNREACHABLE: N_("De mailserver antwoordde niet."),
    CERTIFICATE: N_("De mailserver heeft geen certificaat dat klopt; er is niets aan hem gegeven."),
    REFUSED_ADDRESS: N_("De mailserver kent dit adres niet of neemt er geen mail voor aan."),
    REFUSED: N_("De mailserver nam de mail niet aan."),
    SIGN_IN: N_("De mailserver liet Proeve niet binnen; controleer gebruikersnaam en wachtwoord."),
}
AGAIN = ("failed", "sent")  # the states in which a mail can be sent once more


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after so many tries: one minute, doubling to four hours; None: no more tries.

    Ten tries take about eleven hours: a mail server that is down for a night costs no mail.
    """
    if tries >= MOST_TRIES:
        return None
    doublings: int = 2 ** max(tries - 1, 0)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)


def is_lasting(code: int) -> bool:
    """Whether a mail server's answer means that trying again is no use (RFC 5321, 4.2.1: 5xx)."""
    return 500 <= code <= 599
