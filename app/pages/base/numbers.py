"""Gives every request a number of its own, and a page as long as the database may make it wait.

The number is drawn here: nothing of it comes from outside. It stands in the answer's header, in each line of
the log that the request led to, and on the error page, so that a user can name it.
"""

import contextlib
import secrets
from collections.abc import Iterable
from typing import Any

import flask
from werkzeug.wsgi import ClosingIterator

from app.entities.patience import answering_within
from app.pages.base.logs import request_number
from config import Settings

HEADER = "X-Request-ID"
BYTES = 6


class Numbered:
    """The outermost layer: what goes wrong in any other one has its number already."""

    def __init__(self, answer: Any, seconds: float) -> None:
        self.answer = answer
        self.seconds = seconds

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        number = secrets.token_hex(BYTES)
        after = contextlib.ExitStack()
        after.enter_context(numbered(number))
        after.enter_context(answering_within(self.seconds))

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, (HEADER, number)], *more)

        try:
            return ClosingIterator(self.answer(environ, start), [after.close])
        except BaseException:
            after.close()
            raise


@contextlib.contextmanager
def numbered(number: str) -> Any:
    token = request_number.set(number)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # closed in another context: nothing there to put back
            request_number.reset(token)


def register_numbers(app: flask.Flask, settings: Settings) -> None:
    """Register this last, so that it lies around everything else."""
    app.wsgi_app = Numbered(app.wsgi_app, settings.database_timeout)  # type: ignore[method-assign] # as Flask asks
