"""Mails that tell users that their password or second factor has changed, so that they notice a misuse.

The mails hold no secret and no link, as users should not learn to click in a mail about their password.
"""

from __future__ import annotations

import enum
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from app.mail.purposes import purpose
from app.mail.texts import letter
from app.rules.text import N_


class Notice(enum.StrEnum):
    """What has happened. The value is the purpose of the mail; `told` is its first sentence."""

    subject: str
    told: str

    def __new__(cls, name: str, subject: str, told: str) -> Notice:
        made = str.__new__(cls, name)
        made._value_, made.subject, made.told = name, subject, told
        return made

    FACTOR_RESET = (
        purpose("factor_reset", N_("Tweede stap verwijderen")),
        N_("Uw tweede stap bij %(school)s is verwijderd"),
        N_(
            "De beheerder heeft uw tweede stap bij het aanmelden verwijderd. U bent overal afgemeld en "
            "stelt een nieuwe in zodra u zich weer aanmeldt."
        ),
    )
    APP_SET = (
        purpose("app_set", N_("Authenticator-app ingesteld")),
        N_("Een authenticator-app is ingesteld bij %(school)s"),
        N_("Voor uw account is een authenticator-app ingesteld als tweede stap bij het aanmelden."),
    )
    APP_REMOVED = (
        purpose("app_removed", N_("Authenticator-app verwijderd")),
        N_("De authenticator-app is verwijderd bij %(school)s"),
        N_("De authenticator-app is van uw account verwijderd. De codes van die app werken niet meer."),
    )
    PASSKEY_ADDED = (
        purpose("passkey_added", N_("Passkey toegevoegd")),
        N_("Een passkey is toegevoegd bij %(school)s"),
        N_("Aan uw account is een passkey toegevoegd. Daarmee kan iemand zich aanmelden zonder wachtwoord."),
    )
    PASSKEY_REMOVED = (
        purpose("passkey_removed", N_("Passkey verwijderd")),
        N_("Een passkey is verwijderd bij %(school)s"),
        N_("Van uw account is een passkey verwijderd. Die werkt niet meer."),
    )
    CODES_RENEWED = (
        purpose("codes_renewed", N_("Nieuwe herstelcodes")),
        N_("Er zijn nieuwe herstelcodes gemaakt bij %(school)s"),
        N_("Voor uw account zijn nieuwe herstelcodes gemaakt. De oude codes werken niet meer."),
    )
    PASSWORD_CHANGED = (
        purpose("password_changed", N_("Wachtwoord gewijzigd")),
        N_("Uw wachtwoord bij %(school)s is gewijzigd"),
        N_("Het wachtwoord van uw account is gewijzigd. Op andere apparaten bent u afgemeld."),
    )


def notice_of(kind: Notice, language: str, school: str, *, name: str, when: datetime) -> tuple[str, str]:
    """Subject and body. `when` is in the school's time zone."""
    with force_locale(language):
        moment = _("Dit gebeurde op %(day)s om %(time)s.", day=f"{when:%d-%m-%Y}", time=f"{when:%H:%M}")
        not_you = (
            _("Hebt u hier niet om gevraagd? Bel dan meteen uw school.")
            if kind is Notice.FACTOR_RESET
            else _(
                "Was u dat niet? Meld u dan meteen aan, kies in Mijn profiel een ander wachtwoord en druk op "
                "“Overal afmelden”. Waarschuw daarna een beheerder van uw school. Kunt u zich niet meer "
                "aanmelden? Bel dan meteen uw school."
            )
        )
        return _(kind.subject, school=school), letter(
            name,
            school,
            f"{_(kind.told)} {moment}",
            _("Was u dat zelf? Dan hoeft u niets te doen.") if kind is not Notice.FACTOR_RESET else "",
            not_you,
        )
