"""Known browsers: those in which somebody has signed in before (decision 0029)."""

import datetime as dt

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db

KEPT = dt.timedelta(days=180)  # after the last time that its user signed in there


def known_to(browser: str) -> frozenset[int]:
    """The users who signed in before in the browser with this fingerprint; empty: a stranger's."""
    found = db.session.scalars(
        sa.select(models.KnownBrowser.user_id)
        .join(models.User, models.User.id == models.KnownBrowser.user_id)
        .where(
            models.KnownBrowser.token_hash == browser,
            models.KnownBrowser.last_seen_at > utc_now() - KEPT,
            models.User.active.is_(True),
        )
    )
    return frozenset(found)
