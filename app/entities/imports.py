"""A run of the import wizard, from file to report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.entities.base import Model, Moment, utc_now


class ImportRun(Model):
    """Belongs to its maker and expires; `table` is what was read, nothing is written before step 4."""

    __tablename__ = "import_run"
    __table_args__ = (CheckConstraint("stage IN ('mapping', 'values', 'check', 'done')", name="stage"),)

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
    # {"header": [...], "rows": [[number, [values]]], and how it was read: "reading", "sheets", "top"}
    table: Mapped[dict[str, Any]] = mapped_column(JSON)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # column key -> header index
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # column key -> {raw: chosen}
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    header_key: Mapped[str] = mapped_column(String(64), default="", index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)
