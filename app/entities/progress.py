"""Onderwijsvoortgang: measures before the exam, and an elective's conditional assignments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.programmes import Elective, WorkProcess
from app.entities.users import User


class ProgressMeasure(Model):
    """A rating of one work process: baseline (nulmeting) or progress (voortgangsmeting).

    `rating` 0..3 = Nooit, Oefenen, Voldoende, Goed (docs/sources.md, Progress).
    """

    __tablename__ = "progress_measure"
    __table_args__ = (
        UniqueConstraint("student_id", "work_process_id", "kind", "rated_by_id"),
        CheckConstraint("kind IN ('baseline', 'progress')", name="kind"),
        CheckConstraint("rating BETWEEN 0 AND 3", name="rating"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    work_process_id: Mapped[int] = mapped_column(ForeignKey("work_process.id"))
    kind: Mapped[str] = mapped_column(String(10))
    rating: Mapped[int]
    rated_by_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    rated_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)

    work_process: Mapped[WorkProcess] = relationship()
    rated_by: Mapped[User] = relationship()


class ConditionalAssignment(Model):
    """A voorwaardelijke opdracht: to be done before the elective's exam."""

    __tablename__ = "conditional_assignment"
    __table_args__ = (UniqueConstraint("elective_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    elective_id: Mapped[int] = mapped_column(ForeignKey("elective.id"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")

    elective: Mapped[Elective] = relationship()


class AssignmentDone(Model):
    """That a student has done a conditional assignment, and who recorded it."""

    __tablename__ = "assignment_done"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("conditional_assignment.id"), primary_key=True)
    done_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
