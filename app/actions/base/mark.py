"""The mark of what a page showed, so that what is carried out is what was announced.

A page that announces a change carries the mark of its announcement: which rows, in which version, and what it
said about them. The runner makes it again inside the transaction; when it differs nothing is written.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.actions.base.runner import Action, Outcome, Targets


def mark_of(*facts: Any) -> str:
    """The mark of these facts. It says nothing of them, and changes with any of them."""
    return hashlib.sha256(json.dumps(facts, default=str, ensure_ascii=False).encode()).hexdigest()[:40]


def mark_of_rows(act: Action, targets: Targets[Any] | None) -> str:
    """The mark of the rows that a form is about."""
    return mark_of(act.name, targets.state if targets is not None else ())


def mark_of_outcome(act: Action, targets: Targets[Any] | None, outcome: Outcome) -> str:
    """The mark of an announcement: the rows, and all that the outcome says of them."""
    said = (outcome.summary, outcome.names, [(row.label, row.reason) for row in outcome.refused])
    counts = (outcome.done, outcome.unchanged)
    # Only ids of rows that were there before: those of new rows differ each time.
    ids = outcome.ids if targets is not None and outcome.object_type == targets.model.__name__ else ()
    return mark_of(mark_of_rows(act, targets), counts, said, list(ids), outcome.details, outcome.rests_on)
