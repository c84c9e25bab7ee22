"""What a bulk action on students reports: how many, and the first few by name."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.actions import base
from app.entities.base import db
from app.entities.engine import id_set
from app.rules import people as rules

SHOWN = 10
BETWEEN = "\x1f"  # in no name
IN_ORDER = (models.Student.name_key, models.Student.id)


def told() -> sa.ColumnElement[str]:
    """What a list writes a student by, as one text for `read`."""
    name = models.Student.first_name + BETWEEN + models.Student.infix + BETWEEN + models.Student.last_name
    return name + BETWEEN + models.Student.number


def read(texts: Iterable[str]) -> list[str]:
    """These, in order, as lists write them: "Berg, Fleur van der (0203118)"."""
    people = sorted(
        (text.split(BETWEEN) for text in texts), key=lambda one: (rules.name_key(*one[:3]), one[3])
    )
    return [f"{rules.sort_name(first, infix, last)} ({number})" for first, infix, last, number in people]


def first_names(ids: Sequence[int]) -> list[str]:
    """At most ten, as lists write them. One query; none for nobody."""
    if not ids:
        return []
    rows = db.session.scalars(
        sa.select(models.Student).where(models.Student.id.in_(id_set(ids))).order_by(*IN_ORDER).limit(SHOWN)
    )
    return [row.list_name for row in rows]


def students_changed(
    targets: base.Targets[models.Student],
    changed: Sequence[int],
    summary: str,
    details: dict[str, Any],
    *,
    refused: Collection[base.Refused] = (),
    held: int = 0,
    names: Sequence[str] | None = None,
) -> base.Outcome:
    """These of the targets were changed; the rest was so already, but for the `held` that could not be."""
    return base.Outcome(
        done=len(changed),
        unchanged=targets.count - len(changed) - held,
        ids=changed,
        names=first_names(changed) if names is None else list(names),
        refused=list(refused),
        summary=summary,
        details=details,
    )
