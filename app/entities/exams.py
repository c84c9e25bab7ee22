"""Examenbeheer: exams with their tasks, criteria, levels and pass rule.

A version of an exam never changes once it is loaded: a new version is a new row, so that a result
keeps pointing at what was assessed.
"""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Enum, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.entities.base import Model
from app.entities.programmes import CoreTask, Elective, Programme, WorkProcess
from app.rules.text import N_


class ExamKind(enum.StrEnum):
    PROEVE = "proeve"
    WERKSTUK = "werkstuk"
    ELECTIVE_EXAM = "keuzedeelexamen"

    @property
    def label(self) -> str:
        return KIND_LABELS[self]


KIND_LABELS = {
    ExamKind.PROEVE: N_("Proeve van bekwaamheid"),
    ExamKind.WERKSTUK: N_("Werkstuk"),
    ExamKind.ELECTIVE_EXAM: N_("Keuzedeelexamen"),
}


class Exam(Model):
    """One version of an exam; belongs to a programme (with a core task) or to an elective."""

    __tablename__ = "exam"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("(programme_id IS NULL) <> (elective_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    kind: Mapped[ExamKind] = mapped_column(
        Enum(ExamKind, native_enum=False, length=20, values_callable=lambda e: [x.value for x in e])
    )
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(60), default="")
    duration_minutes: Mapped[int]
    current: Mapped[bool] = mapped_column(default=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"), index=True)
    elective_id: Mapped[int | None] = mapped_column(ForeignKey("elective.id"), index=True)
    core_task_id: Mapped[int | None] = mapped_column(ForeignKey("core_task.id"))
    rule_model: Mapped[str] = mapped_column(String(40))
    rule_parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    programme: Mapped[Programme | None] = relationship()
    elective: Mapped[Elective | None] = relationship()
    core_task: Mapped[CoreTask | None] = relationship()
    tasks: Mapped[list[ExamTask]] = relationship(
        back_populates="exam", order_by="ExamTask.position", passive_deletes=True
    )

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class ExamTask(Model):
    """An examenopdracht (onderdeel): planned and assessed apart from the others."""

    __tablename__ = "exam_task"
    __table_args__ = (UniqueConstraint("exam_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    instruction: Mapped[str] = mapped_column(Text, default="")
    duration_minutes: Mapped[int]

    exam: Mapped[Exam] = relationship(back_populates="tasks")
    criteria: Mapped[list[Criterion]] = relationship(
        back_populates="task", order_by="Criterion.position", passive_deletes=True
    )


class Criterion(Model):
    """An observable behaviour or result; `critical`: failing it fails the whole (knock-out)."""

    __tablename__ = "criterion"
    __table_args__ = (UniqueConstraint("exam_task_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exam_task_id: Mapped[int] = mapped_column(ForeignKey("exam_task.id"))
    work_process_id: Mapped[int] = mapped_column(ForeignKey("work_process.id"), index=True)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    critical: Mapped[bool] = mapped_column(default=False)

    task: Mapped[ExamTask] = relationship(back_populates="criteria")
    work_process: Mapped[WorkProcess] = relationship()
    levels: Mapped[list[CriterionLevel]] = relationship(
        back_populates="criterion", order_by="CriterionLevel.points", passive_deletes=True
    )


class CriterionLevel(Model):
    """One answer to a criterion: a label (O, V, G), its points, when to give it."""

    __tablename__ = "criterion_level"
    __table_args__ = (UniqueConstraint("criterion_id", "points"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"))
    label: Mapped[str] = mapped_column(String(40))
    points: Mapped[int]
    description: Mapped[str] = mapped_column(Text, default="")

    criterion: Mapped[Criterion] = relationship(back_populates="levels")
