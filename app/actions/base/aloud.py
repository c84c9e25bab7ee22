"""A form whose row went, read aloud: the label and the words of everything that was typed in it.

The row's own choices are looked up without it, among what this actor may choose elsewhere. What they may not
choose, they are not told.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import wtforms
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.actions.base.action import ActionForm
from app.actions.base.form_words import inside
from app.actions.base.picker import Picking
from app.permissions import Actor
from app.queries.base import picker

UNREAD = {"hidden", "file", "password", "submit"}


def read_aloud(
    form: type[ActionForm], actor: Actor, fields: Sequence[tuple[str, str]], *, unread: str = ""
) -> Sequence[tuple[str, str]]:
    """Label and text of what was typed in a form whose row has gone, as far as it can be read without.

    `unread`: the text for choices of which nobody knows the words any more.
    """
    with suppress(Exception):  # a form that is made of its rows; its plain fields can still be read
        made = form(MultiDict(fields))
        with suppress(Exception):
            made.recall(actor)
        return [pair for field in made for pair in _aloud(field, actor, unread)]
    return []


def _aloud(field: Any, actor: Actor, unread: str) -> Iterator[tuple[str, str]]:
    inner = inside(field)
    label, sent = str(field.label.text), [str(value) for value in field.raw_data or ()]
    if getattr(field.widget, "input_type", "") in UNREAD:
        return
    if inner:
        for one in inner:
            yield from _aloud(one, actor, unread)
    elif isinstance(field, wtforms.BooleanField):
        yield label, _("Ja") if field.data else ""
    elif hasattr(field, "iter_choices"):
        words = _offered(field) | (_recalled(field, actor, sent) if isinstance(field, Picking) else {})
        told = "; ".join(words[value] for value in dict.fromkeys(sent) if words.get(value))
        yield label, told or (unread if sent else "")
    else:
        yield label, _as_written(field.data) or "\n".join(sent)


def _offered(field: Any) -> dict[str, str]:
    """Value -> words of the choices that the form itself could still make."""
    offered = field.iter_choices() if field.choices else ()
    return {str(one[0]): str(one[1]) for one in offered if one[0] != ""}


def _recalled(field: Picking, actor: Actor, sent: Sequence[str]) -> dict[str, str]:
    found = picker.recalled(actor, field.source, sent)
    return {key: f"{one.label} ({_(one.group)})" if one.group else one.label for key, one in found.items()}


def _as_written(value: Any) -> str:
    """A date as people write it; "" for what is none."""
    if isinstance(value, dt.datetime):
        return f"{value:%d-%m-%Y %H:%M}"
    return f"{value:%d-%m-%Y}" if isinstance(value, dt.date) else ""
