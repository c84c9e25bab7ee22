"""What reaches no page: a form that is too large, bytes that no database keeps, numbers that no row has,
bodies that are no form, or that come along with a question."""

import io
from collections.abc import Iterable
from itertools import chain
from typing import Any

import flask
from werkzeug.routing import IntegerConverter, ValidationError
from werkzeug.wsgi import ClosingIterator

MOST_ID = 2**31 - 1  # what an id column holds; a larger one is an error to both databases
FORMS = {"", "application/x-www-form-urlencoded", "multipart/form-data"}


class RowNumber(IntegerConverter):
    """<int:…> in an address: a number that no row can have is not found, without asking the database."""

    def to_python(self, value: str) -> int:
        if len(value) > len(str(MOST_ID)) or int(value) > MOST_ID:
            raise ValidationError
        return int(value)


class AskingIsAsking:
    """GET and HEAD come without a body, and HEAD is GET: no code of ours takes them for a form that was sent.

    The check of a form's token does not look at them; so neither may anything that changes something.
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
    """Before everything else that looks at a request, the check of a form's token too."""
    app.url_map.converters["int"] = RowNumber
    for rule in app.url_map.iter_rules():  # the files' own route is older than our settings
        (rule.methods or set()).discard("OPTIONS")
    app.wsgi_app = AskingIsAsking(app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(_refuse_unreadable)


def _refuse_unreadable() -> None:
    """Nobody types a NUL, and PostgreSQL keeps none; MAX_FORM_MEMORY_SIZE does not hold for a plain form."""
    if flask.request.mimetype not in FORMS and flask.request.method == "POST":
        flask.abort(415)
    most = flask.request.max_form_memory_size
    if flask.request.mimetype == "application/x-www-form-urlencoded" and most is not None:
        flask.request.max_content_length = min(most, flask.request.max_content_length or most)
    sent = chain(flask.request.args.items(multi=True), flask.request.form.items(multi=True))
    names = ((name, file.filename or "") for name, file in flask.request.files.items(multi=True))
    if any("\x00" in name or "\x00" in value for name, value in chain(sent, names)):
        flask.abort(400)
