"""A form that is sent twice is done once; what says something else is another form.

A page carries a random token, and the runner keeps the outcome of a form by it: a double click, or a second
press when the first answer was slow, does nothing twice. Whoever changes something in between and presses
again has sent another form. It is carried out, or refused as one of an older page.
"""

import hashlib
import json

import flask

from app.pages.base.request import once
from app.rules.tokens import fingerprint

PROOF_FIELDS = "proof_"  # how the fields begin that the page that asks for a proof adds to a form
SHOWN, SAID = "shown", "said"  # the mark of what the page announced, and its lines (meanwhile.py)
OWN_FIELDS = {"csrf_token", "token", "confirmed", SHOWN, SAID}
LENGTH = 43  # characters that ActionRun holds


def is_typed(name: str) -> bool:
    """Whether the field of this name holds what its user filled in, and not what the page adds."""
    return name not in OWN_FIELDS and not name.startswith(PROOF_FIELDS)


def sent_token() -> str:
    """The token of the form that was sent, bound to everything that it says; "" when it has none."""
    token = flask.request.form.get("token", "")
    return once("sent_token", lambda: _bound(token)) if token else ""


def _bound(token: str) -> str:
    typed = [pair for pair in flask.request.form.items(multi=True) if is_typed(pair[0])]
    chosen = [*flask.request.args.getlist("id"), *flask.request.args.getlist("zonder")]
    return fingerprint(json.dumps([token, chosen, typed, _files()]))[:LENGTH]


def _files() -> list[tuple[str, str]]:
    """The field and the contents of every file, as a hash; who reads them finds them as they came."""
    found = []
    for name, file in flask.request.files.items(multi=True):
        file.stream.seek(0)
        found.append((name, hashlib.sha256(file.stream.read()).hexdigest()))
        file.stream.seek(0)
    return found
