"""Which pages told this account that their row has gone: the browser's Back asks for their form once more.

Without it that is plainly not found: only who was shown the row may be told that it went (gone.py).
"""

from datetime import UTC, datetime

import flask

from app.pages.base.form_token import About, page_mark
from app.sealing import Unreadable, seal, unseal

KEY = "gone"  # in the cookie
MOST = 3  # pages; a cookie is small


def note(user_id: int, page: str, about: About, at: datetime) -> None:
    """Note that this page told of this row, which it showed at that moment."""
    shown = f"{page}|{about.kind}|{about.id}|{about.within}|{int(at.timestamp())}|{about.name}"
    others = [one for one in flask.session.get(KEY, ()) if (_read(one, user_id) or ("",))[0] != page]
    flask.session[KEY] = [seal(shown, _purpose(user_id)), *others][:MOST]


def told_here(user_id: int) -> tuple[About, datetime] | None:
    """The row of which this very page told this account that it went, and when it was shown."""
    page = page_mark(flask.request.path)
    for one in flask.session.get(KEY, ()):
        found = _read(one, user_id)
        if found is not None and found[0] == page:
            _page, kind, row_id, within, at, name = found
            return About(kind, int(row_id), int(within), name), datetime.fromtimestamp(int(at), UTC)
    return None


def _read(sealed: str, user_id: int) -> list[str] | None:
    try:
        return unseal(sealed, _purpose(user_id)).split("|", 5)
    except Unreadable:  # another account's
        return None


def _purpose(user_id: int) -> str:
    return f"gone|{user_id}"
