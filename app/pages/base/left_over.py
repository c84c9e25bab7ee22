"""What was filled in where a form has no field any more: what it asks depends on what others did."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import flask
from flask_babel import gettext as _

from app.actions import base as actions
from app.pages.base.once import is_typed
from app.pages.base.request import current_actor, given_back, posted

Fields = Sequence[tuple[str, str]]


def told_left_over(
    form: actions.ActionForm | None, form_to_read: Callable[[Fields], type[actions.ActionForm] | None]
) -> list[str]:
    """A sentence for each text that was sent, or is given back, in a field that this form has not.

    `form_to_read`: the form class that knows what such fields are called.
    """
    if form is None or flask.request.form.get("confirmed") == "1":
        return []
    there = set(_names(form)) | actions.secret_fields()
    fields = [
        (name, text)
        for name, text in _fields()
        if text and is_typed(name) and name.removesuffix(f"-{actions.SEARCH}") not in there
    ]
    read = form_to_read(fields) if fields else None
    told = actions.read_aloud(read, current_actor(), fields, unread="…") if read is not None else ()
    return [
        _("U had ook ingevuld: %(label)s: “%(text)s”. Dat veld is er niet meer.", label=label, text=text)
        for label, text in told
        if text
    ]


def _fields() -> list[tuple[str, str]]:
    if posted():
        return list(flask.request.form.items(multi=True))
    return list(flask.g.typed.fields) if given_back() else []


def _names(form: Iterable[Any]) -> Iterable[str]:
    """The names of all fields of a form, also of those inside others."""
    for field in form:
        yield field.name
        yield from _names(actions.inside(field))
