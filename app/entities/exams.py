"""Examenbeheer: exams with their tasks, criteria, levels and pass rule.

A version of an exam never changes once it is loaded: a new version is a new row, so that a result
keeps pointing at what was assessed.
"""

from __future__ import annotations

import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.entities.base import Model
from app.entities.numbers import uid_column
from app.entities.programmes import CoreTask, Elective, Programme, WorkProcess
from app.rules import pass_rules
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
        sa.UniqueConstraint("key", "version"),
        sa.CheckConstraint("(programme_id IS NULL) <> (elective_id IS NULL)", name="one_owner"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    uid: orm.Mapped[str] = uid_column()
    key: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    version: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    kind: orm.Mapped[ExamKind] = orm.mapped_column(
        sa.Enum(ExamKind, native_enum=False, length=20, values_callable=lambda e: [x.value for x in e])
    )
    code: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(200), index=True)
    description: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    place: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    duration_minutes: orm.Mapped[int]
    current: orm.Mapped[bool] = orm.mapped_column(default=True)
    programme_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("programme.id"), index=True)
    elective_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("elective.id"), index=True)
    core_task_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("core_task.id"))
    pass_rule: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, server_default="{}")

    programme: orm.Mapped[Programme | None] = orm.relationship()
    elective: orm.Mapped[Elective | None] = orm.relationship()
    core_task: orm.Mapped[CoreTask | None] = orm.relationship()
    tasks: orm.Mapped[list[ExamTask]] = orm.relationship(
        back_populates="exam", order_by="ExamTask.position", passive_deletes=True
    )

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def facts(self) -> pass_rules.Criteria:
        """Its criteria as its pass rule reads them."""
        return [one.facts for task in self.tasks for one in task.criteria]


class ExamTask(Model):
    """An examenopdracht (onderdeel): planned and assessed apart from the others."""

    __tablename__ = "exam_task"
    __table_args__ = (sa.UniqueConstraint("exam_id", "position"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    exam_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("exam.id"))
    position: orm.Mapped[int]
    title: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    instruction: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    duration_minutes: orm.Mapped[int]

    exam: orm.Mapped[Exam] = orm.relationship(back_populates="tasks")
    criteria: orm.Mapped[list[Criterion]] = orm.relationship(
        back_populates="task", order_by="Criterion.position", passive_deletes=True
    )


class Criterion(Model):
    """An observable behaviour or result; `critical`: failing it fails the whole (knock-out)."""

    __tablename__ = "criterion"
    __table_args__ = (sa.UniqueConstraint("exam_task_id", "position"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    exam_task_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("exam_task.id"))
    work_process_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("work_process.id"), index=True)
    position: orm.Mapped[int]
    text: orm.Mapped[str] = orm.mapped_column(sa.Text)
    critical: orm.Mapped[bool] = orm.mapped_column(default=False)

    task: orm.Mapped[ExamTask] = orm.relationship(back_populates="criteria")
    work_process: orm.Mapped[WorkProcess] = orm.relationship()
    levels: orm.Mapped[list[CriterionLevel]] = orm.relationship(
        back_populates="criterion", order_by="CriterionLevel.points", passive_deletes=True
    )

    @property
    def facts(self) -> pass_rules.Criterion:
        return pass_rules.Criterion(
            key=f"{self.task.position}.{self.position}",
            task=str(self.task.position),
            work_process=self.work_process.code,
            critical=self.critical,
            levels=tuple(level.facts for level in self.levels),
        )


class CriterionLevel(Model):
    """One answer to a criterion: a label (O, V, G), its points, whether it is enough, when to give it."""

    __tablename__ = "criterion_level"
    __table_args__ = (sa.UniqueConstraint("criterion_id", "points"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    criterion_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("criterion.id"))
    label: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    points: orm.Mapped[int]
    sufficient: orm.Mapped[bool] = orm.mapped_column(server_default=sa.true())
    description: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")

    criterion: orm.Mapped[Criterion] = orm.relationship(back_populates="levels")

    @property
    def facts(self) -> pass_rules.Level:
        return pass_rules.Level(self.label, self.points, self.sufficient)
