"""Onderwijsvoortgang: measures before the exam, and an elective's conditional assignments."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

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
        sa.UniqueConstraint("student_id", "work_process_id", "kind", "rated_by_id"),
        sa.CheckConstraint("kind IN ('baseline', 'progress')", name="kind"),
        sa.CheckConstraint("rating BETWEEN 0 AND 3", name="rating"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    student_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("student.id"))
    work_process_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("work_process.id"))
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(10))
    rating: orm.Mapped[int]
    rated_by_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    rated_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)

    work_process: orm.Mapped[WorkProcess] = orm.relationship()
    rated_by: orm.Mapped[User] = orm.relationship()


class ConditionalAssignment(Model):
    """A voorwaardelijke opdracht: to be done before the elective's exam."""

    __tablename__ = "conditional_assignment"
    __table_args__ = (sa.UniqueConstraint("elective_id", "position"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    elective_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("elective.id"))
    position: orm.Mapped[int]
    title: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    description: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")

    elective: orm.Mapped[Elective] = orm.relationship()


class AssignmentDone(Model):
    """That a student has done a conditional assignment, and who recorded it."""

    __tablename__ = "assignment_done"

    student_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("student.id"), primary_key=True)
    assignment_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("conditional_assignment.id"), primary_key=True
    )
    done_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    recorded_by_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
