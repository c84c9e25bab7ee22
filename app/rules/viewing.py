"""Bekijk als: how long it lasts, which users it is not for, why it ends, and what stays shut meanwhile."""

import enum
from collections.abc import Collection, Mapping
from datetime import timedelta

from app.rules.text import N_

LASTS = timedelta(minutes=30)
OFFICE = frozenset({"administrator", "supplier"})  # role names of app/permissions.py

READ_ONLY = N_("U bekijkt Proeve als iemand anders en kunt niets wijzigen. Er is niets opgeslagen.")
READ_ONLY_KEPT = N_(
    "U bekijkt Proeve als iemand anders en kunt niets wijzigen. Er is niets opgeslagen. Wat u had ingevuld, "
    "is bewaard: stop met bekijken, dan staat het er weer."
)
PERSONAL = N_(
    "Profiel, wachtwoord, apparaten, codes en eigen gegevens ziet alleen de gebruiker zelf. "
    "Stop met bekijken om uw eigen profiel te openen."
)
NO_FILES = N_("U bekijkt Proeve als iemand anders en kunt geen bestanden downloaden.")
JUST_OVER = N_("Er is niets gewijzigd. U werkt weer onder uw eigen naam.")


class Over(enum.StrEnum):
    """Why a viewing ended, as the trail keeps it."""

    BY_HAND = "viewing_by_hand"
    TIME = "viewing_time"
    RIGHTS = "viewing_rights"
    SESSION = "viewing_session"

    @property
    def label(self) -> str:
        return OVER_TEXTS[self]


OVER_TEXTS: Mapping[Over, str] = {
    Over.BY_HAND: N_("zelf gestopt"),
    Over.TIME: N_("na een half uur vanzelf"),
    Over.RIGHTS: N_("rol of account gewijzigd"),
    Over.SESSION: N_("afgemeld"),
}


def why_not(roles: Collection[str], *, oneself: bool, active: bool, guest: bool) -> str:
    """Why an administrator may not look as this user; empty when they may."""
    if oneself:
        return N_("Dit bent u zelf. Kies een andere gebruiker.")
    if guest:
        return N_("Een genodigde heeft geen account om te bekijken.")
    if not active:
        return N_("Dit account is gedeactiveerd. Activeer het eerst weer.")
    if OFFICE & set(roles):
        return N_(
            "Met de ogen van een beheerder of leverancier kijkt u niet mee. Kies iemand met een andere rol."
        )
    return "" if roles else N_("Deze gebruiker heeft nog geen rol en ziet dus nog niets.")
