"""How far the demo school's students are: ratings on the work processes, conditional assignments done."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import sqlalchemy as sa

from app import models
from app.demo import people
from app.demo.bulk import write
from app.demo.students import Placed
from app.demo.users import Staff
from app.entities.base import db
from app.permissions import Role

BASELINE, PROGRESS = (0, 0, 1, 1, 2), (1, 2, 2, 2, 3)  # ratings to draw from


def write_progress(placed: Sequence[Placed], staff: Staff, now: dt.datetime) -> None:
    """For the students whose progress is available: a baseline, and for half of them a second rating."""
    processes, assignments = _processes(), _assignments()
    shown = [one for one in placed if one.place % 2 == 0]
    rng = Random(people.SEED)
    write(
        models.ProgressMeasure, [row for one in shown for row in _measures(one, processes, staff, rng, now)]
    )
    write(models.AssignmentDone, [row for one in placed for row in _done(one, assignments, staff, now)])


def _processes() -> Mapping[int, Sequence[int]]:
    """Programme id -> the work processes of its first core task."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = db.session.execute(
        sa.select(models.CoreTask.programme_id, models.WorkProcess.id)
        .join(models.WorkProcess, models.WorkProcess.core_task_id == models.CoreTask.id)
        .where(models.CoreTask.position == 1, models.CoreTask.programme_id.is_not(None))
        .order_by(models.WorkProcess.position)
    )
    for programme, process in rows:
        if programme is not None:
            found[programme].append(process)
    return found


def _assignments() -> Mapping[int, Sequence[int]]:
    """Elective id -> its conditional assignments, in order."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = db.session.execute(
        sa.select(models.ConditionalAssignment.elective_id, models.ConditionalAssignment.id).order_by(
            models.ConditionalAssignment.position
        )
    )
    for elective, assignment in rows:
        found[elective].append(assignment)
    return found


def _measures(
    one: Placed, processes: Mapping[int, Sequence[int]], staff: Staff, rng: Random, now: dt.datetime
) -> Iterator[dict[str, Any]]:
    raters = [_supervisor(one, staff)]
    if one.user_id is not None:
        raters.append(one.user_id)
    kinds = [("baseline", BASELINE, 120)]
    if one.place % 4 == 0:
        kinds.append(("progress", PROGRESS, 20))
    for kind, ratings, days in kinds:
        for rater in raters:
            for process in processes[one.offer.id]:
                yield {
                    "student_id": one.id,
                    "work_process_id": process,
                    "kind": kind,
                    "rated_by_id": rater,
                    "rating": rng.choice(ratings),
                    "rated_at": now - dt.timedelta(days=days),
                }


def _done(
    one: Placed, assignments: Mapping[int, Sequence[int]], staff: Staff, now: dt.datetime
) -> Iterator[dict[str, Any]]:
    """The rows of one student; a student further down the list has done more."""
    own = assignments.get(one.elective or 0, ())
    for number, assignment in enumerate(own[: one.place % (len(own) + 1)]):
        yield {
            "student_id": one.id,
            "assignment_id": assignment,
            "recorded_by_id": _supervisor(one, staff),
            "done_at": now - dt.timedelta(days=60 - 14 * number),
        }


def _supervisor(one: Placed, staff: Staff) -> int:
    return staff.teams[one.offer.id].members[Role.COMPANY_SUPERVISOR][0].id
