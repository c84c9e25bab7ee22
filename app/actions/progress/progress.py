"""Onderwijsvoortgang: a student and a company supervisor fill in their own ratings (manual, step 4e)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import delete, insert, update

from app.actions.base.action import Outcome, Targets, action
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.progress import AssignmentDone, ProgressMeasure
from app.entities.students import Student
from app.errors import NotFound, RuleBroken
from app.permissions import Actor, Permission
from app.queries.progress.progress import ProgressSheet, load_sheet
from app.rules.progress import KINDS, RATINGS, is_rating
from app.rules.text import N_

Ratings = Mapping[tuple[str, int], int]  # (kind, work process) -> rating
NOT_AVAILABLE = N_("De studievoortgang van deze student is nog niet beschikbaar gesteld.")
NO_RATING = N_("Kies bij elk werkproces Nooit, Oefenen, Voldoende of Goed.")


@action(_l("Eigen onderwijsvoortgang ingevuld"), permission=Permission.OWN_PROGRESS, on=Student)
def save_own_progress(actor: Actor, targets: Targets[Student], *, ratings: Ratings) -> Outcome:
    """The student's own ratings; nothing but the own ones can change."""
    student = targets.one()
    if not student.progress_available:
        raise NotFound
    changes = _rate(actor, student, load_sheet(student), ratings)
    return _outcome(student, changes)


@action(_l("Onderwijsvoortgang ingevuld"), permission=Permission.PROGRESS_FILL, on=Student)
def save_student_progress(
    actor: Actor, targets: Targets[Student], *, ratings: Ratings, assignments: Mapping[int, bool]
) -> Outcome:
    """The supervisor's own ratings of a student, and conditional assignments (un)ticked.

    `assignments` holds only those whose tick was changed on the form, so that a colleague's tick stays.
    """
    student = targets.one()
    if not student.progress_available:
        raise RuleBroken(NOT_AVAILABLE)
    sheet = load_sheet(student)
    changes = _rate(actor, student, sheet, ratings)
    changes |= _tick(actor, student, sheet, assignments)
    return _outcome(student, changes)


def _rate(actor: Actor, student: Student, sheet: ProgressSheet, ratings: Ratings) -> dict[str, Any]:
    """Write what differs from what this rater said before. Two statements at most."""
    processes = {process.id: process for process in sheet.processes}
    changes: dict[str, Any] = {}
    new: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    for (kind, process_id), rating in ratings.items():
        process = processes.get(process_id)
        if process is None or kind not in KINDS:
            raise NotFound
        if not is_rating(rating):
            raise RuleBroken(NO_RATING)
        before = process.rating_of(kind, actor.id)
        if before is not None and before.rating == rating:
            continue
        row = {"rating": rating, "rated_at": utc_now()}
        if before is not None:
            other.append({**row, "id": before.id})
        else:
            whose = {"student_id": student.id, "work_process_id": process_id, "rated_by_id": actor.id}
            new.append({**row, **whose, "kind": kind})
        old = _(RATINGS[before.rating]) if before else ""
        changes[f"{process.code} {_(KINDS[kind])}"] = [old, _(RATINGS[rating])]
    if new:
        db.session.execute(insert(ProgressMeasure), new)
    if other:
        db.session.execute(update(ProgressMeasure), other)
    return changes


def _tick(actor: Actor, student: Student, sheet: ProgressSheet, ticks: Mapping[int, bool]) -> dict[str, Any]:
    known = {assignment.id: assignment for assignment in sheet.assignments}
    if not set(ticks) <= set(known):
        raise NotFound
    done = [i for i, ticked in ticks.items() if ticked and known[i].done_at is None]
    undone = [i for i, ticked in ticks.items() if not ticked and known[i].done_at is not None]
    if done:
        rows = [{"student_id": student.id, "assignment_id": i, "recorded_by_id": actor.id} for i in done]
        db.session.execute(insert(AssignmentDone), rows)
    if undone:
        db.session.execute(
            delete(AssignmentDone).where(
                AssignmentDone.student_id == student.id, AssignmentDone.assignment_id.in_(undone)
            ),
            execution_options=QUIETLY,
        )
    yes, no = _("gedaan"), _("niet gedaan")
    return {known[i].title: [no, yes] for i in done} | {known[i].title: [yes, no] for i in undone}


def _outcome(student: Student, changes: dict[str, Any]) -> Outcome:
    count = len(changes)
    return Outcome(
        done=1 if changes else 0,
        unchanged=0 if changes else 1,
        ids=[student.id] if changes else [],
        names=[str(student)],
        details=changes,
        summary=ngettext("%(num)s antwoord opgeslagen.", "%(num)s antwoorden opgeslagen.", count)
        if changes
        else _("Er is niets gewijzigd."),
    )
