"""Studenten: students, their programmes, their users, their groups, exams they won't take."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Computed,
    Enum,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.exams import Exam
from app.entities.programmes import Elective, Programme
from app.entities.users import User
from app.rules.student_fields import Gender, most

# Who was put in a group by hand. Read it for nothing but writing.
group_member = Table(
    "student_group_member",
    Model.metadata,
    Column("group_id", ForeignKey("student_group.id"), primary_key=True),
    Column("student_id", ForeignKey("student.id"), primary_key=True, index=True),
)
# The programmes of a group that fills itself. Who is in a group, of either kind: entities/membership.py.
group_rule = Table(
    "student_group_rule",
    Model.metadata,
    Column("group_id", ForeignKey("student_group.id"), primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), primary_key=True, index=True),
)


# What can be still to be done for a student; the first one is the lowest bit of `flags`.
STILL_TO_DO = {
    "no-programme": "programme_count = 0",
    "no-supervisor": "supervisor_count = 0",
    "no-code": "code_count = 0",
    "nothing-planned": "sitting_count = 0",
    "no-progress": "NOT progress_available",
    "inactive": "NOT active",
}
SEVERAL_PROGRAMMES = len(STILL_TO_DO)  # the bit of who follows more than one
ALL_FLAGS = SEVERAL_PROGRAMMES + 1
FLAGS = " + ".join(
    f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END"
    for bit, condition in enumerate((*STILL_TO_DO.values(), "programme_count > 1"))
)


BY_BYTES = Text().with_variant(Text(collation="C"), "postgresql")  # ordered alike on both databases


class Student(Model):
    """`number` is text (leading zeros count); `search` is the words that the student is found by, `name_key`
    the name as lists are ordered by it (rules/people.py)."""

    __tablename__ = "student"
    __table_args__ = (
        Index("ix_student_name_key", "name_key", "id"),
        Index("ix_student_progress", "progress_available", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(most("number")), unique=True)
    first_name: Mapped[str] = mapped_column(String(most("first_name")))
    infix: Mapped[str] = mapped_column(String(most("infix")), default="")
    last_name: Mapped[str] = mapped_column(String(most("last_name")))
    gender: Mapped[Gender] = mapped_column(
        Enum(Gender, native_enum=False, length=10, values_callable=lambda e: [x.value for x in e]),
        default=Gender.UNKNOWN,
    )
    birth_date: Mapped[date | None]
    email: Mapped[str] = mapped_column(String(most("email")), default="")
    search: Mapped[str] = mapped_column(String(500), default="")
    name_key: Mapped[str] = mapped_column(BY_BYTES, default="", server_default="")
    # what the school adds itself (school.toml): key of the field -> value, as app/rules/fields.py keeps it
    extra: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    progress_available: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)

    user: Mapped[User | None] = relationship()
    enrolments: Mapped[list[Enrolment]] = relationship(back_populates="student", passive_deletes=True)
    supervisions: Mapped[list[Supervision]] = relationship(back_populates="student", passive_deletes=True)

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.infix, self.last_name) if part)

    @property
    def sort_name(self) -> str:
        """ "Berg, Fleur van der", as Dutch lists write it."""
        return f"{self.last_name}, {' '.join(part for part in (self.first_name, self.infix) if part)}"

    @property
    def list_name(self) -> str:
        """As lists write it, number and all: Berg, Fleur van der (0203118)."""
        return f"{self.sort_name} ({self.number})"

    def __str__(self) -> str:
        return f"{self.full_name} ({self.number})"


class StudentToDo(Model):
    """What is still to be done for a student. Triggers of the database keep these rows: nobody else writes.

    Beside the student and not in it: a coupling more then touches neither the student's row nor its indexes.
    No foreign key: as the words below, these rows come and go with the student by trigger
    (entities/triggers/), and PostgreSQL would look the student up again for each.
    """

    __tablename__ = "student_to_do"

    student_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_count: Mapped[int] = mapped_column(server_default="0")
    supervisor_count: Mapped[int] = mapped_column(server_default="0")  # praktijkbegeleiders
    sitting_count: Mapped[int] = mapped_column(server_default="0")
    code_count: Mapped[int] = mapped_column(server_default="0")  # inlogcodes used, and mails with one
    progress_available: Mapped[bool]
    active: Mapped[bool]
    flags: Mapped[int] = mapped_column(SmallInteger, Computed(FLAGS, persisted=True), index=True)


class StudentTerm(Model):
    """A word of `Student.search`. Triggers of the database keep these rows: nobody else writes them.

    In the order of bytes on both databases, so that the beginning of a word is a range of the index.
    """

    __tablename__ = "student_term"
    __table_args__ = {"sqlite_with_rowid": False}

    term: Mapped[str] = mapped_column(BY_BYTES, primary_key=True)
    student_id: Mapped[int] = mapped_column(primary_key=True, index=True)


class StudentGroup(Model):
    """A class, filled by hand or by a rule. `mentor_id`: whom to ask about it; gives no right at all."""

    __tablename__ = "student_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    cohort: Mapped[int | None]
    location: Mapped[str] = mapped_column(String(80), default="")
    school_year: Mapped[str] = mapped_column(String(9), default="")  # "2026-2027"
    colour: Mapped[str] = mapped_column(String(20), default="")
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    mentor: Mapped[User | None] = relationship()
    rule: Mapped[list[Programme]] = relationship(
        secondary=group_rule, order_by=(Programme.name, Programme.cohort), viewonly=True
    )

    def __str__(self) -> str:
        return self.name


class Enrolment(Model):
    """A student's programme, or elective: exactly one of the two."""

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("(programme_id IS NULL) <> (elective_id IS NULL)", name="one_target"),
        Index(
            "uq_enrolment_programme",
            "programme_id",
            "student_id",
            unique=True,
            sqlite_where=text("programme_id IS NOT NULL"),
            postgresql_where=text("programme_id IS NOT NULL"),
        ),
        Index(
            "uq_enrolment_elective",
            "elective_id",
            "student_id",
            unique=True,
            sqlite_where=text("elective_id IS NOT NULL"),
            postgresql_where=text("elective_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"))
    elective_id: Mapped[int | None] = mapped_column(ForeignKey("elective.id"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)

    student: Mapped[Student] = relationship(back_populates="enrolments")
    programme: Mapped[Programme | None] = relationship()
    elective: Mapped[Elective | None] = relationship()


class Supervision(Model):
    """Which user is what to a student: `role` is a role name of app/permissions.py."""

    __tablename__ = "supervision"
    __table_args__ = (Index("ix_supervision_user_role", "user_id", "role", "student_id"),)

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    created_at: Mapped[datetime | None] = mapped_column(Moment, default=utc_now)  # None: before this was kept

    student: Mapped[Student] = relationship(back_populates="supervisions")
    user: Mapped[User] = relationship()


class ExamExclusion(Model):
    """A niet-beschikbaar exam: this student won't take it (manual, step 4d)."""

    __tablename__ = "exam_exclusion"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"), primary_key=True, index=True)

    exam: Mapped[Exam] = relationship()
