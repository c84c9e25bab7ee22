"""Examens: a student's attempts and the moments at which the tasks are taken."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.exams import Exam, ExamTask
from app.entities.students import Student
from app.entities.users import User


class Registration(Model):
    """An examenaanmelding: one attempt of one student at one exam. A resit is a new row."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("student_id", "exam_id", "attempt"),
        CheckConstraint("attempt >= 1", name="attempt"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"), index=True)
    attempt: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    version: Mapped[int] = mapped_column(default=1)

    student: Mapped[Student] = relationship()
    exam: Mapped[Exam] = relationship()
    sittings: Mapped[list[Sitting]] = relationship(back_populates="registration", passive_deletes=True)

    def __str__(self) -> str:
        return f"{self.student.full_name}, {self.exam.title} ({self.attempt})"


class Sitting(Model):
    """An examenmoment: one task of a registration, at a time and place."""

    __tablename__ = "sitting"
    __table_args__ = (
        UniqueConstraint("registration_id", "exam_task_id"),
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_sitting_starts_at", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    exam_task_id: Mapped[int] = mapped_column(ForeignKey("exam_task.id"))
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    location: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(Text, default="")

    registration: Mapped[Registration] = relationship(back_populates="sittings")
    task: Mapped[ExamTask] = relationship()
    examiners: Mapped[list[SittingExaminer]] = relationship(back_populates="sitting", passive_deletes=True)

    def __str__(self) -> str:
        return f"{self.registration.student.full_name}, {self.task.title}"


class SittingExaminer(Model):
    """Who assesses: one school examiner (accountable), and one company examiner where wanted."""

    __tablename__ = "sitting_examiner"
    __table_args__ = (
        CheckConstraint("role IN ('school_examiner', 'company_examiner')", name="role"),
        UniqueConstraint("sitting_id", "user_id"),
    )

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)

    sitting: Mapped[Sitting] = relationship(back_populates="examiners")
    user: Mapped[User] = relationship()
