"""Tab Bibliotheekbeheer (manual, step 5): the roles, and behind each list icon its documents."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.actions.base.action import Action, ActionForm, Outcome, Targets
from app.actions.library.library import change_document, move_document, remove_document, upload_document
from app.pages.base.buttons import offers
from app.pages.base.guards import needs
from app.pages.base.request import current_actor, href_with, text_arg
from app.pages.base.screens import ActionScreen, expose, file_answer, missing, posted
from app.permissions import Permission, Role
from app.queries.library.library import READERS, counts_by_role, document_of, path_of, shelf


class LibraryAdminPage(ActionScreen):
    route_base = "/bibliotheekbeheer"
    default_view = "index"
    permission = Permission.LIBRARY_MANAGE
    other_actions = (upload_document, change_document, remove_document, move_document)

    @expose("/")
    @needs()
    def index(self) -> Any:
        counts = counts_by_role(current_actor())
        return self.page("library/roles.html", roles=READERS, counts=counts, upload_href=self.upload_href())

    @expose("/rol/<role>/")
    @needs()
    def role(self, role: str) -> Any:
        chosen = reader(role)
        if chosen is None:
            return missing()
        documents = shelf(current_actor(), chosen)
        return self.page(
            "library/shelf.html",
            role=chosen,
            documents=documents,
            upload_href=self.upload_href(chosen),
            change_href=partial(self.on_shelf, chosen, change_document),
            remove_href=partial(self.on_shelf, chosen, remove_document),
            move_href=partial(self.on_shelf, chosen, move_document),
            labels={one.value: one.label for one in READERS},
        )

    @expose("/<int:pk>/download")
    @needs()
    def download(self, pk: int) -> Any:
        return document_answer(pk, Permission.LIBRARY_MANAGE)

    def upload_href(self, role: Role | None = None) -> str:
        return self.on_shelf(role, upload_document)

    def on_shelf(self, role: Role | None, act: Action, document: Any = None) -> str:
        """Where this is done on the shelf of a role, to come back to it; empty for who may not."""
        if not offers(act):
            return ""
        pairs = [("id", str(document.id))] if document is not None else []
        return href_with(self.href("do", name=act.name), [*pairs, ("rol", role.value if role else "")])

    def back_href(self) -> str:
        role = reader(text_arg("rol"))
        return self.href("role", role=role.value) if role else self.href("index")

    def after_href(self, act: Action, outcome: Outcome) -> str:
        """Back on the moved row: who moves by keyboard goes on where the document now is."""
        anchor = f"#document-{outcome.goto}" if act is move_document and outcome.goto else ""
        return self.back_href() + anchor

    def _form(self, act: Action, targets: Targets[Any] | None) -> ActionForm | None:
        form: Any = super()._form(act, targets)
        role = reader(text_arg("rol"))
        if act is upload_document and role is not None and not posted():
            form.roles.data = [role.value]
        return form  # type: ignore[no-any-return]


def reader(name: str) -> Role | None:
    return next((role for role in READERS if role.value == name), None)


def document_answer(pk: int, permission: Permission) -> Any:
    """The file of a document that this user may read or manage, as an attachment; otherwise 404 (trap 5)."""
    document = document_of(current_actor(), pk, permission)
    if document is None:
        return missing()
    return file_answer(path_of(document.content_hash), document.content_type, name=document.file_name)
