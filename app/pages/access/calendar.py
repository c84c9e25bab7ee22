"""The calendar feed of one user, which a calendar program reads at a secret address."""

from typing import Any

from app.documents.calendar import calendar_feed
from app.errors import NotFound
from app.pages import base
from app.queries.access import calendar as queries
from app.school import current_school

CALENDAR_PATH = "/kalender"


class CalendarPage(base.Screen):
    route_base = CALENDAR_PATH
    default_view = "feed"

    @base.expose("/<string:token>.ics")
    @base.public
    def feed(self, token: str) -> Any:
        """The token opens this feed only; it signs nobody in (decision 0010)."""
        user = queries.owner_of(token)
        if user is None:
            raise NotFound
        return base.calendar_answer(calendar_feed(queries.own_moments(user), current_school()))
