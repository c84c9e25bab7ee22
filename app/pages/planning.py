"""Tab Examens (manual, step 6): students and exams, planning, the red bin."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class PlanningPage(Screen):
    route_base = "/examens"
    default_view = "index"

    @expose("/")
    @needs(Permission.PLANNING_SEE)
    def index(self) -> Any:
        return self.page("planning/overview.html")
