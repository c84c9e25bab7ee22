"""Gives every request a number of its own, and a page as long as the database may make it wait.

The number is drawn here: nothing of it comes from outside. It stands in the answer's header, in each line of
the log that the request led to, and on the error page, so that a user can name it.
"""

import contextvars
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import flask

from app.entities.patience import answer_within
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

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, (HEADER, number)], *more)

        def answered() -> Iterable[bytes]:
            request_number.set(number)
            answer_within(self.seconds)
            body: Iterable[bytes] = self.answer(environ, start)
            return body

        context = contextvars.copy_context()
        body = context.run(answered)
        as_file = environ.get("wsgi.file_wrapper")
        if isinstance(as_file, type) and isinstance(body, as_file):
            return body  # the server sends it by itself
        return Inside(context, body)


class Inside:
    """The pieces of an answer, each made in the context of its request."""

    def __init__(self, context: contextvars.Context, body: Iterable[bytes]) -> None:
        self._run = context.run
        self._pieces: Iterator[bytes] = self._run(iter, body)
        self._close: Callable[[], None] | None = getattr(body, "close", None)

    def __iter__(self) -> "Inside":
        return self

    def __next__(self) -> bytes:
        return self._run(next, self._pieces)

    def close(self) -> None:
        if self._close is not None:
            self._run(self._close)


def register_numbers(app: flask.Flask, settings: Settings) -> None:
    """Register this last, so that it lies around everything else."""
    app.wsgi_app = Numbered(app.wsgi_app, settings.database_timeout)  # type: ignore[method-assign] # as Flask asks
