"""Opleidingen: programmes, electives, their core tasks and work processes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from app.entities.base import Model


class Programme(Model):
    """A qualification as this school offers it to one cohort; crebo is unique within a cohort."""

    __tablename__ = "programme"
    __table_args__ = (
        sa.UniqueConstraint("crebo", "cohort"),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    crebo: orm.Mapped[str] = orm.mapped_column(sa.String(5))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(200), index=True)
    level: orm.Mapped[int]
    learning_path: orm.Mapped[str] = orm.mapped_column(sa.String(10))  # "BOL", "BBL" or "BOL/BBL"
    cohort: orm.Mapped[int]
    file_crebo: orm.Mapped[str] = orm.mapped_column(sa.String(5), default="")

    core_tasks: orm.Mapped[list[CoreTask]] = orm.relationship(
        back_populates="programme", order_by="CoreTask.position", passive_deletes=True
    )

    def __str__(self) -> str:
        return f"{self.name} ({self.crebo}, {self.cohort})"


class Elective(Model):
    """A keuzedeel: its own exam and its own conditional assignments."""

    __tablename__ = "elective"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    code: orm.Mapped[str] = orm.mapped_column(sa.String(10), unique=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(200), index=True)
    hours: orm.Mapped[int]  # studiebelastingsuren (SBU)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")  # verdiepend, verbredend, doorstroom

    core_tasks: orm.Mapped[list[CoreTask]] = orm.relationship(
        back_populates="elective", order_by="CoreTask.position", passive_deletes=True
    )

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class ProgrammeElective(Model):
    """Which electives a programme offers."""

    __tablename__ = "programme_elective"

    programme_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("programme.id"), primary_key=True)
    elective_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("elective.id"), primary_key=True, index=True
    )


class CoreTask(Model):
    """B1-K1, or D1-K1 of an elective; belongs to exactly one of the two."""

    __tablename__ = "core_task"
    __table_args__ = (
        sa.CheckConstraint("(programme_id IS NULL) <> (elective_id IS NULL)", name="one_owner"),
        sa.UniqueConstraint("programme_id", "code"),
        sa.UniqueConstraint("elective_id", "code"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    programme_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("programme.id"))
    elective_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("elective.id"))
    code: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    position: orm.Mapped[int]

    programme: orm.Mapped[Programme | None] = orm.relationship(back_populates="core_tasks")
    elective: orm.Mapped[Elective | None] = orm.relationship(back_populates="core_tasks")
    work_processes: orm.Mapped[list[WorkProcess]] = orm.relationship(
        back_populates="core_task", order_by="WorkProcess.position", passive_deletes=True
    )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class WorkProcess(Model):
    """B1-K1-W1; `position` sorts W2 before W10."""

    __tablename__ = "work_process"
    __table_args__ = (sa.UniqueConstraint("core_task_id", "code"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    core_task_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("core_task.id"))
    code: orm.Mapped[str] = orm.mapped_column(sa.String(30))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    position: orm.Mapped[int]

    core_task: orm.Mapped[CoreTask] = orm.relationship(back_populates="work_processes")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
