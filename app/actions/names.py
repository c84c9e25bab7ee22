"""The first few students of a bulk action, by name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

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
    return [f"{row.sort_name} ({row.number})" for row in rows]
