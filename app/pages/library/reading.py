"""Tab Bibliotheek: the documents of the reader's own roles."""

from typing import Any

from app.pages import base
from app.pages.library.library import document_answer
from app.permissions import Permission
from app.queries.library.library import own_shelves


class LibraryPage(base.Screen):
    route_base = "/bibliotheek"
    default_view = "index"

    @base.expose("/")
    @base.needs(Permission.LIBRARY_READ)
    def index(self) -> Any:
        return self.page("library/own.html", shelves=own_shelves(base.current_actor()))

    @base.expose("/<int:pk>/download")
    @base.needs(Permission.LIBRARY_READ)
    def download(self, pk: int) -> Any:
        return document_answer(pk, Permission.LIBRARY_READ)
