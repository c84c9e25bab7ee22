"""Examens: a student's attempts and the moments at which the tasks are taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import OWNER, Model, Moment
from app.entities.exams import Exam, ExamTask
from app.entities.numbers import uid_column
from app.entities.students import Student
from app.entities.users import User


def attempt_name(student: str, exam: str, attempt: int) -> str:
    """What every page and list calls a registration, and its result, in the reader's language."""
    return _("%(student)s, %(exam)s, kans %(attempt)s", student=student, exam=exam, attempt=attempt)


class Registration(Model):
    """An examenaanmelding: one attempt of one student at one exam. A resit is a new row.

    `stopped_at`: it does not go on for now, and its sittings count for nobody. `stop_reason` is "" when it
    was stopped because the student left the school.
    """

    __tablename__ = "registration"
    __table_args__ = (
        sa.UniqueConstraint("student_id", "exam_id", "attempt"),
        sa.CheckConstraint("attempt >= 1", name="attempt"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    uid: orm.Mapped[str] = uid_column()
    student_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("student.id"), info=OWNER)
    exam_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("exam.id"), index=True)
    attempt: orm.Mapped[int]
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    version: orm.Mapped[int] = orm.mapped_column(default=1)
    stopped_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    stop_reason: orm.Mapped[str] = orm.mapped_column(sa.Text, default="", server_default="")

    student: orm.Mapped[Student] = orm.relationship()
    exam: orm.Mapped[Exam] = orm.relationship()
    sittings: orm.Mapped[list[Sitting]] = orm.relationship(
        back_populates="registration", passive_deletes=True
    )

    def __str__(self) -> str:
        return attempt_name(self.student.full_name, self.exam.title, self.attempt)


class Sitting(Model):
    """An examenmoment: one task of a registration, at a time and place."""

    __tablename__ = "sitting"
    __table_args__ = (
        sa.UniqueConstraint("registration_id", "exam_task_id"),
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.Index("ix_sitting_starts_at", "starts_at"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    uid: orm.Mapped[str] = uid_column()
    registration_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("registration.id"), info=OWNER)
    exam_task_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("exam_task.id"))
    starts_at: orm.Mapped[datetime] = orm.mapped_column(Moment)
    ends_at: orm.Mapped[datetime] = orm.mapped_column(Moment)
    location: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    note: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")

    registration: orm.Mapped[Registration] = orm.relationship(back_populates="sittings")
    task: orm.Mapped[ExamTask] = orm.relationship()
    examiners: orm.Mapped[list[SittingExaminer]] = orm.relationship(
        back_populates="sitting", passive_deletes=True
    )

    @classmethod
    def shown_with(cls) -> tuple[sa.ColumnElement[Any], ...]:
        """What a page about a moment shows too: time, place and examiners, of which its registration counts
        the changes."""
        version = sa.select(Registration.version).where(Registration.id == cls.registration_id)
        return (version.correlate(cls).scalar_subquery(),)

    @classmethod
    def told_by(cls) -> dict[str, Any]:
        """The rows whose entries in the trail tell of it too: kind -> the column with their ids."""
        return {"Registration": cls.registration_id}

    def __str__(self) -> str:
        return f"{self.registration.student.full_name}, {self.task.title}"


class SittingExaminer(Model):
    """Who assesses: one school examiner (accountable), and one company examiner where wanted."""

    __tablename__ = "sitting_examiner"
    __table_args__ = (
        sa.CheckConstraint("role IN ('school_examiner', 'company_examiner')", name="role"),
        sa.UniqueConstraint("sitting_id", "user_id"),
    )

    sitting_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("sitting.id"), primary_key=True)
    role: orm.Mapped[str] = orm.mapped_column(sa.String(30), primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)

    sitting: orm.Mapped[Sitting] = orm.relationship(back_populates="examiners")
    user: orm.Mapped[User] = orm.relationship()
