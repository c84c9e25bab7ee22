"""What a bulk action on students reports: how many, and the first few by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select

from app.actions.base.action import Outcome, Refused, Targets
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.students import Student
from app.rules.people import name_key, sort_name

SHOWN = 10
BETWEEN = "\x1f"  # in no name
IN_ORDER = (Student.name_key, Student.id)


def told() -> ColumnElement[str]:
    """What a list writes a student by, as one text for `read`."""
    name = Student.first_name + BETWEEN + Student.infix + BETWEEN + Student.last_name
    return name + BETWEEN + Student.number


def read(texts: Iterable[str]) -> list[str]:
    """These, in order, as lists write them: "Berg, Fleur van der (0203118)"."""
    people = sorted((text.split(BETWEEN) for text in texts), key=lambda one: (name_key(*one[:3]), one[3]))
    return [f"{sort_name(first, infix, last)} ({number})" for first, infix, last, number in people]


def first_names(ids: Sequence[int]) -> list[str]:
    """At most ten, as lists write them. One query; none for nobody."""
    if not ids:
        return []
    rows = db.session.scalars(
        select(Student).where(Student.id.in_(id_set(ids))).order_by(*IN_ORDER).limit(SHOWN)
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
    names: Sequence[str] | None = None,
) -> Outcome:
    """These of the targets were changed; the rest was so already, but for the `held` that could not be."""
    return Outcome(
        done=len(changed),
        unchanged=targets.count - len(changed) - held,
        ids=changed,
        names=first_names(changed) if names is None else list(names),
        refused=list(refused),
        summary=summary,
        details=details,
    )
