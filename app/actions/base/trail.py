"""Writes and checks the audit trail. It only grows, and every entry holds the hash of the one before."""

import hashlib
import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor

RECORDED = "recorded in this transaction"  # in the session's info until it ends: the entries, in order
CHAIN_LOCK = 7_306_001  # an arbitrary number: on PostgreSQL, writers of the chain wait for this lock


class Link(NamedTuple):
    """What the anchor needs of an entry (app/actions/base/anchor.py)."""

    id: int
    previous_hash: str
    hash: str


def record(
    actor: Actor,
    action: str,
    object_type: str,
    ids: Sequence[int],
    details: dict[str, Any] | None = None,
    *,
    also: Mapping[str, Sequence[int]] | None = None,
) -> models.AuditEntry:
    """Add an entry about these rows, in the transaction of the change itself.

    `also`: rows of another kind that it is about too, so that it stands on their page as well.
    """
    db.session.flush()
    previous = _head()
    about = {object_type: sorted(set(ids))}
    about |= {kind: sorted(set(rows)) for kind, rows in (also or {}).items() if kind != object_type and rows}
    entry = models.AuditEntry(
        at=utc_now(),
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        object_type=object_type,
        object_count=len(about[object_type]),
        details=_plain(details or {}),
        previous_hash=previous or "",
    )
    entry.hash = entry_hash(entry, about)
    db.session.add(entry)
    db.session.flush()
    for kind, numbers in about.items():
        if numbers:
            _add_objects(entry.id, kind, numbers)
    added = db.session.info.setdefault(RECORDED, [])
    added.append(Link(entry.id, entry.previous_hash, entry.hash))
    return entry


def _add_objects(entry_id: int, kind: str, ids: Sequence[int]) -> None:
    rows = id_set(ids).subquery()
    chosen = sa.select(sa.literal(entry_id), sa.literal(kind), next(iter(rows.c)))
    db.session.execute(
        sa.insert(models.AuditObject).from_select(["entry_id", "object_type", "object_id"], chosen)
    )


def _head() -> str | None:
    """The last hash of the chain. Nobody else can add to the chain before this transaction ends."""
    if db.engine.dialect.name == "postgresql":
        return db.session.scalar(sa.select(sa.func.trail_head(CHAIN_LOCK)))  # waits for the lock, then reads
    return db.session.scalar(sa.select(models.AuditEntry.hash).order_by(models.AuditEntry.id.desc()).limit(1))


def entry_hash(entry: models.AuditEntry, about: Mapping[str, Sequence[int]]) -> str:
    """SHA-256, in hex, over the entry, the rows it is about and the hash before it. `about`: kind -> ids."""
    others = {kind: list(ids) for kind, ids in about.items() if kind != entry.object_type and ids}
    content: dict[str, Any] = {
        "at": entry.at.isoformat(),
        "actor": [entry.actor_id, entry.actor_name],
        "action": entry.action,
        "objects": [entry.object_type, list(about.get(entry.object_type, ()))],
        "details": entry.details,
        "previous": entry.previous_hash,
        **({"also": others} if others else {}),  # an entry of before has none, and keeps its hash
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def broken_at() -> int | None:
    """The id of the first entry that does not fit the chain; None when the whole trail is right."""
    last = db.session.scalar(sa.select(sa.func.max(models.AuditEntry.id))) or 0
    entries = db.session.scalars(
        sa.select(models.AuditEntry).where(models.AuditEntry.id <= last).order_by(models.AuditEntry.id)
    ).yield_per(500)
    previous = ""
    with closing(_objects(last)) as objects:
        waiting = next(objects, None)
        for entry in entries:
            about: Mapping[str, Sequence[int]] = {}
            if waiting is not None and waiting[0] == entry.id:
                about, waiting = waiting[1], next(objects, None)
            if entry.previous_hash != previous or not _is_whole(entry, about):
                return entry.id
            previous = entry.hash
    return None if waiting is None else waiting[0]


def _is_whole(entry: models.AuditEntry, about: Mapping[str, Sequence[int]]) -> bool:
    """Whether the entry fits its hash, and its number of rows, which the hash does not cover, those rows."""
    return entry.object_count == len(about.get(entry.object_type, ())) and entry.hash == entry_hash(
        entry, about
    )


def _objects(last: int) -> Generator[tuple[int, Mapping[str, Sequence[int]]], None, None]:
    """Each entry's id with its rows by kind, all ascending. Read as a stream, never all at once."""
    about = models.AuditObject
    rows = db.session.execute(
        sa.select(about.entry_id, about.object_type, about.object_id)
        .where(about.entry_id <= last)
        .order_by(about.entry_id, about.object_type, about.object_id)
    ).yield_per(5000)
    for entry_id, group in groupby(rows, key=lambda row: row.entry_id):
        by_kind: dict[str, list[int]] = {}
        for row in group:
            by_kind.setdefault(row.object_type, []).append(row.object_id)
        yield entry_id, by_kind


def _plain(details: dict[str, Any]) -> dict[str, Any]:
    """The details as JSON can hold them. Moments become ISO text, all other objects their text."""
    plain: dict[str, Any] = json.loads(json.dumps(details, default=_text, ensure_ascii=False))
    return plain


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
