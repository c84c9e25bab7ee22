"""A day and an hour as somebody typed them, as a moment.

In one night of the year an hour does not exist, in another it comes twice. Neither can be typed: which moment
was meant is asked, never guessed.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from app.errors import RuleBroken
from app.rules.text import N_

ABSENT = N_(
    "%(time)s bestaat niet (zomertijd) op %(day)s: de klok gaat dan vooruit. Kies een andere begintijd."
)
TWICE = N_(
    "%(time)s komt twee keer voor (wintertijd) op %(day)s: de klok gaat dan terug. Kies een andere begintijd."
)
SUMMER, WINTER = N_("zomertijd"), N_("wintertijd")


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
