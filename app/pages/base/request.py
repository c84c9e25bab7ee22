"""What a page may read of the request: who asks, and the checked values of its URL and form.

The door has cleaned every text in them (intake.py).
"""

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
from app.rules.typed import Typed

T = TypeVar("T")
ANONYMOUS = Actor(id=None, name="")
DIGITS = re.compile(r"[0-9]{1,9}")


def current_actor() -> Actor:
    """The user that a page is for; while an administrator views as another user, that user, read-only.

    Kept for the length of the request.
    """
    if "actor" not in flask.g:
        mine, here = owner(), flask.g.get("present")
        seen = here.seen_as if here is not None else None
        flask.g.actor = mine if seen is None else replace(actor_of(seen), read_only=True)
    return flask.g.actor  # type: ignore[no-any-return] # `g` holds anything


def owner() -> Actor:
    """The user of the session, also while they view as another; ANONYMOUS when nobody is signed in."""
    return actor_of(current_user, _shown()) if current_user.is_authenticated else ANONYMOUS


def once(name: str, make: Callable[[], T]) -> T:
    """What `make` gives, made once and kept under this name for the length of the request."""
    kept: dict[str, Any] = flask.g.setdefault("kept", {})
    if name not in kept:
        kept[name] = make()
    return cast(T, kept[name])


def _shown() -> Shown | None:
    """When the user of this session signed in, and last showed their password and second factor."""
    here = flask.g.get("present")
    return Shown(here.created_at, here.password_at, here.strong_at) if here is not None else None


def here() -> str:
    """The path and query string of this request."""
    return flask.request.full_path.rstrip("?")


def address() -> str:
    """The IP address that the request comes from."""
    return flask.request.remote_addr or ""


def text_arg(name: str, default: str = "") -> str:
    return flask.request.args.get(name, default).strip()


def is_number(text: str) -> bool:
    """Whether the text is 1 to 9 digits 0-9. isdigit() also allows "²", and int() fails on 5,000 digits."""
    return DIGITS.fullmatch(text) is not None


def number_arg(name: str, default: int, *, most: int = 10_000_000) -> int:
    """A whole number from the URL, at most `most`; NotFound for anything else (trap 20)."""
    raw = flask.request.args.get(name)
    if raw is None or raw == "":
        return default
    if not is_number(raw):
        raise NotFound
    return min(int(raw), most)


def posted_fields(route: str = "") -> dict[str, str]:
    """The fields of a form of our own: the first value of each name."""
    return dict(_given(route).items())


def sent(route: str = "") -> CombinedMultiDict[str, Any]:
    """The fields and files that were sent, for the form's class.

    On a page that gives back what was typed earlier: that. `route`: the form is sent to this route of the
    page's class, not to the page's own address.
    """
    return CombinedMultiDict([_given(route), flask.request.files])


def posted() -> bool:
    """Whether a form was sent; a HEAD asks for a page, as GET does."""
    return flask.request.method == "POST"


def given_back(route: str = "") -> bool:
    """Whether this page shows again what was typed in it earlier, and carries nothing out (typed.py)."""
    typed: Typed | None = flask.g.get("typed")
    return typed is not None and typed.route == route


def filled_in() -> dict[str, str] | None:
    """The fields that were sent or are given back; None: the page is only asked for."""
    return posted_fields() if posted() or given_back() else None


def _given(route: str) -> MultiDict[str, str]:
    if not given_back(route):
        return flask.request.form
    flask.g.typed_shown = True
    return MultiDict(flask.g.typed.fields)


def not_shown() -> None:
    """Take back that this page shows what was typed earlier: it asks about something else by now."""
    flask.g.typed_shown = False


def ids_arg(name: str = "id") -> list[int]:
    """The ticked ids, sorted, each once; NotFound when one is no number."""
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
