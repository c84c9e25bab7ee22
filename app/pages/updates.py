"""Tab Instellingen (manual, step 7): the updates of the system, newest first."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class UpdatesPage(Screen):
    route_base = "/instellingen"
    default_view = "index"

    @expose("/")
    @needs(Permission.SETTINGS_READ)
    def index(self) -> Any:
        return self.page("school/updates.html")
