"""Hulp, in everybody's menu: whom to ask, and where the manual is."""

from typing import Any

from app.pages import base
from app.permissions import Permission, may
from app.school import current_school


class HelpPage(base.Screen):
    route_base = "/hulp"
    default_view = "index"

    @base.expose("/")
    @base.needs(Permission.START)
    def index(self) -> Any:
        actor = base.current_actor()
        return self.page(
            "school/help.html",
            office=current_school().office,
            # The supplier answers the school, not each of its users.
            asks_supplier=may(actor, Permission.PROGRAMMES_SEE),
            reads_library=may(actor, Permission.LIBRARY_READ),
        )
