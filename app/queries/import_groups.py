"""What an import of groups reads: the school's groups, and the students whose numbers are in the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.students import Student, StudentGroup, group_member
from app.permissions import Actor, Permission, visible
from app.queries.imports import Fact, Known, pairs, text_set
from app.rules.people import sort_name

GROUP_FIELDS = ("name", "cohort", "school_year", "location", "colour")


def groups_known(actor: Actor, *, today: date, numbers: Collection[str]) -> Known:
    """Every group with those of these students that are in it already, and these students."""
    rows = db.session.execute(
        visible(actor, StudentGroup, Permission.GROUPS_IMPORT).with_only_columns(
            StudentGroup.id, StudentGroup.version, *(getattr(StudentGroup, name) for name in GROUP_FIELDS)
        )
    ).all()
    students = _students(actor, numbers)
    members = pairs(
        select(group_member.c.group_id, group_member.c.student_id).where(
            group_member.c.student_id.in_(id_set([student_id for student_id, _name in students.values()]))
        )
    )
    return Known(
        today=today,
        groups={row.name.lower(): (row.id, row.name) for row in rows},
        there={
            row.name.lower(): Fact(
                id=row.id,
                values={name: getattr(row, name) for name in GROUP_FIELDS},
                coupled={"members": [one[0] for one in members.get(row.id, ())]},
                version=row.version,
            )
            for row in rows
        },
        students=students,
    )


def _students(actor: Actor, numbers: Collection[str]) -> Mapping[str, tuple[int, str]]:
    rows = db.session.execute(
        visible(actor, Student, Permission.GROUPS_IMPORT)
        .with_only_columns(Student.id, Student.number, Student.first_name, Student.infix, Student.last_name)
        .where(Student.number.in_(text_set(sorted(numbers))))
    )
    return {
        row.number: (row.id, f"{sort_name(row.first_name, row.infix, row.last_name)} ({row.number})")
        for row in rows
    }
