"""The door: what every request passes before it reaches a page.

It refuses a form that is too large, characters that a database cannot store, ids that no row can have, and
bodies that are no form. It drops the body of a GET or HEAD. It cleans every text that was sent.
"""

import io
from collections.abc import Iterable
from itertools import chain
from typing import Any

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, ValidationError
from werkzeug.wsgi import ClosingIterator

from app.entities.engine import MOST_ID
from app.rules.cleaning import clean
from app.rules.passwords import FIELDS as PASSWORDS
from config import Settings

MOST_DROPPED, PIECE = 32 * 1024 * 1024, 64 * 1024  # bytes; the proxies of docs/service refuse what is larger
FORMS = {"", "application/x-www-form-urlencoded", "multipart/form-data"}


class RowNumber(IntegerConverter):
    """The converter <int:…> of routes: an id that no row can have is a 404, without a query."""

    def to_python(self, value: str) -> int:
        if len(value) > len(str(MOST_ID)) or int(value) > MOST_ID:
            raise ValidationError
        return int(value)


class AskingIsAsking:
    """Drops the body of GET and HEAD and treats HEAD as GET, so that neither passes for a sent form.

    The CSRF check skips GET and HEAD, so they may never reach code that changes something.
    """

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        verb = environ.get("REQUEST_METHOD")
        if verb in {"GET", "HEAD"}:
            environ = {**environ, "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0", "REQUEST_METHOD": "GET"}
        body: Iterable[bytes] = self.answer(environ, start_response)
        if verb != "HEAD":
            return body
        return ClosingIterator((), [getattr(body, "close", lambda: None)])


def register_intake(app: flask.Flask) -> None:
    """Add these checks; they must run before everything else that looks at a request, the CSRF check too."""
    app.url_map.converters["int"] = RowNumber
    for rule in app.url_map.iter_rules():  # Flask made the route of static files before our settings
        (rule.methods or set()).discard("OPTIONS")
    app.wsgi_app = AskingIsAsking(app.wsgi_app)  # type: ignore[method-assign] # as Flask asks
    app.before_request(_refuse_unreadable)
    app.before_request(_clean_texts)


def _refuse_unreadable() -> None:
    """Refuse a body that is no form (415), a form that is too large (413), and a NUL in a value (400).

    PostgreSQL cannot store a NUL. Flask does not apply MAX_FORM_MEMORY_SIZE to a urlencoded form, so we do.
    """
    if flask.request.mimetype not in FORMS and flask.request.method == "POST":
        flask.abort(415)
    most = flask.request.max_form_memory_size
    if flask.request.mimetype == "application/x-www-form-urlencoded" and most is not None:
        flask.request.max_content_length = min(most, flask.request.max_content_length or most)
    try:
        sent = chain(flask.request.args.items(multi=True), flask.request.form.items(multi=True))
    except RequestEntityTooLarge:
        flask.request.form = ImmutableMultiDict()  # for the page that says so: reading it again fails again
        flask.request.files = ImmutableMultiDict()
        _let_the_proxy_end()
        raise
    names = ((name, file.filename or "") for name, file in flask.request.files.items(multi=True))
    if any("\x00" in name or "\x00" in value for name, value in chain(sent, names)):
        flask.abort(400)


def _let_the_proxy_end() -> None:
    """Read on and drop what a proxy still sends: to Caddy, whom we answer half-way, we are "away" (503).

    A proxy has taken the whole request in, so this waits for no visitor. Without one nothing is read.
    """
    settings: Settings = flask.current_app.extensions["proeve_settings"]
    left = min(flask.request.content_length or 0, MOST_DROPPED) if settings.proxies else 0
    while left > 0 and (piece := flask.request.environ["wsgi.input"].read(min(left, PIECE))):
        left -= len(piece)


def _clean_texts() -> None:
    """Clean what was typed, for whoever reads it from here on. A password is kept as it came."""
    flask.request.args = _cleaned(flask.request.args)
    flask.request.form = _cleaned(flask.request.form)


def _cleaned(sent: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(
        (name, value if name in PASSWORDS else clean(value)) for name, value in sent.items(multi=True)
    )
