"""The lines of the list of students: a student with their programmes, electives, groups and users."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.membership import membership
from app.rules.people import full_name

AS_THEY_ARE = 101  # ids passed one by one: the longest page of a list, and the row behind it

NOTHING: sa.ColumnElement[str] = sa.literal("")


def arm(kind: str, key: Any, a: Any, b: Any = NOTHING, c: Any = NOTHING) -> sa.Select[Any]:
    """A part of a UNION: the kind of thing, the id of the thing or its owner, and three texts."""
    columns = (sa.literal(kind).label("kind"), key.label("id"), a.label("a"), b.label("b"), c.label("c"))
    return sa.select(*columns)


@dataclass
class StudentLine:
    """A student with what other tables say about them, as a line of a list shows it."""

    student: models.Student
    programmes: list[str] = field(default_factory=list)
    electives: list[str] = field(default_factory=list)  # codes
    groups: list[tuple[str, str]] = field(default_factory=list)  # name, colour
    users: dict[str, list[str]] = field(default_factory=dict)  # names by role


def lines_of(students: Iterable[models.Student]) -> Sequence[StudentLine]:
    """The lines of these students, in their order. One query, however many students."""
    lines = {student.id: StudentLine(student) for student in students}
    for row in db.session.execute(_facts(list(lines))) if lines else ():
        line = lines[row.id]
        if row.kind == "programme":
            line.programmes.append(row.a)
        elif row.kind == "elective":
            line.electives.append(row.a)
        elif row.kind == "group":
            line.groups.append((row.a, row.b))
        else:
            line.users.setdefault(row.kind, []).append(full_name(row.a, row.b, row.c))
    for line in lines.values():
        for names in (line.programmes, line.electives, line.groups, *line.users.values()):
            names.sort()  # type: ignore[attr-defined] # all four are lists
    return list(lines.values())


def _facts(ids: Sequence[int]) -> Any:
    """(student, kind, three texts): everything that is coupled to these students."""
    # A few ids go one by one: PostgreSQL takes a set for a thousand ids, and would read whole tables.
    wanted: Any = id_set(ids) if len(ids) > AS_THEY_ARE else ids
    enrolled = models.Enrolment.student_id
    member = membership(students=wanted).c
    return sa.union_all(
        arm("programme", enrolled, models.Programme.name)
        .join(models.Programme, models.Programme.id == models.Enrolment.programme_id)
        .where(enrolled.in_(wanted)),
        arm("elective", enrolled, models.Elective.code)
        .join(models.Elective, models.Elective.id == models.Enrolment.elective_id)
        .where(enrolled.in_(wanted)),
        arm("group", member.student_id, models.StudentGroup.name, models.StudentGroup.colour)
        .join(models.StudentGroup, models.StudentGroup.id == member.group_id)
        .distinct(),
        sa.select(
            models.Supervision.role.label("kind"),
            models.Supervision.student_id.label("id"),
            models.User.first_name.label("a"),
            models.User.infix.label("b"),
            models.User.last_name.label("c"),
        )
        .join(models.User, models.User.id == models.Supervision.user_id)
        .where(models.Supervision.student_id.in_(wanted)),
    )
