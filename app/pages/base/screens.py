"""For pages that are not a list: the classes to inherit, and the few answers a page can give.

Pages import from here rather than from Flask, so that what a page can do stays small.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import flask
from flask_appbuilder import expose

from app.actions import base as actions
from app.errors import OnlyLooking
from app.pages.base.doing import ActionPage
from app.pages.base.request import current_actor, given_back, posted, sent
from app.pages.base.view import View
from app.rules.people import tidy
from app.rules.tokens import new_token
from app.rules.viewing import NO_FILES


class Screen(View):
    """A page of our own templates; with actions: inherit ActionScreen."""

    def page(self, template: str, **values: Any) -> str:
        return flask.render_template(template, **values)

    def href(self, method: str, **values: Any) -> str:
        """The address of another route of this page."""
        return flask.url_for(f"{self.endpoint}.{method}", **values)


class ActionScreen(ActionPage, Screen):
    """A page with its own templates and actions (`other_actions`)."""


def text(content: str, status: int = 200) -> flask.Response:
    return flask.current_app.response_class(content, status=status, mimetype="text/plain")


def missing() -> None:
    """404: not there, or not for this user."""
    flask.abort(404)


def go(href: str) -> Any:
    """Redirect to another page of ours (after a POST, or from a short address)."""
    return flask.redirect(href)


def tell(message: str, kind: str = "success") -> None:
    """A sentence on the next page; kind: success, info, warning, danger."""
    flask.flash(message, kind)


def file_answer(path: Path | None, content_type: str, *, attachment: bool = True, name: str = "") -> Any:
    """A file as an attachment or an inline image; 404 when there is none. Every answer gets nosniff."""
    if attachment:
        _no_file_for_a_viewer()
    if path is None or not path.is_file():
        flask.abort(404)
    return flask.send_file(
        path, mimetype=_kind(content_type), as_attachment=attachment, download_name=name or path.name
    )


def bytes_answer(content: bytes, content_type: str, name: str) -> flask.Response:
    """Bytes made for this request, as an attachment."""
    _no_file_for_a_viewer()
    answer = flask.current_app.response_class(content, mimetype=_kind(content_type))
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _kind(content_type: str) -> str:
    """The kind of a file without its charset: every text of ours is UTF-8, and the answer says so itself."""
    return content_type.partition(";")[0].strip()


def _no_file_for_a_viewer() -> None:
    """Refuse a download (OnlyLooking) while an administrator views as another user."""
    if current_actor().read_only:
        raise OnlyLooking(NO_FILES)


def stream_answer(file: IO[bytes], content_type: str, name: str) -> flask.Response:
    """A file made for this request, sent in pieces and closed after the last one."""
    _no_file_for_a_viewer()
    return flask.send_file(file, mimetype=_kind(content_type), as_attachment=True, download_name=name)


def calendar_answer(content: bytes) -> flask.Response:
    """A feed for a calendar program; surface.py says how long it may be kept."""
    answer = flask.current_app.response_class(content, mimetype="text/calendar")
    answer.headers.set("Content-Disposition", "inline", filename="examens.ics")
    return answer


F = TypeVar("F", bound=actions.ActionForm)


def filled(form: type[F], initial: Mapping[str, Any] | None = None, *, route: str = "") -> F:
    """The form as it was sent; on GET, with its starting values or with what was typed in it earlier.

    `route`: the form is sent to this route of the page's class, not to the page's own address.
    """
    if given_back(route):
        shown = form(sent(route))
        actions.tell_gone_choices(shown)
        return shown
    return form(sent(route)) if posted() else unsent(form, initial)


def unsent(form: type[F], initial: Mapping[str, Any] | None = None) -> F:
    """The form with its starting values, even when another form of the page was sent."""
    return form(data=dict(initial or {}))


def upload(field: Any) -> tuple[bytes, str]:
    """The contents and the tidied name of the file in a file field of a form that was sent."""
    return field.data.read(), tidy(field.data.filename or "")


def json_answer(content: str, status: int = 200) -> flask.Response:
    """An answer for a script of ours; `content` is JSON already."""
    return flask.current_app.response_class(content, status=status, mimetype="application/json")


__all__ = [
    "ActionScreen",
    "Screen",
    "bytes_answer",
    "calendar_answer",
    "expose",
    "file_answer",
    "filled",
    "go",
    "json_answer",
    "missing",
    "new_token",
    "posted",
    "stream_answer",
    "tell",
    "text",
    "unsent",
    "upload",
]
