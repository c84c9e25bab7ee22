"""Tab Bibliotheekbeheer (manual, step 5): documents per role."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class LibraryAdminPage(Screen):
    route_base = "/bibliotheekbeheer"
    default_view = "index"

    @expose("/")
    @needs(Permission.LIBRARY_MANAGE)
    def index(self) -> Any:
        return self.page("library/roles.html")
