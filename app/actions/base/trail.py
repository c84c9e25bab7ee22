"""Writes and checks the audit trail. It only grows, and every entry holds the hash of the one before."""

import hashlib
import json
from collections.abc import Generator, Sequence
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
    actor: Actor, action: str, object_type: str, ids: Sequence[int], details: dict[str, Any] | None = None
) -> models.AuditEntry:
    """Add an entry about these rows, in the transaction of the change itself."""
    db.session.flush()
    previous = _head()
    unique_ids = sorted(set(ids))
    entry = models.AuditEntry(
        at=utc_now(),
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        object_type=object_type,
        object_count=len(unique_ids),
        details=_plain(details or {}),
        previous_hash=previous or "",
    )
    entry.hash = entry_hash(entry, unique_ids)
    db.session.add(entry)
    db.session.flush()
    if unique_ids:
        rows = id_set(unique_ids).subquery()
        chosen = sa.select(sa.literal(entry.id), sa.literal(object_type), next(iter(rows.c)))
        db.session.execute(
            sa.insert(models.AuditObject).from_select(["entry_id", "object_type", "object_id"], chosen)
        )
    added = db.session.info.setdefault(RECORDED, [])
    added.append(Link(entry.id, entry.previous_hash, entry.hash))
    return entry


def _head() -> str | None:
    """The last hash of the chain. Nobody else can add to the chain before this transaction ends."""
    if db.engine.dialect.name == "postgresql":
        return db.session.scalar(sa.select(sa.func.trail_head(CHAIN_LOCK)))  # waits for the lock, then reads
    return db.session.scalar(sa.select(models.AuditEntry.hash).order_by(models.AuditEntry.id.desc()).limit(1))


def entry_hash(entry: models.AuditEntry, ids: Sequence[int]) -> str:
    """SHA-256, in hex, over the entry, the ids it is about and the hash before it."""
    content = {
        "at": entry.at.isoformat(),
        "actor": [entry.actor_id, entry.actor_name],
        "action": entry.action,
        "objects": [entry.object_type, list(ids)],
        "details": entry.details,
        "previous": entry.previous_hash,
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
            ids: Sequence[int] = ()
            if waiting is not None and waiting[0] == entry.id:
                ids, waiting = waiting[1], next(objects, None)
            if entry.previous_hash != previous or entry.hash != entry_hash(entry, ids):
                return entry.id
            previous = entry.hash
    return None if waiting is None else waiting[0]


def _objects(last: int) -> Generator[tuple[int, Sequence[int]], None, None]:
    """Each entry's id with the ids of its rows, both ascending. Read as a stream, never all at once."""
    rows = db.session.execute(
        sa.select(models.AuditObject.entry_id, models.AuditObject.object_id)
        .where(models.AuditObject.entry_id <= last)
        .order_by(models.AuditObject.entry_id, models.AuditObject.object_id)
    ).yield_per(5000)
    for entry_id, group in groupby(rows, key=lambda row: row.entry_id):
        yield entry_id, [row.object_id for row in group]


def _plain(details: dict[str, Any]) -> dict[str, Any]:
    """The details as JSON can hold them. Moments become ISO text, all other objects their text."""
    plain: dict[str, Any] = json.loads(json.dumps(details, default=_text, ensure_ascii=False))
    return plain


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
