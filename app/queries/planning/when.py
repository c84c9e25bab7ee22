"""A moment in words, on the school's clock."""

from datetime import date, datetime

from flask_babel import gettext as _

from app.rules import clock_times
from app.school import current_school


def weekday(day: date) -> str:
    """The day of the week in words: "dinsdag"."""
    names = (
        _("maandag"),
        _("dinsdag"),
        _("woensdag"),
        _("donderdag"),
        _("vrijdag"),
        _("zaterdag"),
        _("zondag"),
    )
    return names[day.weekday()]


def dated_label(start: datetime, end: datetime) -> str:
    """The same as when_label with the day of the week, for a page where a plan is checked."""
    return f"{weekday(current_school().local(start))} {when_label(start, end)}"


def when_label(start: datetime, end: datetime) -> str:
    """A moment in words: "24-11-2026 09:30–10:30" on the school's clock, with a second date if need be."""
    school = current_school()
    first, last = school.local(start), school.local(end)
    until = _hour(end) if first.date() == last.date() else f"{last:%d-%m-%Y} {_hour(end)}"
    return f"{first:%d-%m-%Y} {_hour(start)}–{until}"


def _hour(moment: datetime) -> str:
    """ "09:30"; of the hour that comes twice "02:30 (wintertijd)"."""
    school = current_school()
    twice = clock_times.which(moment, school.zone)
    return f"{school.local(moment):%H:%M}" + (f" ({_(twice)})" if twice else "")
