"""What reaches no page: a form that is too large, bytes that no database keeps, numbers that no row has."""

from __future__ import annotations

from itertools import chain

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, ValidationError

MOST_ID = 2**31 - 1  # what an id column holds; a larger one is an error to both databases


class RowNumber(IntegerConverter):
    """<int:…> in an address: a number that no row can have is not found, without asking the database."""

    def to_python(self, value: str) -> int:
        if len(value) > len(str(MOST_ID)) or int(value) > MOST_ID:
            raise ValidationError
        return int(value)


def register_intake(app: Flask) -> None:
    """Before everything else that looks at a request, the check of a form's token too."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(_refuse_unreadable)


def _refuse_unreadable() -> None:
    """Nobody types a NUL, and PostgreSQL keeps none; MAX_FORM_MEMORY_SIZE does not hold for a plain form."""
    most = request.max_form_memory_size
    if request.mimetype == "application/x-www-form-urlencoded" and most is not None:
        request.max_content_length = min(most, request.max_content_length or most)
    sent = chain(request.args.items(multi=True), request.form.items(multi=True))
    names = ((name, file.filename or "") for name, file in request.files.items(multi=True))
    if any("\x00" in name or "\x00" in value for name, value in chain(sent, names)):
        abort(400)
