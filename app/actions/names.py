"""What a bulk action on students reports: how many, and the first few by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from app.actions.base import Outcome, Refused, Targets
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.students import Student

SHOWN = 10


def first_names(ids: Sequence[int]) -> list[str]:
    """At most ten, as lists write them: "Berg, Fleur van der (0203118)". One query; none for nobody."""
    if not ids:
        return []
    rows = db.session.scalars(
        select(Student)
        .where(Student.id.in_(id_set(ids)))
        .order_by(Student.last_name, Student.first_name, Student.id)
        .limit(SHOWN)
    )
    return [row.list_name for row in rows]


def students_changed(
    targets: Targets[Student],
    changed: Sequence[int],
    summary: str,
    details: dict[str, Any],
    *,
    refused: Collection[Refused] = (),
    held: int = 0,
) -> Outcome:
    """These of the targets were changed; the rest was so already, but for the `held` that could not be."""
    return Outcome(
        done=len(changed),
        unchanged=targets.count - len(changed) - held,
        ids=changed,
        names=first_names(changed),
        refused=list(refused),
        summary=summary,
        details=details,
    )
