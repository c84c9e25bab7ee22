"""Leaves out what was stopped: its sittings keep nobody busy and wait for nobody (decision 34)."""

import sqlalchemy as sa
from sqlalchemy import orm

from app import models


def goes_on() -> sa.ColumnElement[bool]:
    """Condition on Sitting: its registration was not stopped."""
    own = orm.aliased(models.Registration)  # the statement may join registrations too
    return ~sa.exists().where(own.id == models.Sitting.registration_id, own.stopped_at.is_not(None))
