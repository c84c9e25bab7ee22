"""What time it is: asked here and nowhere else, always with its zone."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """This moment in UTC; the school's own day is `current_school().today()`."""
    return datetime.now(UTC)


def seconds_now() -> float:
    """This moment as an authenticator app counts it: seconds since 1970."""
    return utc_now().timestamp()
