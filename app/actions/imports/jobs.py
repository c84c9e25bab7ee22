"""A large import is checked and written by a worker: asked for, claimed under a lease, and noted.

The run is the truth. What the worker writes of the school stands in one transaction that also finishes the
run: a worker that dies leaves nothing, loses its lease, and another begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, or_, select, update

from app.actions.base.action import Outcome, Targets, action
from app.actions.imports.imports import ask, open_run
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.imports import ImportPart, ImportRun
from app.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.permissions import Actor, Permission, may
from app.queries.imports.runs import PERMISSIONS, is_large
from app.rules.imports import LEASE
from app.rules.text import N_

MOST_TRIES = 3
BROKEN_OFF = N_(
    "Dit werk is drie keer onderbroken; er is niets geschreven. Probeer het opnieuw, of verdeel het bestand."
)
CHOOSE_FIRST = N_("Kies eerst in stap 2 en 3 wat de kolommen en waarden zijn.")


@action(_l("Import opnieuw controleren"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def check_again(actor: Actor, targets: Targets[ImportRun]) -> Outcome:
    """Stap 4 van 4: check a large file against the database as it is now."""
    run = open_run(actor, targets)
    if run.stage != "check":
        raise RuleBroken(CHOOSE_FIRST)
    if is_large(run):
        ask(run, "check")
    return Outcome(unchanged=1, ids=[run.id], summary=_("Het bestand wordt opnieuw gecontroleerd."))


@action(_l("Import laten uitvoeren"), permission=Permission.IMPORT_RUNS, on=ImportRun)
def ask_import(actor: Actor, targets: Targets[ImportRun], *, version: int) -> Outcome:
    """Stap 4 van 4: leave the writing of a large file to the worker. `version`: as the user saw it."""
    run = open_run(actor, targets)
    if not may(actor, PERMISSIONS[run.kind]):
        raise NotAllowed
    if run.version != version:
        raise Conflict
    if run.stage != "check":
        raise RuleBroken(CHOOSE_FIRST)
    ask(run, "write")
    return Outcome(
        done=1,
        ids=[run.id],
        summary=_("De import is begonnen. U kunt deze pagina verlaten."),
        names=[run.file_name],
        details={"file": run.file_name},
    )


# -- the worker's


@action(_l("Import genomen om uit te voeren"), permission=Permission.IMPORT_WORK)
def claim_import(actor: Actor) -> Outcome:
    """Take the run that waits longest; `ids` is it, or nothing. Who was broken off three times is let go."""
    now = utc_now()
    free = or_(ImportRun.lease_until.is_(None), ImportRun.lease_until < now)
    found = db.session.execute(
        select(ImportRun.id, ImportRun.tries)
        .where(ImportRun.task != "", free)
        .order_by(ImportRun.asked_at, ImportRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if found is None:
        return Outcome()
    if found.tries >= MOST_TRIES:
        _set(found.id, task="", problem=BROKEN_OFF)
        return Outcome(unchanged=1)
    _set(found.id, lease_until=now + LEASE, tries=found.tries + 1)
    return Outcome(unchanged=1, ids=[found.id])


@action(_l("Import nog in uitvoering"), permission=Permission.IMPORT_WORK)
def keep_claim(actor: Actor, *, run_id: int) -> Outcome:
    _set(run_id, lease_until=utc_now() + LEASE)
    return Outcome(unchanged=1)


@action(_l("Import gecontroleerd"), permission=Permission.IMPORT_WORK)
def note_check(
    actor: Actor, *, run_id: int, version: int, states: Sequence[str], checked: dict[str, Any]
) -> Outcome:
    """What a check came to: the states per part. Other choices in the meantime make it worth nothing."""
    run = db.session.get(ImportRun, run_id)
    if run is None or run.version != version or run.task != "check":
        return Outcome()
    _set(run_id, task="", lease_until=None, checked=checked)
    rows = [{"part": number, "letters": letters} for number, letters in enumerate(states)]
    parts: Any = ImportPart.__table__
    db.session.execute(
        update(parts)
        .where(parts.c.run_id == run_id, parts.c.number == bindparam("part"))
        .values(states=bindparam("letters")),
        rows,
    )
    return Outcome(unchanged=1)


@action(_l("Import niet gelukt"), permission=Permission.IMPORT_WORK)
def note_failed_import(actor: Actor, *, run_id: int, problem: str) -> Outcome:
    """Nothing was written; the run says why, and can be tried again."""
    if db.session.get(ImportRun, run_id) is None:
        raise NotFound
    _set(run_id, task="", lease_until=None, problem=problem)
    return Outcome(unchanged=1)


def _set(run_id: int, **values: Any) -> None:
    db.session.execute(
        update(ImportRun).where(ImportRun.id == run_id).values(**values), execution_options=QUIETLY
    )
