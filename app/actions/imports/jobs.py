"""Large imports are left to a worker: ask for it, claim a run under a lease, note how it ended.

The row of the run says what is to be done. The worker writes the school's data in one transaction, which
also finishes the run. A worker that dies leaves nothing behind: its lease ends and another starts again.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import errors, models
from app.actions import base
from app.actions.imports import imports
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.permissions import Actor, Permission, may
from app.queries.imports import runs
from app.rules.imports import CHOOSE_FIRST, LEASE
from app.rules.text import N_

MOST_TRIES = 3
BROKEN_OFF = N_(
    "Dit werk is drie keer onderbroken; er is niets geschreven. Probeer het opnieuw, of verdeel het bestand."
)


@base.action(_l("Import opnieuw controleren"), permission=Permission.IMPORT_RUNS, on=models.ImportRun)
def check_again(actor: Actor, targets: base.Targets[models.ImportRun]) -> base.Outcome:
    """Stap 4 van 4: check a large file against the database as it is now."""
    run = imports.open_run(actor, targets)
    if run.stage != "check":
        raise errors.RuleBroken(CHOOSE_FIRST)
    if runs.is_large(run):
        imports.ask(run, "check")
    return base.Outcome(unchanged=1, ids=[run.id], summary=_("Het bestand wordt opnieuw gecontroleerd."))


@base.action(_l("Import laten uitvoeren"), permission=Permission.IMPORT_RUNS, on=models.ImportRun)
def ask_import(
    actor: Actor, targets: base.Targets[models.ImportRun], *, version: int, seen: str = ""
) -> base.Outcome:
    """Stap 4 van 4: leave the writing of a large file to the worker.

    `version` and `seen` are of the run and the check that the user saw; "": nobody saw one.
    """
    run = imports.open_run(actor, targets)
    if not may(actor, runs.PERMISSIONS[run.kind]):
        raise errors.NotAllowed
    if run.version != version or (seen and seen != run.checked.get("mark", "")):
        raise errors.Conflict
    if run.stage != "check":
        raise errors.RuleBroken(CHOOSE_FIRST)
    imports.ask(run, "write")
    return base.Outcome(
        done=1,
        ids=[run.id],
        summary=_("De import is begonnen. U kunt deze pagina verlaten."),
        names=[run.file_name],
        details={"file": run.file_name},
    )


# -- for the worker


@base.action(_l("Import genomen om uit te voeren"), permission=Permission.IMPORT_WORK)
def claim_import(actor: Actor) -> base.Outcome:
    """Claim the run that waits longest. `ids` holds it, or is empty.

    A run that was broken off MOST_TRIES times is not tried again.
    """
    now = utc_now()
    free = sa.or_(models.ImportRun.lease_until.is_(None), models.ImportRun.lease_until < now)
    found = db.session.execute(
        sa.select(models.ImportRun.id, models.ImportRun.tries)
        .where(models.ImportRun.task != "", free)
        .order_by(models.ImportRun.asked_at, models.ImportRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if found is None:
        return base.Outcome()
    if found.tries >= MOST_TRIES:
        _set(found.id, task="", problem=BROKEN_OFF)
        return base.Outcome(unchanged=1)
    _set(found.id, lease_until=now + LEASE, tries=found.tries + 1)
    return base.Outcome(unchanged=1, ids=[found.id])


@base.action(_l("Import nog in uitvoering"), permission=Permission.IMPORT_WORK)
def keep_claim(actor: Actor, *, run_id: int) -> base.Outcome:
    _set(run_id, lease_until=utc_now() + LEASE)
    return base.Outcome(unchanged=1)


@base.action(_l("Import gecontroleerd"), permission=Permission.IMPORT_WORK)
def note_check(
    actor: Actor, *, run_id: int, version: int, states: Sequence[str], checked: dict[str, Any]
) -> base.Outcome:
    """Keep the result of a check: the states per part. Ignored when choices changed in the meantime."""
    run = db.session.get(models.ImportRun, run_id)
    if run is None or run.version != version or run.task != "check":
        return base.Outcome()
    _set(run_id, task="", lease_until=None, checked=checked)
    rows = [{"part": number, "letters": letters} for number, letters in enumerate(states)]
    parts: Any = models.ImportPart.__table__
    db.session.execute(
        sa.update(parts)
        .where(parts.c.run_id == run_id, parts.c.number == sa.bindparam("part"))
        .values(states=sa.bindparam("letters")),
        rows,
    )
    return base.Outcome(unchanged=1)


@base.action(_l("Import niet gelukt"), permission=Permission.IMPORT_WORK)
def note_failed_import(actor: Actor, *, run_id: int, problem: str) -> base.Outcome:
    """Note why an import failed. Nothing was written, and it can be tried again."""
    if db.session.get(models.ImportRun, run_id) is None:
        raise errors.NotFound
    _set(run_id, task="", lease_until=None, problem=problem)
    return base.Outcome(unchanged=1)


def _set(run_id: int, **values: Any) -> None:
    db.session.execute(
        sa.update(models.ImportRun).where(models.ImportRun.id == run_id).values(**values),
        execution_options=QUIETLY,
    )
