"""What the library shows: a shelf of documents per role, in the order that the administrator gave them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.permissions import RIGHTS, Actor, Permission, Role, visible

# The roles that read documents; a supplier does not.
READERS: tuple[Role, ...] = tuple(role for role in Role if role in RIGHTS[Permission.LIBRARY_READ])


@dataclass(frozen=True)
class Shelf:
    role: Role
    documents: Sequence[models.LibraryDocument]


def counts_by_role(actor: Actor) -> Mapping[str, int]:
    """Role name -> how many documents are on its shelf, for an actor who manages them."""
    counted = (
        sa.select(models.LibraryPlacement.role, sa.func.count())
        .where(
            models.LibraryPlacement.document_id.in_(
                managed(actor).with_only_columns(models.LibraryDocument.id)
            )
        )
        .group_by(models.LibraryPlacement.role)
    )
    return {row[0]: row[1] for row in db.session.execute(counted)}


def shelf(actor: Actor, role: Role) -> Sequence[models.LibraryDocument]:
    """One role's documents in order, with all placements, for an actor who manages them. Two queries."""
    statement = (
        managed(actor)
        .join(models.LibraryPlacement, models.LibraryPlacement.document_id == models.LibraryDocument.id)
        .where(models.LibraryPlacement.role == role)
        .order_by(models.LibraryPlacement.position, models.LibraryPlacement.id)
        .options(orm.selectinload(models.LibraryDocument.placements))
    )
    return db.session.scalars(statement).all()


def order_of(documents: Iterable[int]) -> str:
    """Which documents stand on a shelf, in order, as a button of the page says it: "3.1.2"."""
    return ".".join(str(one) for one in documents)


def own_shelves(actor: Actor) -> list[Shelf]:
    """The reader's documents per role; a role without documents is left out. One query."""
    statement = (
        sa.select(models.LibraryPlacement)
        .join(models.LibraryPlacement.document)
        .options(orm.contains_eager(models.LibraryPlacement.document))
        .where(
            models.LibraryPlacement.role.in_(actor.roles),
            models.LibraryDocument.id.in_(
                visible(actor, models.LibraryDocument).with_only_columns(models.LibraryDocument.id)
            ),
        )
        .order_by(models.LibraryPlacement.position, models.LibraryPlacement.id)
    )
    by_role: dict[str, list[models.LibraryDocument]] = {}
    for placement in db.session.scalars(statement):
        by_role.setdefault(placement.role, []).append(placement.document)
    return [Shelf(role, by_role[role]) for role in READERS if role in by_role]


def managed(actor: Actor) -> sa.Select[models.LibraryDocument]:
    """The documents that this actor manages, without removed ones."""
    return visible(actor, models.LibraryDocument, Permission.LIBRARY_MANAGE).where(
        models.LibraryDocument.removed_at.is_(None)
    )


def document_of(actor: Actor, document_id: int, permission: Permission) -> models.LibraryDocument | None:
    """The document, when this actor may read (or manage) it and it was not removed (trap 5)."""
    statement = visible(actor, models.LibraryDocument, permission).where(
        models.LibraryDocument.id == document_id, models.LibraryDocument.removed_at.is_(None)
    )
    return db.session.scalars(statement).one_or_none()


def path_of(content_hash: str) -> Path:
    """Where a file's content is kept. Raises ValueError unless it is a hash: no path leaves the folder."""
    if len(content_hash) != 64 or any(char not in "0123456789abcdef" for char in content_hash):
        raise ValueError("not a SHA-256")
    folder: Path = current_app.extensions["proeve_settings"].school_data / "library"
    return folder.resolve() / content_hash[:2] / content_hash
