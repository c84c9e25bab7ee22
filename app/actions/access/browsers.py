"""Remembers in which browsers a user signed in, and forgets it; plain functions inside an action."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.rules.tries import NO_BROWSER, WINDOW, Browser

MOST = 20  # of one user; the one used longest ago goes first
# Somebody who signs in again and again as a new browser gets no new counts for guessing at others by it.
NEW_IN_WINDOW = 5


def renew_token(browser: Browser) -> None:
    """Who is known here goes on with the fresh token; the one of before may be somebody else's too."""
    if browser.known and browser.fresh:
        db.session.execute(
            sa.update(models.KnownBrowser)
            .where(models.KnownBrowser.token_hash == browser.known)
            .values(token_hash=browser.fresh),
            execution_options=QUIETLY,
        )


def remember_browser(user: models.User, browser: Browser) -> None:
    """The user, whose row is locked, has shown and set up here all that was owed."""
    renew_token(browser)
    if not browser.fresh or user.guest:
        return
    now, theirs = utc_now(), models.KnownBrowser.user_id == user.id
    again: Any = db.session.execute(
        sa.update(models.KnownBrowser)
        .where(theirs, models.KnownBrowser.token_hash == browser.fresh)
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
    db.session.add(
        models.KnownBrowser(user_id=user.id, token_hash=browser.fresh, created_at=now, last_seen_at=now)
    )


def forget_browsers(user_ids: Sequence[int], but: Browser = NO_BROWSER) -> None:
    """These users are known in no browser any more, except the one at hand."""
    db.session.execute(
        sa.delete(models.KnownBrowser).where(
            models.KnownBrowser.user_id.in_(id_set(user_ids)), models.KnownBrowser.token_hash != but.known
        ),
        execution_options=QUIETLY,
    )
