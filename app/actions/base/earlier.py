"""What a form did that was sent before, kept under its token; told again only while it still holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app import errors
from app.actions.base.action import REGISTRY, Action
from app.actions.base.outcome import Outcome
from app.clock import utc_now
from app.entities.base import db
from app.entities.trail import ActionRun, AuditEntry
from app.permissions import Actor, Permission
from app.queries.base.meanwhile import ROWS, beside, entries_since

ABOUT = "about"  # in the kept outcome: the rows of the form, kind -> ids


def run_of(act: Action, actor: Actor, token: str) -> ActionRun | None:
    """The run of this form; NotAllowed when it was another form, or another's."""
    found = db.session.get(ActionRun, token, populate_existing=True) if token else None
    if found is not None and (found.action != act.name or found.actor_id != actor.id):
        raise errors.NotAllowed
    return found


def was_done(user_id: int, token: str) -> bool:
    """Whether this account has sent this very form before, and it was carried out."""
    found = db.session.get(ActionRun, token) if token else None
    return found is not None and found.actor_id == user_id


def outcome_of(found: ActionRun) -> Outcome:
    kept = {key: value for key, value in found.outcome.items() if key != ABOUT}
    return replace(Outcome.from_json(kept), again=True)


@dataclass(frozen=True)
class First:
    """What a form did when it was sent before, and what was done to its rows since."""

    at: dt.datetime
    summary: str
    since: Sequence[AuditEntry]


def since(act: Action, found: ActionRun) -> Sequence[AuditEntry]:
    """What was done since to the rows that it chose or wrote, and to those that they are shown with.

    Nothing: what it did still holds.
    """
    about = found.outcome.get(ABOUT, {})
    if act.on is not None:
        about = {**beside(act.on, about.get(_kind(act), ())), **about}
    return entries_since(about, found.at, lambda entry: _counts(act, entry))


def _counts(act: Action, entry: AuditEntry) -> bool:
    """Signing in, showing a proof and exporting leave the rows as they are."""
    did = REGISTRY.get(entry.action)
    if did is None or did is act:
        return True
    return not (did.only_reads or did.apart or did.permission is Permission.SIGN_IN)


def new_run(act: Action, actor: Actor, token: str) -> ActionRun:
    return ActionRun(token=token, action=act.name, actor_id=actor.id)


def keep(row: ActionRun, act: Action, outcome: Outcome, ticked: Sequence[int]) -> None:
    """Keep an outcome under the token of its form, with the rows that it is about; nothing without one."""
    if not row.token:
        return
    a_page = act.on is not None or act.confirm or act.form is not None
    about = _about(act, outcome, ticked) if a_page else {}
    row.at, row.summary, row.outcome = utc_now(), outcome.summary, {**outcome.as_json(), ABOUT: about}
    db.session.add(row)


def _about(act: Action, outcome: Outcome, ticked: Sequence[int]) -> dict[str, list[int]]:
    """The rows that were ticked, and those that were written."""
    found: dict[str, set[int]] = {_kind(act): set(ticked)} if ticked else {}
    written: list[Mapping[str, Sequence[int]]] = [{outcome.object_type: outcome.ids}, outcome.also]
    for part in outcome.parts:
        written += [{outcome.object_type: part.ids}, part.also]
    for rows in written:
        for kind, ids in rows.items():
            found.setdefault(kind, set()).update(ids)
    return {kind: sorted(ids)[:ROWS] for kind, ids in found.items() if kind and ids}


def _kind(act: Action) -> str:
    model: Any = act.on
    return str(getattr(model, "trail_name", model.__name__))
