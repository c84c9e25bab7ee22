"""Tab Bibliotheekbeheer (manual, step 5): the roles, and the shelf of documents for each role."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from app import errors
from app.actions import base as actions
from app.actions.library import library
from app.pages import base
from app.permissions import Permission, Role
from app.queries.library import library as queries


class LibraryAdminPage(base.ActionScreen):
    route_base = "/bibliotheekbeheer"
    default_view = "index"
    permission = Permission.LIBRARY_MANAGE
    other_actions = (
        library.upload_document,
        library.change_document,
        library.remove_document,
        library.move_document,
    )

    @base.expose("/")
    @base.needs()
    def index(self) -> Any:
        counts = queries.counts_by_role(base.current_actor())
        return self.page(
            "library/roles.html", roles=queries.READERS, counts=counts, upload_href=self.upload_href()
        )

    @base.expose("/rol/<role>/")
    @base.needs()
    def role(self, role: str) -> Any:
        chosen = reader(role)
        return base.missing() if chosen is None else self._shelf(chosen)

    def _shelf(self, chosen: Role, problems: Sequence[str] = ()) -> Any:
        documents = queries.shelf(base.current_actor(), chosen)
        return self.page(
            "library/shelf.html",
            role=chosen,
            documents=documents,
            order=queries.order_of(document.id for document in documents),
            problems=problems,
            upload_href=self.upload_href(chosen),
            change_href=partial(self.on_shelf, chosen, library.change_document),
            remove_href=partial(self.on_shelf, chosen, library.remove_document),
            move_href=partial(self.on_shelf, chosen, library.move_document),
            labels={one.value: one.label for one in queries.READERS},
        )

    @base.expose("/<int:pk>/download")
    @base.needs()
    def download(self, pk: int) -> Any:
        return document_answer(pk, Permission.LIBRARY_MANAGE)

    def upload_href(self, role: Role | None = None) -> str:
        return self.on_shelf(role, library.upload_document)

    def on_shelf(self, role: Role | None, act: actions.Action, document: Any = None) -> str:
        """The address of an action that returns to the shelf of a role; empty when this user may not."""
        if not base.offers(act):
            return ""
        pairs = [("id", str(document.id))] if document is not None else []
        return base.href_with(self.href("do", name=act.name), [*pairs, ("rol", role.value if role else "")])

    def back_href(self) -> str:
        role = reader(base.text_arg("rol"))
        return self.href("role", role=role.value) if role else self.href("index")

    def after_href(self, act: actions.Action, outcome: actions.Outcome) -> str:
        """Back to the shelf, at the moved document, so that keyboard users go on from where it is now."""
        anchor = f"#document-{outcome.goto}" if act is library.move_document and outcome.goto else ""
        return self.back_href() + anchor

    def _refuse(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        error: errors.RuleBroken,
        *,
        changed: list[str] | None = None,
    ) -> Any:
        """For a move on a shelf that has changed: the shelf as it is now."""
        role = reader(base.posted_fields().get("role", ""))
        if act is library.move_document and isinstance(error, errors.Outdated) and role is not None:
            return self._shelf(role, [actions.say(error)])
        return super()._refuse(act, targets, form, error, changed=changed)

    def _form(self, act: actions.Action, targets: actions.Targets[Any] | None) -> actions.ActionForm | None:
        form: Any = super()._form(act, targets)
        role = reader(base.text_arg("rol"))
        if act is library.upload_document and role is not None and base.filled_in() is None:
            form.roles.data = [role.value]
        return form  # type: ignore[no-any-return] # Any, for its own field `roles`


def reader(name: str) -> Role | None:
    return next((role for role in queries.READERS if role.value == name), None)


def document_answer(pk: int, permission: Permission) -> Any:
    """The file of a document that this user may read or manage, as an attachment; otherwise 404 (trap 5)."""
    document = queries.document_of(base.current_actor(), pk, permission)
    if document is None:
        return base.missing()
    return base.file_answer(
        queries.path_of(document.content_hash), document.content_type, name=document.file_name
    )
