"""Which couplings a run made itself, and which came by another hand."""

import datetime as dt
from typing import Any

import sqlalchemy as sa


def made_in(since: Any, rows_at: dt.datetime | None, ended: dt.datetime | None) -> sa.ColumnElement[bool]:
    """Condition on a coupling (`since`: when it was made): the run of these moments made it.

    One that an undo put back carries the moment of the run that made it, and so is that run's own again. A
    run of before it was kept what its rows carry (no `rows_at`) has what was there when it ended.
    """
    if rows_at is not None:
        made: sa.ColumnElement[bool] = since == rows_at
        return made
    return sa.or_(since.is_(None), since <= ended)
