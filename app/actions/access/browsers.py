"""Remembers in which browsers a user signed in, and forgets it; plain functions inside an action."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.rules.tries import WINDOW

MOST = 20  # of one user; the one used longest ago goes first
# Somebody who signs in again and again as a new browser gets no new counts for guessing at others by it.
NEW_IN_WINDOW = 5


def remember_browser(user: models.User, browser: str) -> None:
    """The user, whose row is locked, has signed in here, second step and all. `browser`: its fingerprint."""
    if not browser or user.guest:
        return
    now, theirs = utc_now(), models.KnownBrowser.user_id == user.id
    again: Any = db.session.execute(
        sa.update(models.KnownBrowser)
        .where(theirs, models.KnownBrowser.token_hash == browser)
        .values(last_seen_at=now),
        execution_options=QUIETLY,
    )
    if again.rowcount:
        return
    recent = sa.select(sa.func.count()).where(theirs, models.KnownBrowser.created_at > now - WINDOW)
    if (db.session.scalar(recent) or 0) >= NEW_IN_WINDOW:
        return
    kept = (
        sa.select(models.KnownBrowser.id)
        .where(theirs)
        .order_by(models.KnownBrowser.last_seen_at.desc(), models.KnownBrowser.id.desc())
        .limit(MOST - 1)
    )
    db.session.execute(
        sa.delete(models.KnownBrowser).where(theirs, models.KnownBrowser.id.not_in(kept)),
        execution_options=QUIETLY,
    )
    db.session.add(models.KnownBrowser(user_id=user.id, token_hash=browser, created_at=now, last_seen_at=now))


def forget_browsers(user_ids: Sequence[int]) -> None:
    """These users are known in no browser any more."""
    db.session.execute(
        sa.delete(models.KnownBrowser).where(models.KnownBrowser.user_id.in_(id_set(user_ids))),
        execution_options=QUIETLY,
    )
