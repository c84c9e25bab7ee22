"""A calendar feed (RFC 5545): the moments of one person, without names of others and without results.

Times are in UTC: a program that knows a zone only by its rule of one year shows the right hour too.
"""

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _
from icalendar import Calendar, Event

from app.clock import utc_now
from app.queries.access.calendar import CalendarMoment
from app.school import School, site_address


def calendar_feed(moments: Sequence[CalendarMoment], school: School) -> bytes:
    """The feed as bytes. A moment keeps its UID, and its SEQUENCE rises with every change of the planning."""
    made = Calendar()
    made.add("prodid", "-//Proeve//Examenmomenten//NL")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _("Examens %(school)s", school=school.name))
    made.add("x-wr-timezone", school.timezone)
    for moment in moments:
        made.add_component(_event(moment, school))
    written: bytes = made.to_ical()
    return written


def _event(moment: CalendarMoment, school: School) -> Event:
    event = Event()
    event.add("uid", moment.uid)
    event.add("sequence", moment.sequence)
    event.add("dtstamp", utc_now())
    event.add("dtstart", moment.starts_at.astimezone(dt.UTC))
    event.add("dtend", moment.ends_at.astimezone(dt.UTC))
    event.add("summary", _("Examen: %(exam)s", exam=moment.exam))
    if moment.location:
        event.add("location", moment.location)
    event.add("description", f"{moment.task}\n{site_address('/')}")
    event.add("class", "PRIVATE")
    return event
