"""Tab Mijn examens: a student's own exams and definitive results."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class OwnExamsPage(Screen):
    route_base = "/mijn-examens"
    default_view = "index"

    @expose("/")
    @needs(Permission.OWN_EXAMS)
    def index(self) -> Any:
        return self.page("planning/own.html")
