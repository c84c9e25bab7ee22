"""A run of the import wizard, from file to report, and what it wrote."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import utc_now
from app.entities.base import Model, Moment


class ImportRun(Model):
    """Belongs to its maker and expires; nothing of the school is written before step 4.

    A large file is checked and written by a worker: `task` says what waits or is being done, under a lease,
    and `checked` what the last check came to.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint("stage IN ('mapping', 'values', 'check', 'done')", name="stage"),
        CheckConstraint("task IN ('', 'check', 'write')", name="task"),
        Index(
            "ix_import_run_task",
            "task",
            "id",
            sqlite_where=text("task <> ''"),
            postgresql_where=text("task <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    maker_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), default="students")
    file_name: Mapped[str] = mapped_column(String(200))
    file_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True
    )  # the file, until it is imported
    login_codes: Mapped[str] = mapped_column(String(10), default="none")  # mail, make, none
    stage: Mapped[str] = mapped_column(String(10), default="mapping")
    # {"header": [...], "count": rows, and how it was read: "reading", "sheets", "top"}
    table: Mapped[dict[str, Any]] = mapped_column(JSON)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # column key -> places in the header
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # column key -> {raw: chosen}
    fixes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # row -> {column index: text}
    checked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    task: Mapped[str] = mapped_column(String(10), default="")
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(Text, default="")  # why the last task came to nothing
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    header_key: Mapped[str] = mapped_column(String(64), default="", index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return self.file_name


class What(enum.StrEnum):
    """What a change is about; beside it what its second number is."""

    STUDENT = "student"
    USER = "user"
    GROUP = "group"
    ACCOUNT = "account"  # a changed one: its student
    ENROLMENT = "enrolment"  # of a student who was there: the programme
    MEMBER = "member"  # of a student: the studentgroep


class ImportChange(Model):
    """One thing that a run wrote: a row made or changed, or a coupling made. Goes after seven days.

    `was`: the version that a changed row had before (none: the run made it); `version`: the one it has after.
    `changes`: {column: [old, new]}, and under `given` the couplings that are part of the row's version.
    A new row has no others: what hangs on it is told apart by its moment and its version.
    """

    __tablename__ = "import_change"
    __table_args__ = (Index("ix_import_change_row", "kind", "row_id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0)
    was: Mapped[int | None]
    version: Mapped[int | None]
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ImportPart(Model):
    """A thousand rows of a run's table, packed: nobody holds a large file in memory to show a page of it.

    `rows` is compressed JSON of [number, [values]], of a finished run the refused rows alone, each with its
    label and remarks behind; `states` has a letter per row, of the last check.
    """

    __tablename__ = "import_part"

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    rows: Mapped[bytes] = mapped_column(LargeBinary)
    states: Mapped[str] = mapped_column(Text, default="")
