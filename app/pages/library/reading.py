"""Tab Bibliotheek: the documents of the reader's own roles."""

from __future__ import annotations

from typing import Any

from app.pages.base.guards import needs
from app.pages.base.request import current_actor
from app.pages.base.screens import Screen, expose
from app.pages.library.library import document_answer
from app.permissions import Permission
from app.queries.library.library import own_shelves


class LibraryPage(Screen):
    route_base = "/bibliotheek"
    default_view = "index"

    @expose("/")
    @needs(Permission.LIBRARY_READ)
    def index(self) -> Any:
        return self.page("library/own.html", shelves=own_shelves(current_actor()))

    @expose("/<int:pk>/download")
    @needs(Permission.LIBRARY_READ)
    def download(self, pk: int) -> Any:
        return document_answer(pk, Permission.LIBRARY_READ)
