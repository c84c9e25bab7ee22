"""Leaves out what was stopped: its sittings keep nobody busy and wait for nobody (decision 34)."""

import sqlalchemy as sa

from app import models


def goes_on() -> sa.ColumnElement[bool]:
    """Condition on Sitting: its registration was not stopped."""
    return ~sa.exists().where(
        models.Registration.id == models.Sitting.registration_id, models.Registration.stopped_at.is_not(None)
    )
