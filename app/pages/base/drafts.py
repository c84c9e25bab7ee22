"""What a page tells drafts.js, which keeps what is typed in the tab of its browser."""

from dataclasses import dataclass

import flask
from webauthn.helpers import bytes_to_base64url

from app.pages.base.form_token import drawn_for
from app.pages.base.sessions import present
from app.sealing import derivations, drawings

ANSWERED = "answered"  # in the cookie: the ends of the tokens of the forms that were answered last
MOST_ANSWERED = 4
END = 12  # characters of a token that tell forms apart


@dataclass(frozen=True)
class Drafts:
    """`key`: opens the drafts of this account, and stands in no page of another. With spaces between them,
    the newest first: a draft that waits may be of an older key of the school.

    `answered`: the ends of the tokens of the forms that were answered last; their drafts can go.
    """

    account: str
    key: str
    answered: str


NOBODYS = Drafts("", "", "")


def register_drafts(app: flask.Flask) -> None:
    app.after_request(_note_answer)
    app.context_processor(lambda: {"drafts": _drafts})


def account_mark() -> str:
    """The account of this page for a script: the same each time, and tells nothing.

    "" for nobody, and while an administrator views as another: then no drafts are kept. It is the oldest
    key's: the same before and after the school gets another.
    """
    here = present()
    if here is None or here.viewing is not None:
        return ""
    *_newer, oldest = drawings(f"account|{here.user_id}")
    return oldest.hex()[:32]


def _drafts() -> Drafts:
    account, here = account_mark(), present()
    if not account or here is None:
        return NOBODYS
    now = [_end()] if flask.request.method == "POST" else []
    ends = " ".join([*flask.session.get(ANSWERED, ()), *now])
    keys = " ".join(bytes_to_base64url(one) for one in derivations(f"draft|{here.user_id}"))
    return Drafts(account, keys, ends)


def _note_answer(response: flask.Response) -> flask.Response:
    """Remember that a form was answered, for the pages that its browser asks for next."""
    if flask.request.method == "POST" and response.status_code < 400 and drawn_for() is not None:
        flask.session[ANSWERED] = [*flask.session.get(ANSWERED, ()), _end()][-MOST_ANSWERED:]
    return response


def _end() -> str:
    return flask.request.form.get("csrf_token", "")[-END:]
