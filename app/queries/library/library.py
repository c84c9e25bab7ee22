"""What the library shows: shelves per role, in the order that the administrator gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, selectinload

from app.entities.base import db
from app.entities.library import LibraryDocument, LibraryPlacement
from app.permissions import RIGHTS, Actor, Permission, Role, visible

# The roles that read documents; a supplier does not.
READERS: tuple[Role, ...] = tuple(role for role in Role if role in RIGHTS[Permission.LIBRARY_READ])


@dataclass(frozen=True)
class Shelf:
    role: Role
    documents: Sequence[LibraryDocument]


def counts_by_role(actor: Actor) -> Mapping[str, int]:
    """Role name -> how many documents are on its shelf, for who manages them."""
    counted = (
        select(LibraryPlacement.role, func.count())
        .where(LibraryPlacement.document_id.in_(managed(actor).with_only_columns(LibraryDocument.id)))
        .group_by(LibraryPlacement.role)
    )
    return {row[0]: row[1] for row in db.session.execute(counted)}


def shelf(actor: Actor, role: Role) -> Sequence[LibraryDocument]:
    """One role's documents in order, with all their placements, for who manages them. Two queries."""
    statement = (
        managed(actor)
        .join(LibraryPlacement, LibraryPlacement.document_id == LibraryDocument.id)
        .where(LibraryPlacement.role == role)
        .order_by(LibraryPlacement.position, LibraryPlacement.id)
        .options(selectinload(LibraryDocument.placements))
    )
    return db.session.scalars(statement).all()


def own_shelves(actor: Actor) -> list[Shelf]:
    """The reader's documents per role; a role without documents is left out. One query."""
    statement = (
        select(LibraryPlacement)
        .join(LibraryPlacement.document)
        .options(contains_eager(LibraryPlacement.document))
        .where(
            LibraryPlacement.role.in_(actor.roles),
            LibraryDocument.id.in_(visible(actor, LibraryDocument).with_only_columns(LibraryDocument.id)),
        )
        .order_by(LibraryPlacement.position, LibraryPlacement.id)
    )
    by_role: dict[str, list[LibraryDocument]] = {}
    for placement in db.session.scalars(statement):
        by_role.setdefault(placement.role, []).append(placement.document)
    return [Shelf(role, by_role[role]) for role in READERS if role in by_role]


def managed(actor: Actor) -> Select[LibraryDocument]:
    """The documents that this actor manages; a removed one is not there any more."""
    return visible(actor, LibraryDocument, Permission.LIBRARY_MANAGE).where(
        LibraryDocument.removed_at.is_(None)
    )


def document_of(actor: Actor, document_id: int, permission: Permission) -> LibraryDocument | None:
    """The document, when this actor may read (or manage) it and it was not removed (trap 5)."""
    statement = visible(actor, LibraryDocument, permission).where(
        LibraryDocument.id == document_id, LibraryDocument.removed_at.is_(None)
    )
    return db.session.scalars(statement).one_or_none()


def path_of(content_hash: str) -> Path:
    """Where a content is kept; only ever a hash, so never outside the library's folder."""
    if len(content_hash) != 64 or any(char not in "0123456789abcdef" for char in content_hash):
        raise ValueError("not a SHA-256")
    folder: Path = current_app.extensions["proeve_settings"].school_data / "library"
    return folder.resolve() / content_hash[:2] / content_hash
