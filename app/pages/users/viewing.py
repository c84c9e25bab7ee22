"""The button of the banner: Stop met bekijken."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.pages.access.sessions import present
from app.pages.access.viewing import STOP_PATH, stop_looking
from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose, go, tell
from app.pages.users.users import UsersPage
from app.permissions import Permission
from app.rules.viewing import Over


class ViewingPage(Screen):
    route_base = ""
    default_view = "stop"

    @expose(STOP_PATH, methods=["POST"])
    @needs(Permission.START)
    def stop(self) -> Any:
        """Back to one's own name, at the page of whom one looked as; nothing was viewed: to the start."""
        here = present()
        back = "/"
        if here is not None and here.seen_as is not None:
            back = f"{UsersPage.route_base}/{here.seen_as.id}"
            stop_looking(here, Over.BY_HAND)
        tell(_("U werkt weer onder uw eigen naam."))
        return go(back)
