"""The worker's side of a large import: takes what waits, checks or writes it, and notes what came of it."""

import logging
import time
from collections.abc import Callable, Mapping

from flask_babel import force_locale

from app import errors, models
from app.actions import base as actions
from app.actions.imports import jobs
from app.entities.base import db
from app.entities.engine import unhurried
from app.imports import bar
from app.imports.check import in_batches
from app.imports.kept import PART, letter_of
from app.imports.kinds import kind_of
from app.imports.summary import Summary
from app.imports.write_groups import import_groups
from app.imports.write_students import import_students
from app.imports.write_users import import_users
from app.permissions import SYSTEM, Actor, actor_of
from app.rules.imports import LEASE
from app.rules.text import N_
from app.school import current_school

log = logging.getLogger("proeve.imports")

WRITES: Mapping[str, actions.Action] = {
    "students": import_students,
    "users": import_users,
    "groups": import_groups,
}
NOT_YOURS = N_("U mag dit niet meer importeren. Er is niets geschreven.")
CHANGED = N_("Er is intussen iets anders gekozen. Er is niets geschreven; controleer het bestand opnieuw.")
OTHERWISE_NOW = N_(
    "Intussen is er iets gewijzigd in Proeve. Rijen zouden nu anders worden geschreven dan u zag. "
    "Er is niets geschreven. Kies “Opnieuw controleren”."
)
WENT_WRONG = N_("Er ging iets mis in Proeve; er is niets geschreven. Probeer het opnieuw.")
OFTEN = LEASE.total_seconds() / 6  # seconds between two signs of life


def work_all() -> int:
    """Do everything that waits; gives how many runs that were."""
    taken = 0
    with unhurried():
        while (claimed := actions.run(jobs.claim_import, SYSTEM)).unchanged:
            for run_id in claimed.ids:
                carry_out(run_id)
                taken += 1
    return taken


def carry_out(run_id: int) -> None:
    """Check or write one run as its maker. What goes wrong is noted with the run, for the maker to read."""
    try:
        found = db.session.get_one(models.ImportRun, run_id)
        maker = db.session.get_one(models.User, found.maker_id)
        with force_locale(maker.language or current_school().language):
            _do(_acting(maker), found)
    except Exception as error:
        if not isinstance(error, errors.RuleBroken | errors.NotAllowed | errors.NotFound | errors.Conflict):
            log.exception("import %s came to nothing", run_id)
        db.session.rollback()
        actions.run(jobs.note_failed_import, SYSTEM, run_id=run_id, problem=_sentence(error))
    finally:
        bar.forget(run_id)
        db.session.remove()


def _acting(maker: models.User) -> Actor:
    """The maker with their rights of this moment; a closed account has none."""
    return actor_of(maker) if maker.active else Actor(id=maker.id, name=maker.full_name)


def _sentence(error: Exception) -> str:
    """What the maker reads about this error."""
    match error:
        case errors.RuleBroken():
            return actions.say(error)
        case errors.ChangedMeanwhile():
            return OTHERWISE_NOW
        case errors.Conflict():
            return CHANGED
        case errors.NotAllowed() | errors.NotFound():
            return NOT_YOURS
        case _:
            return WENT_WRONG


def _do(actor: Actor, found: models.ImportRun) -> None:
    if found.task == "check":
        _check(actor, found)
        return
    act, run_id, version = WRITES[found.kind], found.id, found.version
    seen = found.checked.get("mark", "")
    actions.run(act, actor, [run_id], version=version, seen=seen, report=lambda done: bar.tell(run_id, done))


def _check(actor: Actor, found: models.ImportRun) -> None:
    """Check a run in batches, and note the state of each row and the summary."""
    run_id, version = found.id, found.version
    summary = Summary(kind_of(found))
    letters: list[str] = []
    alive = _signs_of_life(run_id)
    for checked in in_batches(actor, found):
        summary.add(checked)
        letters += map(letter_of, checked.rows)
        bar.tell(run_id, len(letters))
        alive()
    summary.complete(actor)
    states = ["".join(letters[first : first + PART]) for first in range(0, len(letters), PART)]
    actions.run(
        jobs.note_check, SYSTEM, run_id=run_id, version=version, states=states, checked=summary.as_json()
    )


def _signs_of_life(run_id: int) -> Callable[[], None]:
    """A function that renews the claim on a run when its last sign of life is OFTEN seconds old."""
    lived = [time.monotonic()]

    def alive() -> None:
        if time.monotonic() - lived[0] > OFTEN:
            lived[0] = time.monotonic()
            actions.run(jobs.keep_claim, SYSTEM, run_id=run_id)

    return alive
