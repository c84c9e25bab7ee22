"""Tab Bibliotheek: the documents of the reader's own roles."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.screens import Screen, expose
from app.permissions import Permission


class LibraryPage(Screen):
    route_base = "/bibliotheek"
    default_view = "index"

    @expose("/")
    @needs(Permission.LIBRARY_READ)
    def index(self) -> Any:
        return self.page("library/shelf.html")
