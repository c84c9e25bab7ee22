"""Bulk couplings of the last day, which the user who made them can still undo."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.membership import has_rule
from app.entities.students import group_member
from app.permissions import Actor, Role
from app.queries.base.made import made_in
from app.queries.base.picker import user_label
from app.queries.users.users import with_role

UNDO_FOR = dt.timedelta(days=1)


def undo_until_now() -> dt.datetime:
    """The moment before which couplings can no longer be undone."""
    return utc_now() - UNDO_FOR


def undoable(actor: Actor) -> sa.Select[models.CouplingRun]:
    """The actor's own couplings that can be undone, the newest first."""
    return (
        sa.select(models.CouplingRun)
        .where(
            models.CouplingRun.actor_id == actor.id,
            models.CouplingRun.undone_at.is_(None),
            models.CouplingRun.at > undo_until_now(),
        )
        .order_by(models.CouplingRun.at.desc(), models.CouplingRun.id.desc())
    )


Conditions = tuple[sa.ColumnElement[bool], sa.ColumnElement[bool], sa.ColumnElement[bool]]


def condition_now(
    kind: str, target: int, role: str, *, made_by: models.CouplingRun | None = None
) -> Conditions:
    """Three conditions on Student: coupled to it, registered for an exam of it, able to be coupled to it.

    `kind`: "group", "user", "programme" or elective; `target`: its id. `made_by`: only its
    own couplings count.
    """

    def own_of(coupled: sa.Exists, since: Any) -> sa.Exists:
        return coupled if made_by is None else coupled.where(made_in(since, made_by.rows_at, made_by.at))

    if kind == "group":
        member = sa.exists().where(
            group_member.c.group_id == target, group_member.c.student_id == models.Student.id
        )
        return (
            own_of(member, group_member.c.created_at),
            sa.false(),
            sa.exists().where(models.StudentGroup.id == target, ~has_rule()),
        )
    if kind == "user":
        coupled = sa.exists().where(
            models.Supervision.student_id == models.Student.id,
            models.Supervision.user_id == target,
            models.Supervision.role == role,
        )
        able = sa.exists().where(
            models.User.id == target, models.User.active.is_(True), with_role(Role(role))
        )
        return (
            own_of(coupled, models.Supervision.created_at),
            sa.false(),
            able,
        )
    # A programme or an elective: the same table, by another column.
    own, of_exam = (
        (models.Enrolment.programme_id, models.Exam.programme_id)
        if kind == "programme"
        else (models.Enrolment.elective_id, models.Exam.elective_id)
    )
    enrolled = sa.exists().where(models.Enrolment.student_id == models.Student.id, own == target)
    exams = sa.select(models.Exam.id).where(of_exam == target)
    used = sa.exists().where(
        models.Registration.student_id == models.Student.id,
        models.Registration.exam_id.in_(exams),
        models.Registration.stopped_at.is_(None),
    )
    return (
        own_of(enrolled, models.Enrolment.created_at),
        used,
        sa.true(),
    )


def names_of(kind: str, targets: Collection[int]) -> Mapping[int, str]:
    """What groups, users, programmes or electives are called, by id. One query."""
    models_of: Mapping[str, Any] = {
        "group": models.StudentGroup,
        "user": models.User,
        "programme": models.Programme,
        "elective": models.Elective,
    }
    model = models_of[kind]
    rows = db.session.scalars(sa.select(model).where(model.id.in_(id_set(sorted(set(targets))))))
    return {row.id: user_label(row) if kind == "user" else str(row) for row in rows}
