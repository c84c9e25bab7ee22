"""A run of the import wizard, from file to report, and what it wrote."""

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment


class ImportRun(Model):
    """Belongs to its maker and expires; nothing of the school is written before step 4.

    A large file is checked and written by a worker, under a lease: `task` says what waits or is being done,
    and `checked` holds what the last check found.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        sa.CheckConstraint("stage IN ('mapping', 'values', 'check', 'done')", name="stage"),
        sa.CheckConstraint("task IN ('', 'check', 'write')", name="task"),
        sa.Index(
            "ix_import_run_task",
            "task",
            "id",
            sqlite_where=sa.text("task <> ''"),
            postgresql_where=sa.text("task <> ''"),
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    maker_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="students")
    file_name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    file_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    content: orm.Mapped[bytes | None] = orm.mapped_column(
        sa.LargeBinary, deferred=True
    )  # the file, until it is imported
    login_codes: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="none")  # mail, make, none
    stage: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="mapping")
    # {"header": [...], "count": rows, and how it was read: "reading", "sheets", "top"}
    table: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON)
    mapping: orm.Mapped[dict[str, Any]] = orm.mapped_column(
        sa.JSON, default=dict
    )  # column key -> places in the header
    values: orm.Mapped[dict[str, Any]] = orm.mapped_column(
        sa.JSON, default=dict
    )  # column key -> {raw: chosen}
    fixes: orm.Mapped[dict[str, Any]] = orm.mapped_column(
        sa.JSON, default=dict
    )  # row -> {column index: text}
    checked: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    task: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="")
    asked_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    lease_until: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    tries: orm.Mapped[int] = orm.mapped_column(default=0)
    problem: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")  # why the last task failed
    counts: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    header_key: orm.Mapped[str] = orm.mapped_column(sa.String(64), default="", index=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    finished_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    rows_at: orm.Mapped[datetime | None] = orm.mapped_column(
        Moment
    )  # the couplings that it made carry this moment, and no other row does (None: of before this was kept)
    undone_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    version: orm.Mapped[int] = orm.mapped_column(default=1)

    def __str__(self) -> str:
        return self.file_name


class What(enum.StrEnum):
    """What a change is about; the comment says what its `other_id` is."""

    STUDENT = "student"
    USER = "user"
    GROUP = "group"
    ACCOUNT = "account"  # of a user who was there: the student
    ENROLMENT = "enrolment"  # of a student who was there: the programme
    MEMBER = "member"  # of a student: the studentgroep
    LEFT = "left"  # of a student who was there: the studentgroep that they were taken out of


class ImportChange(Model):
    """One thing that a run wrote: a row made or changed, or a coupling made. Goes after seven days.

    `was`: the version that a changed row had before (none: the run made it); `version`: the one it has after.
    `changes`: {column: [old, new]}, and under `given` the couplings that are part of the row's version.
    What hangs on a new row is not noted: its moment and its version tell it apart.
    """

    __tablename__ = "import_change"
    __table_args__ = (sa.Index("ix_import_change_row", "kind", "row_id"),)

    run_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True
    )
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(12), primary_key=True)
    row_id: orm.Mapped[int] = orm.mapped_column(primary_key=True, autoincrement=False)
    other_id: orm.Mapped[int] = orm.mapped_column(primary_key=True, autoincrement=False, default=0)
    was: orm.Mapped[int | None]
    version: orm.Mapped[int | None]
    changes: orm.Mapped[dict[str, Any] | None] = orm.mapped_column(sa.JSON(none_as_null=True))


class ImportPart(Model):
    """A thousand rows of a run's table, packed, so that no page needs the whole of a large file.

    `rows` is compressed JSON of [number, [values]]. A finished run keeps the refused rows alone, each with
    its label and remarks at the end. `states` has one letter per row, from the last check.
    """

    __tablename__ = "import_part"

    run_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True
    )
    number: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    rows: orm.Mapped[bytes] = orm.mapped_column(sa.LargeBinary)
    states: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
