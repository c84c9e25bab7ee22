"""Tab Mijn onderwijsvoortgang, and the supervisors' side of it."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class OwnProgressPage(Screen):
    route_base = "/mijn-onderwijsvoortgang"
    default_view = "index"

    @expose("/")
    @needs(Permission.OWN_PROGRESS)
    def index(self) -> Any:
        return self.page("progress/own.html")
