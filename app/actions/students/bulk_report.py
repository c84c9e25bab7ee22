"""The report of a bulk action on students: how many were changed, and the first few by name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.actions import base
from app.entities.base import db
from app.entities.engine import id_set
from app.rules import people as rules

SHOWN = 10
BETWEEN = "\x1f"  # a character that is in no name
IN_ORDER = (models.Student.name_key, models.Student.id)


def told() -> sa.ColumnElement[str]:
    """SQL for what a list needs to name a student, as one text. `read` reads it."""
    name = models.Student.first_name + BETWEEN + models.Student.infix + BETWEEN + models.Student.last_name
    return name + BETWEEN + models.Student.number


def read(texts: Iterable[str]) -> list[str]:
    """These students, in order, as lists write them: "Berg, Fleur van der (0203118)"."""
    people = sorted(
        (text.split(BETWEEN) for text in texts), key=lambda one: (rules.name_key(*one[:3]), one[3])
    )
    return [f"{rules.sort_name(first, infix, last)} ({number})" for first, infix, last, number in people]


def first_names(ids: Sequence[int]) -> list[str]:
    """The names of at most ten of these students, as lists write them. One query, or none without ids."""
    return all_names(ids, most=SHOWN)


def all_names(ids: Sequence[int], *, most: int | None = None) -> list[str]:
    """The names of these students, as lists write them. One query, or none without ids."""
    if not ids:
        return []
    rows = db.session.scalars(
        sa.select(models.Student).where(models.Student.id.in_(id_set(ids))).order_by(*IN_ORDER).limit(most)
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
    also: Mapping[str, Sequence[int]] | None = None,
    rests_on: Sequence[Any] = (),
) -> base.Outcome:
    """The outcome when these of the targets were changed. The others were already so.

    `held` counts the targets that could not be changed, and so are not "already so".
    """
    return base.Outcome(
        done=len(changed),
        unchanged=targets.count - len(changed) - held,
        ids=changed,
        names=first_names(changed) if names is None else list(names),
        refused=list(refused),
        summary=summary,
        details=details,
        also=also or {},
        rests_on=rests_on,
    )
