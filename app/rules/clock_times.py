"""A day and an hour as somebody typed them, as a moment.

In one night of the year an hour does not exist, in another it comes twice. Neither can be typed: which moment
was meant is asked, never guessed.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from app.errors import RuleBroken
from app.rules.text import N_

ABSENT = N_(
    "%(time)s bestaat niet (zomertijd) op %(day)s: de klok gaat dan vooruit. Kies een andere begintijd."
)
TWICE = N_(
    "%(time)s komt twee keer voor (wintertijd) op %(day)s: de klok gaat dan terug. Kies een andere begintijd."
)
SHOWN = 30  # characters of what was typed, in a sentence
SUMMER, WINTER = N_("zomertijd"), N_("wintertijd")


NO_HOUR = N_("“%(value)s” is geen tijd. Schrijf uren en minuten, bijvoorbeeld 09:30 of 17:00.")
_HOUR = re.compile(r"(\d{1,2})(?:[:.u](\d{2})|u)?", re.IGNORECASE)
_BARE = re.compile(r"(\d{1,2})(\d{2})")


def typed_hour(typed: str) -> dt.time:
    """The time of day that somebody typed: 9:30, 09.30, 9u30, 0930, 9; 24 hours. RuleBroken: it is none."""
    text = typed.replace(" ", "").removesuffix("uur")
    found = _HOUR.fullmatch(text) or _BARE.fullmatch(text)
    hours, minutes = (int(part or 0) for part in found.groups()) if found else (24, 0)
    if hours > 23 or minutes > 59:
        raise RuleBroken(NO_HOUR, value=typed[:SHOWN])
    return dt.time(hours, minutes)


def moment_of(day: dt.date, clock: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The moment, in UTC. RuleBroken when the clock of this zone does not show it once on this day."""
    typed = dt.datetime.combine(day, clock, tzinfo=zone)
    early, late = (typed.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if early != late:
        told = ABSENT if early > late else TWICE
        raise RuleBroken(told, time=f"{clock:%H:%M}", day=f"{day:%d-%m-%Y}")
    return early


def day_begins(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Midnight; where the clock skips midnight on this day: the first moment of the day."""
    return dt.datetime.combine(day, dt.time(0), tzinfo=zone)


def which(moment: dt.datetime, zone: ZoneInfo) -> str:
    """Of an hour that comes twice: "zomertijd" or "wintertijd", as a msgid. Of any other: ""."""
    local = moment.astimezone(zone)
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return ""
    return WINTER if local.fold else SUMMER
