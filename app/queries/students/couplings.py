"""Bulk couplings of the last day, by who made them: what can still be undone."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, false, select, true

from app.clock import utc_now
from app.entities.couplings import CouplingRun
from app.entities.exams import Exam
from app.entities.membership import has_rule
from app.entities.planning import Registration
from app.entities.students import Enrolment, Student, StudentGroup, Supervision, group_member
from app.entities.users import User
from app.permissions import Actor, Role
from app.queries.users.users import with_role

UNDO_FOR = timedelta(days=1)


def undo_until_now() -> datetime:
    """What was coupled before this moment stays."""
    return utc_now() - UNDO_FOR


def undoable(actor: Actor) -> Select[CouplingRun]:
    """The actor's own couplings that can be undone, the newest first."""
    return (
        select(CouplingRun)
        .where(
            CouplingRun.actor_id == actor.id,
            CouplingRun.undone_at.is_(None),
            CouplingRun.at > undo_until_now(),
        )
        .order_by(CouplingRun.at.desc(), CouplingRun.id.desc())
    )


Conditions = tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[bool]]


def condition_now(kind: str, target: int, role: str, *, before: datetime | None = None) -> Conditions:
    """Conditions on Student: is coupled to it (`before`: since then; a group keeps no moment), is registered
    for an exam of it, could be coupled to it."""
    if kind == "group":
        member = exists().where(group_member.c.group_id == target, group_member.c.student_id == Student.id)
        return member, false(), exists().where(StudentGroup.id == target, ~has_rule())
    if kind == "user":
        coupled = exists().where(
            Supervision.student_id == Student.id, Supervision.user_id == target, Supervision.role == role
        )
        able = exists().where(User.id == target, User.active.is_(True), with_role(Role(role)))
        return coupled if before is None else coupled.where(Supervision.created_at <= before), false(), able
    own, of_exam = (
        (Enrolment.programme_id, Exam.programme_id)
        if kind == "programme"
        else (Enrolment.elective_id, Exam.elective_id)
    )
    enrolled = exists().where(Enrolment.student_id == Student.id, own == target)
    exams = select(Exam.id).where(of_exam == target)
    used = exists().where(Registration.student_id == Student.id, Registration.exam_id.in_(exams))
    return enrolled if before is None else enrolled.where(Enrolment.created_at <= before), used, true()
