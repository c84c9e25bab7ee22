"""Tells whose invitation ends: on the page that announces it and in the trail, by address (decision 18)."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.queries.planning.invitations import Guests

NAMED = 5


def ended_told(guests: Guests) -> str:
    """Whose invitation ends, in a sentence; "" for nobody's."""
    if not guests:
        return ""
    return ngettext(
        "%(num)s examinator zonder account is hiervoor niet meer uitgenodigd: %(names)s.",
        "%(num)s examinatoren zonder account zijn hiervoor niet meer uitgenodigd: %(names)s.",
        len(guests),
        names=_named(guests),
    )


def ended_details(guests: Guests) -> dict[str, Any]:
    """For the trail: every guest whose invitation ends."""
    return {"invitations": ["; ".join(guests.values()), None]} if guests else {}


def not_back_told(guests: Guests) -> str:
    """Whose invitation ended by stopping, and stays so when the exam goes on; "" for nobody's."""
    if not guests:
        return ""
    return ngettext(
        "De uitnodiging van %(num)s examinator verviel bij het stoppen; nodig opnieuw uit: %(names)s.",
        "De uitnodigingen van %(num)s examinatoren vervielen bij het stoppen; nodig opnieuw uit: %(names)s.",
        len(guests),
        names=_named(guests),
    )


def not_back_details(guests: Guests) -> dict[str, Any]:
    """For the trail: every guest whose invitation stays ended."""
    stays = _("vervallen bij het stoppen, niet opnieuw uitgenodigd")
    return {"invitations": f"{'; '.join(guests.values())}: {stays}"} if guests else {}


def _named(guests: Guests) -> str:
    names = list(guests.values())[:NAMED]
    more = len(guests) - len(names)
    if more:
        names.append(_("en nog %(count)s", count=more))
    return ", ".join(names)
