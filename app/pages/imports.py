"""Studenten importeren (manual, step 4a): Stap 1 van 4 to Stap 4 van 4."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class ImportPage(Screen):
    route_base = "/studenten/importeren"
    default_view = "index"

    @expose("/")
    @needs(Permission.STUDENTS_IMPORT)
    def index(self) -> Any:
        return self.page("imports/file.html")
