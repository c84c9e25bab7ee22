"""What changed between showing a page and pressing its button, in words.

The page carries the mark of what it showed (app/actions/base/mark.py), when, and the lines that it said. The
mark decides; the lines only serve to tell the difference, so it does no harm when they are forged. The moment
is sealed for this account and this page: an earlier one would read the trail.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import flask
from flask_babel import gettext as _
from flask_babel import ngettext

from app import errors, models
from app.actions import base as actions
from app.clock import utc_now
from app.pages.base.form_token import page_mark
from app.pages.base.once import SAID
from app.pages.base.render import show_date, show_datetime, show_time
from app.pages.base.request import current_actor
from app.queries.base.meanwhile import MOST, beside, entries_since
from app.rules.typed import FORM_LASTS
from app.sealing import Unreadable, seal, unseal

NAMES, REFUSALS = 10, 20
LINES = 5  # of each kind of difference


def said(outcome: actions.Outcome | None) -> str:
    """What a page says, and when, for a hidden field."""
    lines = _lines(outcome) if outcome is not None else []
    return json.dumps({"at": seal(utc_now().isoformat(), _purpose()), "lines": lines}, ensure_ascii=False)


def changed_since(
    act: actions.Action, targets: actions.Targets[Any] | None, error: errors.ChangedMeanwhile
) -> list[str]:
    """The differences with what the sent page said, and who changed these rows since."""
    if error.first is not None:
        return _since_it_was_done(error.first)
    now: actions.Outcome | None = error.now
    at, before = _sent()
    lines = _lines(now) if now is not None else []
    gone = [line for line in before if line not in lines][:LINES]
    new = [line for line in lines if line not in before][:LINES] if before else []
    told = [_("Er stond: %(line)s", line=line) for line in gone]
    told += [_("Nu is het: %(line)s", line=line) for line in new]
    if at is not None:
        told += [told_entry(entry) for entry in _entries(targets, now, at)]
    return told or [_("Wie dit deed, staat niet in het logboek. Hieronder staat hoe het nu is.")]


def _since_it_was_done(first: actions.First) -> list[str]:
    """What the very form did that is sent once more, and what others did to its rows since."""
    done = _("U deed dit al, %(when)s: %(what)s", when=show_datetime(first.at), what=first.summary)
    return [
        done,
        *map(told_entry, first.since),
        _("Wilt u het nog een keer doen? Verstuur het formulier dan opnieuw."),
    ]


def told_entry(entry: models.AuditEntry) -> str:
    """Who did what, and when, in a sentence: the label of an action is none by itself."""
    return _(
        "%(who)s deed dit op %(day)s om %(time)s: “%(what)s”.",
        who=entry.actor_name,
        day=show_date(entry.at),
        time=show_time(entry.at),
        what=actions.entry_label(entry.action),
    )


def _entries(
    targets: actions.Targets[Any] | None, now: actions.Outcome | None, at: dt.datetime
) -> Sequence[models.AuditEntry]:
    """What was done since to the rows that the page is about, and to those that it shows or changes too.

    Of the latter not what people did to their own account: signing in changes no page.
    """
    kind, ids = _about(targets, now)
    also = dict(now.also) if now is not None else {}
    if targets is not None:
        also |= beside(targets.model, ids)
    own = entries_since({kind: ids}, at)
    others = entries_since(also, at, lambda entry: not actions.is_personal(entry.action))
    both = {entry.id: entry for entry in (*own, *others)}
    return [both[key] for key in sorted(both)[-MOST:]]


def _about(targets: actions.Targets[Any] | None, now: actions.Outcome | None) -> tuple[str, Sequence[int]]:
    """The rows that the page is about: those it was asked for, or else those that it announces."""
    if targets is not None:
        return getattr(targets.model, "trail_name", targets.model.__name__), targets.ids
    return (now.object_type, now.ids) if now is not None else ("", ())


def _lines(outcome: actions.Outcome) -> list[str]:
    lines = [outcome.summary, *outcome.names[:NAMES]]
    lines += [f"{row.label}: {row.reason}" for row in outcome.refused[:REFUSALS]]
    if outcome.unchanged:
        lines.append(ngettext("%(num)s is al zo.", "%(num)s zijn al zo.", outcome.unchanged))
    return [line for line in lines if line]


def _purpose() -> str:
    """What the moment of this page is sealed for: this account, this page and the rows that it chooses."""
    chosen = "" if flask.request.args.getlist("id") else sorted(flask.request.args.items(multi=True))
    return f"shown|{current_actor().id}|{page_mark(flask.request.path)}|{chosen}"


def _sent() -> tuple[dt.datetime | None, list[str]]:
    """When the sent page was shown, and its lines; nothing of what does not look like it."""
    try:
        sent = json.loads(flask.request.form.get(SAID, ""))
        at, lines = dt.datetime.fromisoformat(unseal(sent["at"], _purpose())), sent["lines"]
        if utc_now() - at > FORM_LASTS:
            return None, []
        return at, [line for line in lines if isinstance(line, str)]
    except (Unreadable, ValueError, TypeError, KeyError, RecursionError):
        return None, []
