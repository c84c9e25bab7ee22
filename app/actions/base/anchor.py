"""Holds the end of the audit trail outside the database, so that entries cannot be cut off unseen.

Each entry holds the hash of the one before, so a change in the middle shows. Only a file beside the
database can tell that the last ones are gone (decision 0031). It follows every commit and never goes back:
it moves on only from the entry that it holds. Writing it may fail; the change of data stays, and the check
says so.
"""

import enum
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from app import models
from app.actions.base import anchor_file
from app.actions.base.anchor_file import Anchor
from app.actions.base.trail import RECORDED, Link, broken_at
from app.entities.base import db
from app.entities.engine import after_writing

log = logging.getLogger("proeve.trail")

BEGIN = "begin anew"  # in the session's info until the commit: the present end becomes the anchor
SAME_MOMENT = timedelta(seconds=5)  # what an action writes after its entry comes no later


class End(enum.StrEnum):
    """What is found of the trail's end."""

    HELD = "held"
    OLDER = "older"
    CUT = "cut"
    OTHER = "other"
    MISSING = "missing"
    FORGED = "forged"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"
    BEHIND = "behind"


@dataclass(frozen=True)
class Finding:
    """The state of the trail's end, with what its sentence needs (anchor_words.py)."""

    end: End
    place: Path
    anchor: Anchor | None = None
    missing: int = 0
    behind: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Checked:
    """The whole trail after a check: the first entry that does not fit, its length, and its end."""

    broken: int | None
    length: int
    end: Finding

    @property
    def sound(self) -> bool:
        return self.broken is None and self.end.end is End.HELD


@dataclass
class _Told:
    """What the log was told last, so that it is told each thing once and not at every entry."""

    of: dict[str, str] = field(default_factory=dict)


_told = _Told()


def check_trail() -> Checked:
    """Read the whole trail, and let the anchor follow what was added since."""
    end = follow()
    broken, entry = broken_at(), models.AuditEntry
    length = db.session.scalar(sa.select(sa.func.count()).select_from(entry)) or 0
    if end.end is End.HELD and end.anchor is not None:
        held = sa.select(sa.func.count()).where(entry.id <= end.anchor.entry)
        if db.session.scalar(held) != end.anchor.count:
            end = replace(end, end=End.OTHER)
    return Checked(broken, length, end)


def is_torn() -> bool:
    """Whether the database holds what was written after the last entry of a trail without anchor."""
    with db.engine.connect() as connection:
        last = connection.scalar(sa.select(sa.func.max(models.AuditEntry.id)))
        return _goes_on_after(last or 0, connection)


def begin_anew() -> None:
    """After the commit of this transaction the trail's end becomes the anchor, whatever the file held."""
    db.session.info[BEGIN] = True


def follow() -> Finding:
    """Let the anchor follow entries that it does not hold yet, and say what is found. It never raises."""
    try:
        with anchor_file.held():
            return _noted(_followed())
    except OSError as error:
        return _noted(_unwritten(error))


def _followed() -> Finding:
    found = look()
    if found.end is End.HELD and found.behind and found.anchor is not None:
        anchor_file.write(_last_of(found.anchor))
        return look()
    return found


def _unwritten(error: OSError) -> Finding:
    """What is found when the file cannot be locked or written."""
    found, reason = look(), error.strerror or str(error)
    if found.end is End.HELD and found.behind:
        return Finding(End.BEHIND, found.place, found.anchor, behind=found.behind, reason=reason)
    return found


def look() -> Finding:
    """Compare the file with the trail. A few small queries."""
    place = anchor_file.place()
    try:
        anchor = anchor_file.read()
    except anchor_file.Forged:
        return Finding(End.FORGED, place)
    except anchor_file.Foreign:
        return Finding(End.FOREIGN, place)
    except OSError as error:
        return Finding(End.UNREADABLE, place, reason=error.strerror or str(error))
    if anchor is None:
        return Finding(End.MISSING, place)
    with db.engine.connect() as connection:
        return _compared(anchor, place, connection)


def _compared(anchor: Anchor, place: Path, connection: sa.Connection) -> Finding:
    entry = models.AuditEntry
    held = connection.scalar(sa.select(entry.hash).where(entry.id == anchor.entry))
    after = connection.scalar(sa.select(sa.func.count()).where(entry.id > anchor.entry)) or 0
    if held == anchor.hash:
        return Finding(End.HELD, place, anchor, behind=after)
    there, last = connection.execute(sa.select(sa.func.count(), sa.func.max(entry.id))).one()
    missing = anchor.count - there
    if held is not None or after or missing <= 0:
        return Finding(End.OTHER, place, anchor)
    end = End.CUT if _goes_on_after(last or 0, connection) else End.OLDER
    return Finding(end, place, anchor, missing=missing)


def _goes_on_after(last: int, connection: sa.Connection) -> bool:
    """Whether the database holds what was written with a later entry. In an older database nothing was."""
    entry, about = models.AuditEntry, models.AuditObject
    at = connection.scalar(sa.select(entry.at).where(entry.id == last))
    since = at + SAME_MOMENT if at is not None else datetime.min.replace(tzinfo=UTC)
    ran, session = models.ActionRun, models.UserSession
    if any(
        connection.scalar(found.limit(1)) is not None
        for found in (
            sa.select(about.entry_id).where(about.entry_id > last),
            sa.select(session.id).where(session.created_at > since),
        )
    ):
        return True
    return any(
        outcome.get("done") for outcome in connection.scalars(sa.select(ran.outcome).where(ran.at > since))
    )


def _last_of(anchor: Anchor) -> Anchor:
    """The anchor that holds the newest entry, counted on from this one."""
    entry = models.AuditEntry
    with db.engine.connect() as connection:
        added, last = connection.execute(
            sa.select(sa.func.count(), sa.func.max(entry.id)).where(entry.id > anchor.entry)
        ).one()
        if not added:
            return anchor
        last_hash = connection.scalar(sa.select(entry.hash).where(entry.id == last))
    return anchor_file.anchor_at(anchor.count + added, last, str(last_hash), since=anchor.since)


def _noted(found: Finding) -> Finding:
    """Tell the log what is wrong, once, and once that it is well again."""
    key = str(found.place)
    if _told.of.get(key, End.HELD) != found.end:
        _told.of[key] = found.end
        if found.end is End.HELD:
            log.warning("the anchor of the trail is right again: %s", found.place)
        else:
            log.error("the end of the trail is not held: %s, %s %s", found.end, found.place, found.reason)
    return found


# -- after each commit


@after_writing
def _after_commit(committed: bool) -> None:
    """Move the anchor on to the entries of this transaction. A failure is logged and changes nothing."""
    added, anew = db.session.info.pop(RECORDED, ()), db.session.info.pop(BEGIN, False)
    if not committed or not added:
        return
    try:
        _follow_these(added, anew=anew)
    except Exception:
        log.exception("the anchor of the trail could not follow")


def _follow_these(added: Sequence[Link], *, anew: bool) -> None:
    try:
        with anchor_file.held():
            if anew:
                _noted(_begun())
            elif not _moved_on(added):
                _noted(_followed())
    except OSError as error:
        _noted(_unwritten(error))


def _begun() -> Finding:
    entry = models.AuditEntry
    with db.engine.connect() as connection:
        count, last = connection.execute(sa.select(sa.func.count(), sa.func.max(entry.id))).one()
        last_hash = connection.scalar(sa.select(entry.hash).where(entry.id == last))
    anchor_file.write(anchor_file.anchor_at(count, last, str(last_hash)))
    return look()


def _moved_on(added: Sequence[Link]) -> bool:
    """Move on without a query, when the file holds just the entry before these. False: look closer."""
    try:
        anchor = anchor_file.read()
    except (anchor_file.Forged, anchor_file.Foreign):
        return False
    first, last = added[0], added[-1]
    if anchor is None and not first.previous_hash:
        return True  # a trail that has only just begun: `prepare` lays its anchor next
    if anchor is None or anchor.hash != first.previous_hash:
        return anchor is not None and anchor.hash == last.hash  # another process has followed already
    anchor_file.write(
        anchor_file.anchor_at(anchor.count + len(added), last.id, last.hash, since=anchor.since)
    )
    return True
