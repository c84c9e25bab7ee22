"""For pages that are no list: the class to inherit and the few answers a page can give.

Area pages import from here and never from Flask, so that what a page can do stays small.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, send_file
from flask_appbuilder import BaseView, expose

from app.pages.base.doing import ActionPage


class Screen(BaseView):
    """A page of our own templates; with actions: inherit ActionScreen."""

    def page(self, template: str, **values: Any) -> str:
        return render_template(template, **values)


class ActionScreen(ActionPage, Screen):
    """A page with its own templates and actions (`other_actions`)."""


def text(content: str, status: int = 200) -> Response:
    return current_app.response_class(content, status=status, mimetype="text/plain")


def missing() -> None:
    """404: not there, or not for this user."""
    abort(404)


def go(href: str) -> Any:
    """On to another page of ours (after a POST, or as a short address)."""
    return redirect(href)


def tell(message: str, kind: str = "success") -> None:
    """A sentence on the next page; kind: success, info, warning, danger."""
    flash(message, kind)


def posted() -> bool:
    return request.method == "POST"


def file_answer(path: Path | None, content_type: str, *, attachment: bool = True, name: str = "") -> Any:
    """A file as an attachment (or inline image); nosniff comes with every answer."""
    if path is None or not path.is_file():
        abort(404)
    return send_file(path, mimetype=content_type, as_attachment=attachment, download_name=name or path.name)


__all__ = ["ActionScreen", "Screen", "expose", "file_answer", "go", "missing", "posted", "tell", "text"]
