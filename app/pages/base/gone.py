"""A form that can be sent no more, as its row or a right went: a page that says so and shows what was typed.

Only who was shown the row on that very page is told: the form's own token says so (form_token.py). For
anybody else a row that went, one of others and one that never was look the same.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import flask
from flask_babel import gettext as _
from flask_login import current_user

from app import errors
from app.actions import base as actions
from app.pages.base.doing import ActionPage
from app.pages.base.form_token import About, drawn_for, drawn_while_viewing, page_mark, shows_no_row
from app.pages.base.meanwhile import told_entry
from app.pages.base.once import is_typed
from app.pages.base.request import current_actor, posted
from app.pages.base.sessions import present
from app.pages.base.told_gone import note, told_here
from app.pages.base.typed import sent_now, shown_row
from app.permissions import may
from app.queries.base.meanwhile import entries_since, is_there
from app.rules.text import N_
from app.theme.widgets import Button, GoneModel

Fields = Sequence[tuple[str, str]]
RIGHT_WENT = N_(
    "Uw rol of uw rechten zijn gewijzigd nadat u deze pagina opende. Er is niets gewijzigd. Vraag het een "
    "beheerder als dat niet klopt."
)


@dataclass(frozen=True)
class _Lost:
    """A form that has no row any more."""

    about: About
    at: dt.datetime
    fields: Fields
    files: Sequence[str]


def gone_page(why: str = "") -> Any:
    """The page, with status 404; None: this user was not shown the row. `why`: the route's own sentence."""
    lost = _lost()
    if lost is None:
        return None
    view, about = _view(), lost.about
    act = _action(view)
    kind = str(act.noun) if act is not None else ""
    kind = kind[:1].upper() + kind[1:]
    shows_no_row()
    model = GoneModel(
        title=_("Wat u wilde wijzigen, is er niet meer"),
        text=why or _("Het is verwijderd of niet meer voor u bestemd. Er is niets gewijzigd."),
        name=about.name or kind,
        told=_told(lost),
        typed=[(label, text) for label, text in _typed(view, act, lost) if text],
        files=lost.files,
        buttons=_onward(view),
    )
    return flask.render_template("gone.html", model=model), 404


def no_longer_page(error: errors.ViewingOver | errors.NotAllowed) -> Any:
    """The page for a form that its user may send no more, with its status: the viewing ended, a right went,
    or they get in no more.

    None: this user was not shown that form.
    """
    if isinstance(error, errors.OnlyLooking):
        return None
    over, out, here = isinstance(error, errors.ViewingOver), isinstance(error, errors.NoWayBack), present()
    drawn = (drawn_while_viewing() if over else drawn_for()) if posted() else None
    if drawn is None or not (out or (here is not None and drawn.user_id == here.user_id)):
        return None
    row, (fields, files) = shown_row(drawn), sent_now()
    if not row and not over and not out:
        return None  # not on this page: then it may have been no right of theirs at all
    view, about = _view(), drawn.about if row else About()
    lost = _Lost(about, drawn.at, [pair for pair in fields if is_typed(pair[0])], files)
    shows_no_row()
    model = GoneModel(
        title=_no_longer(error),
        text=actions.say(error) or _(RIGHT_WENT),
        name="",
        told="",
        typed=[(label, text) for label, text in _typed(view, _action(view), lost) if text],
        files=lost.files,
        buttons=[] if out else _onward(view),
    )
    return flask.render_template("gone.html", model=model), error.status


def _no_longer(error: errors.ViewingOver | errors.NotAllowed) -> str:
    if isinstance(error, errors.NoWayBack):
        return _("U bent afgemeld, en er is niets gedaan")
    if isinstance(error, errors.ViewingOver):
        return _("Het bekijken was al gestopt")
    return _("U mag dit niet meer")


def _lost() -> _Lost | None:
    here = present()
    if here is None or here.viewing is not None:
        return None
    page = page_mark(flask.request.path)
    if posted():
        drawn = drawn_for()
        row = shown_row(drawn) if drawn is not None and drawn.user_id == here.user_id else ()
        page = drawn.page if drawn is not None else ""
        fields, files = sent_now()
    else:  # what this account typed comes back (typed.py), and meanwhile the row went
        typed = flask.g.get("typed")
        row, fields, files = (typed.about, typed.fields, typed.files) if typed is not None else ((), [], [])
    if not row:
        told = told_here(here.user_id) if not posted() else None
        return _Lost(*told, (), ()) if told is not None else None
    kind, id_, within, name, at = row
    about, shown_at = About(kind, id_, within, name), dt.datetime.fromtimestamp(at, dt.UTC)
    note(here.user_id, page, about, shown_at)
    kept = [pair for pair in fields if is_typed(pair[0])]
    return _Lost(about, shown_at, kept, files)


def _told(lost: _Lost) -> str:
    """Who took the row away, and when; "" while it is there: then others may do with it what they like."""
    about = lost.about
    if not about.id or is_there(about.kind, about.id):
        return ""
    entries = entries_since({about.kind: [about.id]}, lost.at)
    if not entries:
        return ""
    return told_entry(entries[-1])


def _view() -> Any:
    return getattr(flask.current_app.view_functions.get(flask.request.endpoint or ""), "__self__", None)


def _action(view: Any) -> actions.Action | None:
    """The action whose form this is, where the page offers actions and this is one."""
    name = (flask.request.view_args or {}).get("name", "")
    return view.action_named(name) if isinstance(view, ActionPage) and name else None


def _typed(view: Any, act: actions.Action | None, lost: _Lost) -> Iterator[tuple[str, str]]:
    """Label and text of everything that was filled in."""
    if isinstance(view, ActionPage) and act is not None:
        form = view.form_to_read(act, lost.fields)
        yield from actions.read_aloud(form, current_actor(), lost.fields) if form is not None else ()
    elif hasattr(view, "read_aloud"):
        yield from view.read_aloud(lost.about, lost.fields)


def _onward(view: Any) -> list[Button]:
    """To the list of this page, where it has one for this user; else the page leads to Start."""
    listed = isinstance(view, ActionPage) and view.default_view == "index"
    if not listed or current_user.guest or not may(current_actor(), view.permission):
        return []
    return [Button(_("Naar de lijst"), view.href("index"), style="primary")]
