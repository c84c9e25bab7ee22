"""The one way to change data: an action (action.py), run in one transaction.

The runner locks the rows, adds the audit entry, remembers the outcome under the form's token, and is the
only place that commits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import format_decimal
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app import errors
from app.actions.base import earlier
from app.actions.base.action import Action, Targets
from app.actions.base.integrity import explain
from app.actions.base.mark import mark_of
from app.actions.base.outcome import Outcome, Part
from app.actions.base.proof import demand
from app.actions.base.trail import record
from app.entities.base import db
from app.entities.engine import id_set, lock_rows, take_turns, transaction, unless_given_up
from app.permissions import Actor, may, visible
from app.rules.text import N_
from app.rules.tokens import fingerprint
from app.rules.viewing import READ_ONLY

MAX_TICKED = 1000
WRONG_FORM = N_("Dit formulier klopt niet. Ververs de pagina en probeer het opnieuw.")
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,43}")  # the form's token; ActionRun holds 43 characters


@dataclass(frozen=True)
class Selection:
    """Which rows: the ticked ids, or a SELECT of all that match the list's filters, without `but`."""

    ids: Sequence[int] = ()
    matching: sa.Select[Any] | None = None
    but: Sequence[int] = ()

    def left_out(self, model: Any) -> sa.Select[Any] | None:
        """The ids of the matching rows that are left out; None when that is nothing."""
        if self.matching is None or not self.but:
            return None
        return self._matching_ids(model).where(model.id.in_(id_set(self.but)))

    def wanted(self, model: Any) -> sa.Select[Any]:
        """The ids of the matching rows that are not left out."""
        ids = self._matching_ids(model)
        return ids.where(model.id.not_in(id_set(self.but))) if self.but else ids

    def _matching_ids(self, model: Any) -> sa.Select[Any]:
        if self.matching is None:
            raise ValueError("a selection of ticked rows matches nothing")
        return self.matching.with_only_columns(model.id).order_by(None)


def run(
    act: Action,
    actor: Actor,
    selection: Selection | Iterable[int] | None = None,
    *,
    token: str = "",
    shown: str | None = None,
    **data: Any,
) -> Outcome:
    """Run an action in one transaction. The same token a second time returns the first outcome.

    Not when others did something to its rows since: that form is then one of an older page like any other.
    `shown` is the mark of what the page announced: ChangedMeanwhile when it no longer holds. None: nobody was
    shown anything (a command, a job). A page that sends a token must have announced what it confirms.
    """
    if actor.read_only:
        raise errors.OnlyLooking(READ_ONLY)
    if act.confirm and token and shown is None:
        raise ValueError(f"{act.name} confirms what a page announced: pass the mark of it")
    if token and not TOKEN.fullmatch(token):
        raise errors.RuleBroken(WRONG_FORM)
    data |= _prepared(act, actor, data)
    chosen = selection if isinstance(selection, Selection) else Selection(ids=tuple(selection or ()))

    def once() -> Outcome:
        with transaction():
            first = earlier.run_of(act, actor, token)
            if first is not None:
                since = earlier.since(act, first)
                if not since:
                    return earlier.outcome_of(first)
                if shown is not None and act.on is None and not act.confirm:
                    raise errors.ChangedMeanwhile(first=earlier.First(first.at, first.summary, since))
            outcome = _perform(act, actor, chosen, data, shown, locking=not act.only_reads)
            if first is not None and shown is not None:  # a page is done once
                raise errors.ChangedMeanwhile(outcome if act.confirm else None)
            if first is not None and not outcome.done:  # the action itself compared: what it said is still so
                return earlier.outcome_of(first)
            if outcome.done:
                entry = outcome.entry or act.name
                for part in outcome.parts or [Part(outcome.ids, outcome.details, outcome.also)]:
                    record(actor, entry, outcome.object_type, part.ids, part.details, also=part.also)
            earlier.keep(first or earlier.new_run(act, actor, token), act, outcome, chosen.ids)
            return outcome

    try:
        return unless_given_up(once)
    except (IntegrityError, errors.ProeveError) as error:
        # The same form was sent twice at the same moment, and the other request has just done it: that is
        # what it did, whatever its rows look like by now.
        done = _earlier(act, actor, token)
        if done is not None:
            return done
        if isinstance(error, IntegrityError):
            raise explain(error) from error
        raise


def preview(
    act: Action, actor: Actor, selection: Selection | Iterable[int] | None = None, **data: Any
) -> Outcome:
    """What `run` would do: the same code is run, and rolled back (decision 0002)."""
    data |= _prepared(act, actor, data)

    def once() -> Outcome:
        with transaction(keep=False):
            return _perform(act, actor, selection, data)

    try:
        return unless_given_up(once)
    except IntegrityError as error:
        raise explain(error) from error


def targets_of(
    act: Action, actor: Actor, selection: Selection | Iterable[int] | None, *, locking: bool = False
) -> Targets[Any] | None:
    """The rows of a selection that this actor may act on; with `locking` nobody else changes them meanwhile.

    NotFound for the whole batch when the actor may not see one of the ticked rows. RuleBroken for more
    than MAX_TICKED rows.
    """
    if act.on is None:
        return None
    chosen = selection if isinstance(selection, Selection) else Selection(ids=tuple(selection or ()))
    if chosen.matching is not None:
        if len(chosen.but) > MAX_TICKED:
            raise errors.RuleBroken(
                N_("U kunt hoogstens %(most)s regels weglaten; filter de lijst liever."), most=MAX_TICKED
            )
        return _targets(act, actor, chosen.wanted(act.on), locking)
    asked = set(chosen.ids)
    if len(asked) > MAX_TICKED:
        raise errors.RuleBroken(
            N_("U kunt hoogstens %(most)s regels aanvinken; kies anders “alle”."), most=MAX_TICKED
        )
    found = _targets(act, actor, id_set(sorted(asked)), locking)
    if found.count != len(asked) or not asked:
        raise errors.NotFound
    return found


def left_of(act: Action, actor: Actor, ids: Iterable[int]) -> Targets[Any]:
    """Of these ticked rows, those that are there and that this actor may act on: to say that others went."""
    return _targets(act, actor, id_set(sorted(set(ids))))


def _targets(act: Action, actor: Actor, wanted: sa.Select[Any], locking: bool = False) -> Targets[Any]:
    model: Any = act.on
    chosen = visible(actor, model, act.permission).where(model.id.in_(wanted)).order_by(model.id)
    if locking:
        # A statement of its own: what is read after it is what whoever had the rows before left behind.
        lock_rows(sa.inspect(model).local_table, chosen.with_only_columns(model.id).order_by(None))
    allowed: sa.Select[Any] = chosen.with_only_columns(*_state(model))
    rows = db.session.execute(allowed).all()
    return Targets(model, [row[0] for row in rows], [tuple(row) for row in rows])


def _state(model: type[Any]) -> list[Any]:
    """The columns that say which row it is, in which version; without versions, its uid.

    A model whose rows are shown with more than themselves says so by `shown_with`.
    """
    columns = sa.inspect(model).columns
    told = next((columns[name] for name in ("version", "uid") if name in columns), None)
    more = model.shown_with() if hasattr(model, "shown_with") else ()
    return [model.id, *([told] if told is not None else []), *more]


def _prepared(act: Action, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Run the action's slow work, only for an actor who may do the action. `_perform` refuses the others."""
    return act.before(actor, **data) if act.before is not None and may(actor, act.permission) else {}


def _perform(
    act: Action,
    actor: Actor,
    selection: Selection | Iterable[int] | None,
    data: dict[str, Any],
    shown: str | None = None,
    *,
    locking: bool = False,
) -> Outcome:
    if not may(actor, act.permission):
        raise errors.NotAllowed
    if locking and act.in_turn:
        take_turns(int(fingerprint(act.name)[:15], 16))  # a number of its own
    targets = targets_of(act, actor, selection, locking=locking)
    if act.proof is not None:
        demand(actor, act.proof)
    if shown is not None and not act.confirm and shown != mark_of_rows(act, targets):
        raise errors.ChangedMeanwhile
    outcome = act.function(actor, **data) if targets is None else act.function(actor, targets, **data)
    if not outcome.object_type:
        outcome.object_type = act.on.__name__ if act.on else ""
    if not outcome.summary:
        outcome.summary = _("Gedaan: %(count)s.", count=format_decimal(outcome.done))
    if outcome.refused and not outcome.done and not outcome.ids:
        outcome.summary = _nothing_done(outcome)
    db.session.flush()
    if act.confirm:
        if act.on is None and outcome.done and not outcome.rests_on:
            raise ValueError(f"{act.name} works on no chosen row: say in `rests_on` which rows it stands for")
        outcome.mark = _mark_of_outcome(act, targets, outcome)
        if shown is not None and shown != outcome.mark:
            raise errors.ChangedMeanwhile(outcome)
    return outcome


def _nothing_done(outcome: Outcome) -> str:
    """What is so of rows that were refused: an action's own words are about those that were so already."""
    if outcome.unchanged:
        return _("Er is niets gewijzigd: het was al zo, of het kon of mocht niet.")
    return _("Er is niets gewijzigd: dit kon of mocht niet.")


def mark_of_rows(act: Action, targets: Targets[Any] | None) -> str:
    """The mark of the rows that a form is about."""
    return mark_of(act.name, targets.state if targets is not None else ())


def _mark_of_outcome(act: Action, targets: Targets[Any] | None, outcome: Outcome) -> str:
    """The mark of an announcement: the rows, and all that the page says of them.

    Not the details, which are for the trail: they may hold the moment itself.
    """
    said = (outcome.summary, outcome.names, [(row.label, row.reason) for row in outcome.refused])
    counts = (outcome.done, outcome.unchanged)
    # Only ids of rows that were there before: those of new rows differ each time, also of rows of this kind.
    there = set(targets.ids) if targets is not None and outcome.object_type == targets.model.__name__ else ()
    ids = [id_ for id_ in outcome.ids if id_ in there]
    return mark_of(mark_of_rows(act, targets), counts, said, ids, outcome.rests_on)


def done_before(act: Action, actor: Actor, token: str) -> Outcome | None:
    """The outcome of this form when it was sent before, else None. Its rows may be gone by now.

    None too when others did something to its rows since. ProofNeeded when the action asks for a proof first.
    """
    if actor.read_only or not TOKEN.fullmatch(token):
        return None
    if act.proof is not None:
        demand(actor, act.proof)
    return _earlier(act, actor, token)


def _earlier(act: Action, actor: Actor, token: str) -> Outcome | None:
    found = earlier.run_of(act, actor, token)
    return earlier.outcome_of(found) if found is not None and not earlier.since(act, found) else None
