"""Tab Te beoordelen: an examiner's sittings, the score form, definitive."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class ToAssessPage(Screen):
    route_base = "/te-beoordelen"
    default_view = "index"

    @expose("/")
    @needs(Permission.ASSESSMENT_TODO)
    def index(self) -> Any:
        return self.page("assessment/todo.html")
