"""Bulk couplings of the last day, by who made them: what can still be undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, exists, or_, select

from app.entities.base import db, utc_now
from app.entities.couplings import CouplingRow, CouplingRun
from app.entities.exams import Exam
from app.entities.planning import Registration
from app.entities.students import Enrolment, Student, group_member
from app.permissions import Actor

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


def can_undo(actor: Actor) -> bool:
    return db.session.scalar(undoable(actor).with_only_columns(CouplingRun.id).limit(1)) is not None


def pairs_of(run: CouplingRun, students: Select[Any]) -> Sequence[Any]:
    """What the run made, among these students: is it there still, and does anything stand on it now?"""
    exams = select(Exam.id).where(
        or_(
            and_(CouplingRow.kind == "programme", Exam.programme_id == CouplingRow.target_id),
            and_(CouplingRow.kind == "elective", Exam.elective_id == CouplingRow.target_id),
        )
    )
    used = exists().where(
        Registration.student_id == CouplingRow.student_id,
        Registration.exam_id.in_(exams.correlate(CouplingRow)),
    )
    there = case(
        (
            CouplingRow.kind == "group",
            exists().where(
                group_member.c.group_id == CouplingRow.target_id,
                group_member.c.student_id == CouplingRow.student_id,
            ),
        ),
        # SQLite gives the id of a deleted row to the next one: that is a later coupling.
        else_=exists().where(Enrolment.id == CouplingRow.enrolment_id, Enrolment.created_at <= run.at),
    )
    return db.session.execute(
        select(
            CouplingRow.kind, CouplingRow.target_id, CouplingRow.student_id, CouplingRow.enrolment_id,
            there.label("there"), used.label("used"),
        )
        .join(Student, Student.id == CouplingRow.student_id)
        .where(CouplingRow.run_id == run.id, CouplingRow.student_id.in_(students))
        .order_by(Student.last_name, Student.first_name, Student.id)
    ).all()  # fmt: skip
