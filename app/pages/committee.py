"""Tab Examencommissie: results and trail, read-only."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class CommitteePage(Screen):
    route_base = "/examencommissie"
    default_view = "index"

    @expose("/")
    @needs(Permission.COMMITTEE_SEE)
    def index(self) -> Any:
        return self.page("committee/overview.html")
