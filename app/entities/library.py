"""Bibliotheek: manuals for one or more roles."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.clock import utc_now
from app.entities.base import Model, Moment
from app.entities.numbers import uid_column


class LibraryDocument(Model):
    """A file kept by its content (SHA-256); `removed_at` hides it, the file stays for the backup."""

    __tablename__ = "library_document"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    uid: orm.Mapped[str] = uid_column()
    title: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    file_name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    content_type: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    content_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    size: orm.Mapped[int]
    uploaded_at: orm.Mapped[datetime] = orm.mapped_column(Moment, default=utc_now)
    uploaded_by_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    removed_at: orm.Mapped[datetime | None] = orm.mapped_column(Moment)
    version: orm.Mapped[int] = orm.mapped_column(default=1)

    placements: orm.Mapped[list[LibraryPlacement]] = orm.relationship(
        back_populates="document", passive_deletes=True
    )

    def __str__(self) -> str:
        return self.title


class LibraryPlacement(Model):
    """A document on the shelf of a role, at a place in its order."""

    __tablename__ = "library_placement"
    __table_args__ = (sa.UniqueConstraint("document_id", "role"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    document_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("library_document.id"))
    role: orm.Mapped[str] = orm.mapped_column(sa.String(30), index=True)
    position: orm.Mapped[int]

    document: orm.Mapped[LibraryDocument] = orm.relationship(back_populates="placements")
