"""Studenten: students, their programmes, their users, their groups, exams they won't take."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.engine import this_moment
from app.entities.exams import Exam
from app.entities.numbers import uid_column
from app.entities.programmes import Elective, Programme
from app.entities.users import User
from app.rules import student_fields

# The students put in a group by hand, and since when (None: of before this was kept), so that undoing takes
# away its own and not what came later. Only code that writes, and entities/membership.py, uses this table.
group_member = sa.Table(
    "student_group_member",
    Model.metadata,
    sa.Column("group_id", sa.ForeignKey("student_group.id"), primary_key=True),
    sa.Column("student_id", sa.ForeignKey("student.id"), primary_key=True, index=True),
    sa.Column("created_at", Moment, default=this_moment),
)
# The programmes of a group that fills itself. Who is in a group, of either kind: entities/membership.py.
group_rule = sa.Table(
    "student_group_rule",
    Model.metadata,
    sa.Column("group_id", sa.ForeignKey("student_group.id"), primary_key=True),
    sa.Column("programme_id", sa.ForeignKey("programme.id"), primary_key=True, index=True),
)


# What can be left to do for a student; the first one is the lowest bit of `flags`.
STILL_TO_DO = {
    "no-programme": "programme_count = 0",
    "no-supervisor": "supervisor_count = 0",
    "no-code": "code_count = 0",
    "nothing-planned": "sitting_count = 0",
    "no-progress": "NOT progress_available",
    "inactive": "NOT active",
}
SEVERAL_PROGRAMMES = len(STILL_TO_DO)  # the bit of students with more than one
ALL_FLAGS = SEVERAL_PROGRAMMES + 1
FLAGS = " + ".join(
    f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END"
    for bit, condition in enumerate((*STILL_TO_DO.values(), "programme_count > 1"))
)


BY_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered alike on both databases


class Student(Model):
    """A student. `number` is text: leading zeros count.

    `search` holds the words that a student is found by, `name_key` the name as lists are ordered by it; both
    are made in rules/people.py.
    """

    __tablename__ = "student"
    __table_args__ = (
        sa.Index("ix_student_name_key", "name_key", "id"),
        sa.Index("ix_student_progress", "progress_available", "id"),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    uid: orm.Mapped[str] = uid_column()
    number: orm.Mapped[str] = orm.mapped_column(sa.String(student_fields.most("number")), unique=True)
    first_name: orm.Mapped[str] = orm.mapped_column(sa.String(student_fields.most("first_name")))
    infix: orm.Mapped[str] = orm.mapped_column(sa.String(student_fields.most("infix")), default="")
    last_name: orm.Mapped[str] = orm.mapped_column(sa.String(student_fields.most("last_name")))
    gender: orm.Mapped[student_fields.Gender] = orm.mapped_column(
        sa.Enum(
            student_fields.Gender,
            native_enum=False,
            length=10,
            values_callable=lambda e: [x.value for x in e],
        ),
        default=student_fields.Gender.UNKNOWN,
    )
    birth_date: orm.Mapped[dt.date | None]
    email: orm.Mapped[str] = orm.mapped_column(sa.String(student_fields.most("email")), default="")
    search: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="")
    name_key: orm.Mapped[str] = orm.mapped_column(BY_BYTES, default="", server_default="")
    # what the school adds itself (school.toml): key of the field -> value, as app/rules/fields.py keeps it
    extra: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict, server_default="{}")
    progress_available: orm.Mapped[bool] = orm.mapped_column(default=False)
    active: orm.Mapped[bool] = orm.mapped_column(default=True)
    user_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("ab_user.id"), unique=True)
    version: orm.Mapped[int] = orm.mapped_column(default=1)
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(Moment, default=utc_now)

    user: orm.Mapped[User | None] = orm.relationship()
    enrolments: orm.Mapped[list[Enrolment]] = orm.relationship(back_populates="student", passive_deletes=True)
    supervisions: orm.Mapped[list[Supervision]] = orm.relationship(
        back_populates="student", passive_deletes=True
    )

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

    They do not stand in the student's row, so that a new coupling touches neither that row nor its indexes.
    There is no foreign key, here nor for the words below: triggers enter and remove these rows with the
    student (entities/triggers/), and PostgreSQL would look the student up again for each.
    """

    __tablename__ = "student_to_do"

    student_id: orm.Mapped[int] = orm.mapped_column(primary_key=True, autoincrement=False)
    programme_count: orm.Mapped[int] = orm.mapped_column(server_default="0")
    supervisor_count: orm.Mapped[int] = orm.mapped_column(server_default="0")  # praktijkbegeleiders
    sitting_count: orm.Mapped[int] = orm.mapped_column(server_default="0")
    code_count: orm.Mapped[int] = orm.mapped_column(server_default="0")  # inlogcodes used, and mails with one
    progress_available: orm.Mapped[bool]
    active: orm.Mapped[bool]
    flags: orm.Mapped[int] = orm.mapped_column(
        sa.SmallInteger, sa.Computed(FLAGS, persisted=True), index=True
    )


class StudentTerm(Model):
    """A word of `Student.search`. Triggers of the database keep these rows: nobody else writes them.

    In the order of bytes on both databases, so that the beginning of a word is a range of the index.
    """

    __tablename__ = "student_term"
    __table_args__ = {"sqlite_with_rowid": False}

    term: orm.Mapped[str] = orm.mapped_column(BY_BYTES, primary_key=True)
    student_id: orm.Mapped[int] = orm.mapped_column(primary_key=True, index=True)


class StudentGroup(Model):
    """A class, filled by hand or by a rule. `mentor_id`: the person to ask about it; it gives no right."""

    __tablename__ = "student_group"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    uid: orm.Mapped[str] = uid_column()
    name: orm.Mapped[str] = orm.mapped_column(sa.String(80), unique=True)
    cohort: orm.Mapped[int | None]
    location: orm.Mapped[str] = orm.mapped_column(sa.String(80), default="")
    school_year: orm.Mapped[str] = orm.mapped_column(sa.String(9), default="")  # "2026-2027"
    colour: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    mentor_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    version: orm.Mapped[int] = orm.mapped_column(default=1)

    mentor: orm.Mapped[User | None] = orm.relationship()
    rule: orm.Mapped[list[Programme]] = orm.relationship(
        secondary=group_rule, order_by=(Programme.name, Programme.cohort), viewonly=True
    )

    def __str__(self) -> str:
        return self.name


class Enrolment(Model):
    """A student's programme, or elective: exactly one of the two."""

    __tablename__ = "enrolment"
    __table_args__ = (
        sa.CheckConstraint("(programme_id IS NULL) <> (elective_id IS NULL)", name="one_target"),
        sa.Index(
            "uq_enrolment_programme",
            "programme_id",
            "student_id",
            unique=True,
            sqlite_where=sa.text("programme_id IS NOT NULL"),
            postgresql_where=sa.text("programme_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_enrolment_elective",
            "elective_id",
            "student_id",
            unique=True,
            sqlite_where=sa.text("elective_id IS NOT NULL"),
            postgresql_where=sa.text("elective_id IS NOT NULL"),
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    student_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("student.id"), index=True)
    programme_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("programme.id"))
    elective_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("elective.id"))
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(Moment, default=this_moment)

    student: orm.Mapped[Student] = orm.relationship(back_populates="enrolments")
    programme: orm.Mapped[Programme | None] = orm.relationship()
    elective: orm.Mapped[Elective | None] = orm.relationship()


class Supervision(Model):
    """A user who works with a student, in one role: `role` is a role name of app/permissions.py."""

    __tablename__ = "supervision"
    __table_args__ = (sa.Index("ix_supervision_user_role", "user_id", "role", "student_id"),)

    student_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("student.id"), primary_key=True)
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), primary_key=True)
    role: orm.Mapped[str] = orm.mapped_column(sa.String(30), primary_key=True)
    created_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(
        Moment, default=this_moment
    )  # None: before this was kept

    student: orm.Mapped[Student] = orm.relationship(back_populates="supervisions")
    user: orm.Mapped[User] = orm.relationship()


class ExamExclusion(Model):
    """A niet-beschikbaar exam: this student won't take it (manual, step 4d)."""

    __tablename__ = "exam_exclusion"

    student_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("student.id"), primary_key=True)
    exam_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("exam.id"), primary_key=True, index=True)

    exam: orm.Mapped[Exam] = orm.relationship()
