"""Opleidingen: programmes, electives, their core tasks and work processes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.entities.base import Model


class Programme(Model):
    """A qualification as this school offers it to one cohort; crebo is unique within a cohort."""

    __tablename__ = "programme"
    __table_args__ = (
        UniqueConstraint("crebo", "cohort"),
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    crebo: Mapped[str] = mapped_column(String(5))
    name: Mapped[str] = mapped_column(String(200), index=True)
    level: Mapped[int]
    learning_path: Mapped[str] = mapped_column(String(10))  # "BOL", "BBL" or "BOL/BBL"
    cohort: Mapped[int]
    file_crebo: Mapped[str] = mapped_column(String(5), default="")

    core_tasks: Mapped[list[CoreTask]] = relationship(
        back_populates="programme", order_by="CoreTask.position", passive_deletes=True
    )

    def __str__(self) -> str:
        return f"{self.name} ({self.crebo}, {self.cohort})"


class Elective(Model):
    """A keuzedeel: its own exam and its own conditional assignments."""

    __tablename__ = "elective"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(10), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    hours: Mapped[int]  # studiebelastingsuren (SBU)
    kind: Mapped[str] = mapped_column(String(20), default="")  # verdiepend, verbredend, doorstroom

    core_tasks: Mapped[list[CoreTask]] = relationship(
        back_populates="elective", order_by="CoreTask.position", passive_deletes=True
    )

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class ProgrammeElective(Model):
    """Which electives a programme offers."""

    __tablename__ = "programme_elective"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    elective_id: Mapped[int] = mapped_column(ForeignKey("elective.id"), primary_key=True, index=True)


class CoreTask(Model):
    """B1-K1, or D1-K1 of an elective; belongs to exactly one of the two."""

    __tablename__ = "core_task"
    __table_args__ = (
        CheckConstraint("(programme_id IS NULL) <> (elective_id IS NULL)", name="one_owner"),
        UniqueConstraint("programme_id", "code"),
        UniqueConstraint("elective_id", "code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"))
    elective_id: Mapped[int | None] = mapped_column(ForeignKey("elective.id"))
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]

    programme: Mapped[Programme | None] = relationship(back_populates="core_tasks")
    elective: Mapped[Elective | None] = relationship(back_populates="core_tasks")
    work_processes: Mapped[list[WorkProcess]] = relationship(
        back_populates="core_task", order_by="WorkProcess.position", passive_deletes=True
    )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class WorkProcess(Model):
    """B1-K1-W1; `position` sorts W2 before W10."""

    __tablename__ = "work_process"
    __table_args__ = (UniqueConstraint("core_task_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    core_task_id: Mapped[int] = mapped_column(ForeignKey("core_task.id"))
    code: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]

    core_task: Mapped[CoreTask] = relationship(back_populates="work_processes")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
