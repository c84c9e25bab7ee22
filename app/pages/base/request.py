"""What a page may know of the request: who asks, and what the URL says."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

import flask
from flask_login import current_user
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from app.errors import NotFound
from app.permissions import Actor, actor_of
from app.rules.second_factor import Shown

T = TypeVar("T")
ANONYMOUS = Actor(id=None, name="")
# Comes along with text out of a PDF or a terminal; a spreadsheet cannot hold it. Tab and line ends stay.
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
DIGITS = re.compile(r"[0-9]{1,9}")


def current_actor() -> Actor:
    """Whom a page is for: who asks or, while an administrator looks along, the viewed user, who only reads.

    Kept for the length of the request.
    """
    if "actor" not in flask.g:
        mine, here = owner(), flask.g.get("present")
        seen = here.seen_as if here is not None else None
        flask.g.actor = mine if seen is None else replace(actor_of(seen), read_only=True)
    return flask.g.actor  # type: ignore[no-any-return]


def owner() -> Actor:
    """Whose session this is, whoever they look as; nobody signed in: an actor without rights."""
    return actor_of(current_user, _shown()) if current_user.is_authenticated else ANONYMOUS


def once(name: str, make: Callable[[], T]) -> T:
    """Made when first asked for, and kept for the length of the request."""
    kept: dict[str, Any] = flask.g.setdefault("kept", {})
    if name not in kept:
        kept[name] = make()
    return cast(T, kept[name])


def _shown() -> Shown | None:
    """What the user of this session has shown of who they are, and when."""
    here = flask.g.get("present")
    return Shown(here.created_at, here.password_at, here.strong_at) if here is not None else None


def here() -> str:
    """This page, as it was asked for."""
    return flask.request.full_path.rstrip("?")


def address() -> str:
    """Where the request comes from."""
    return flask.request.remote_addr or ""


def text_arg(name: str, default: str = "") -> str:
    return UNSEEN.sub("", flask.request.args.get(name, default)).strip()


def is_number(text: str) -> bool:
    """Whether it can be an id or a version: "²" is a digit too, and int() reads no 5,000 digits."""
    return DIGITS.fullmatch(text) is not None


def number_arg(name: str, default: int, *, most: int = 10_000_000) -> int:
    """A whole number from the URL; anything else is no page of ours (trap 20)."""
    raw = flask.request.args.get(name)
    if raw is None or raw == "":
        return default
    if not is_number(raw):
        raise NotFound
    return min(int(raw), most)


def posted_fields() -> dict[str, str]:
    """What a form of our own sent, the first value of each name; line ends as one character."""
    return {name: UNSEEN.sub("", value.replace("\r\n", "\n")) for name, value in flask.request.form.items()}


def sent() -> CombinedMultiDict[str, Any]:
    """What a form sent, files too, for the form's own class; without characters that nobody sees."""
    texts = MultiDict((name, UNSEEN.sub("", value)) for name, value in flask.request.form.items(multi=True))
    return CombinedMultiDict([texts, flask.request.files])


def posted() -> bool:
    """Whether a form was sent; a HEAD asks for a page, as GET does."""
    return flask.request.method == "POST"


def ids_arg(name: str = "id") -> list[int]:
    """The ticked ids, each once."""
    raw = flask.request.values.getlist(name)
    if not all(is_number(value) for value in raw):
        raise NotFound
    return sorted({int(value) for value in raw})


def href_with(path: str, pairs: list[tuple[str, str]]) -> str:
    """A path with a query string, empty values left out."""
    kept = [(key, value) for key, value in pairs if value != ""]
    return f"{path}?{urlencode(kept)}" if kept else path


def safe_path(target: str, default: str) -> str:
    """A path inside this application, or the default (trap 17)."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    return target if plain and not any(ord(char) < 32 for char in target) else default
