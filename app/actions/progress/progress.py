"""Onderwijsvoortgang: students and company supervisors fill in their own ratings (manual, step 4e)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import errors, models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.permissions import Actor, Permission
from app.queries.progress import progress as queries
from app.rules import progress as rules
from app.rules.text import N_
from app.school import current_school

Ratings = Mapping[rules.Cell, int]
NOT_AVAILABLE = N_("De studievoortgang van deze student is nog niet beschikbaar gesteld.")
OTHER_TAB = N_(
    "U hebt in een ander tabblad intussen iets anders gekozen: %(cells)s. "
    "Wat u hier koos, staat hieronder nog; slaat u nu op, dan geldt dat."
)
NO_RATING = N_("Kies bij elk werkproces Nooit, Oefenen, Voldoende of Goed.")


@base.action(_l("Eigen onderwijsvoortgang ingevuld"), permission=Permission.OWN_PROGRESS, on=models.Student)
def save_own_progress(
    actor: Actor, targets: base.Targets[models.Student], *, ratings: Ratings, stood: Ratings
) -> base.Outcome:
    """Save the student's own ratings. Nobody else's ratings can change here. `stood`: as for a supervisor."""
    student = targets.one()
    if not student.progress_available:
        raise errors.NotFound
    changes = _rate(actor, student, queries.load_sheet(student), ratings, stood)
    return _outcome(student, changes)


@base.action(_l("Onderwijsvoortgang ingevuld"), permission=Permission.PROGRESS_FILL, on=models.Student)
def save_student_progress(
    actor: Actor,
    targets: base.Targets[models.Student],
    *,
    ratings: Ratings,
    stood: Ratings,
    assignments: Mapping[int, bool],
) -> base.Outcome:
    """Save a supervisor's own ratings of a student, and which conditional assignments are ticked.

    `stood` is what the form showed: a rating that was left as it stood there is not written, and one that
    has become another since then is Outdated. `assignments` holds only those whose tick was changed on the
    form, so that a colleague's tick stays.
    """
    student = targets.one()
    if not student.progress_available:
        raise errors.RuleBroken(NOT_AVAILABLE)
    sheet = queries.load_sheet(student)
    changes = _rate(actor, student, sheet, ratings, stood)
    changes |= _tick(actor, student, sheet, assignments)
    return _outcome(student, changes)


def _rate(
    actor: Actor, student: models.Student, sheet: queries.ProgressSheet, ratings: Ratings, stood: Ratings
) -> dict[str, Any]:
    """Write the ratings that this rater changed on the form. Returns the changes (old, new) by name.

    Two statements at most.
    """
    processes = {process.id: process for process in sheet.processes}
    changes: dict[str, Any] = {}
    new: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    clashes: list[str] = []
    for (kind, process_id), rating in ratings.items():
        process = processes.get(process_id)
        if process is None or kind not in rules.KINDS:
            raise errors.NotFound
        if not rules.is_rating(rating):
            raise errors.RuleBroken(NO_RATING)
        # Each rater has their own rating, so another's is never overwritten: only one's own, of another tab.
        before = process.rating_of(kind, actor.id)
        there, name = before.rating if before else None, f"{process.code} {_(rules.KINDS[kind])}"
        as_shown = stood.get((kind, process_id))
        if rating in (there, as_shown):
            continue
        if there != as_shown:
            clashes.append(_clash(name, there, rating))
            continue
        row = {"rating": rating, "rated_at": utc_now()}
        if before is not None:
            other.append({**row, "id": before.id})
        else:
            whose = {"student_id": student.id, "work_process_id": process_id, "rated_by_id": actor.id}
            new.append({**row, **whose, "kind": kind})
        changes[name] = [_(rules.RATINGS[before.rating]) if before else "", _(rules.RATINGS[rating])]
    if clashes:
        raise errors.Outdated(OTHER_TAB, now="", field="", cells="; ".join(clashes))
    if new:
        db.session.execute(sa.insert(models.ProgressMeasure), new)
    if other:
        db.session.execute(sa.update(models.ProgressMeasure), other)
    return changes


def _clash(name: str, there: int | None, here: int) -> str:
    """Both values of a rating that was changed on two forms."""
    now = _(rules.RATINGS[there]) if there is not None else _("niets")
    return _("%(what)s (daar %(there)s, hier %(here)s)", what=name, there=now, here=_(rules.RATINGS[here]))


def _tick(
    actor: Actor, student: models.Student, sheet: queries.ProgressSheet, ticks: Mapping[int, bool]
) -> dict[str, Any]:
    known = {assignment.id: assignment for assignment in sheet.assignments}
    if not set(ticks) <= set(known):
        raise errors.NotFound
    done = [i for i, ticked in ticks.items() if ticked and known[i].done_at is None]
    undone = [i for i, ticked in ticks.items() if not ticked and known[i].done_at is not None]
    if done:
        rows = [{"student_id": student.id, "assignment_id": i, "recorded_by_id": actor.id} for i in done]
        db.session.execute(sa.insert(models.AssignmentDone), rows)
    if undone:
        db.session.execute(
            sa.delete(models.AssignmentDone).where(
                models.AssignmentDone.student_id == student.id,
                models.AssignmentDone.assignment_id.in_(undone),
            ),
            execution_options=QUIETLY,
        )
    yes, no = _("gedaan"), _("niet gedaan")
    return {known[i].title: [no, yes] for i in done} | {
        known[i].title: [_done_on(known[i]), no] for i in undone
    }


def _done_on(assignment: queries.AssignmentFacts) -> str:
    """ "gedaan (12-11-2026, Sanne de Bakker)": what goes when the tick goes."""
    on = current_school().local(assignment.done_at).strftime("%d-%m-%Y") if assignment.done_at else ""
    return f"{_('gedaan')} ({', '.join(filter(None, (on, assignment.done_by)))})"


def _outcome(student: models.Student, changes: dict[str, Any]) -> base.Outcome:
    count = len(changes)
    return base.Outcome(
        done=1 if changes else 0,
        unchanged=0 if changes else 1,
        ids=[student.id] if changes else [],
        names=[str(student)],
        details=changes,
        summary=ngettext("%(num)s antwoord opgeslagen.", "%(num)s antwoorden opgeslagen.", count)
        if changes
        else _("Er is niets gewijzigd."),
    )
