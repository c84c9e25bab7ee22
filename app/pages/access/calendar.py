"""The calendar feed: read by a calendar program with a secret address, and by nothing else."""

from __future__ import annotations

from typing import Any

from app.documents.calendar import calendar_feed
from app.errors import NotFound
from app.pages.base.guards import public
from app.pages.base.screens import Screen, calendar_answer, expose
from app.queries.access.calendar import own_moments, owner_of
from app.school import current_school

CALENDAR_PATH = "/kalender"


class CalendarPage(Screen):
    route_base = CALENDAR_PATH
    default_view = "feed"

    @expose("/<string:token>.ics")
    @public
    def feed(self, token: str) -> Any:
        """The token opens this feed only; it signs nobody in (decision 0010)."""
        user = owner_of(token)
        if user is None:
            raise NotFound
        return calendar_answer(calendar_feed(own_moments(user), current_school()))
