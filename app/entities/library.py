"""Bibliotheek: manuals for one or more roles."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import utc_now
from app.entities.base import Model, Moment


class LibraryDocument(Model):
    """A file kept by its content (SHA-256); `removed_at` hides it, the file stays for the backup."""

    __tablename__ = "library_document"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    content_hash: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    uploaded_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)

    placements: Mapped[list[LibraryPlacement]] = relationship(back_populates="document", passive_deletes=True)

    def __str__(self) -> str:
        return self.title


class LibraryPlacement(Model):
    """A document on the shelf of a role, at a place in its order."""

    __tablename__ = "library_placement"
    __table_args__ = (UniqueConstraint("document_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("library_document.id"))
    role: Mapped[str] = mapped_column(String(30), index=True)
    position: Mapped[int]

    document: Mapped[LibraryDocument] = relationship(back_populates="placements")
