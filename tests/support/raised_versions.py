"""Fails every test in which an action changes what a form shows and leaves its version as it is.

Or raises the version of rows that it does not say it changes.

It looks at the statements that go to the database, so that no way of writing gets past it.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.actions.base import runner as action
from app.actions.base.action import REGISTRY, Action
from app.actions.base.forms import VersionedForm
from app.actions.base.outcome import Outcome

UPDATE = re.compile(r"\bUPDATE (\w+) SET (.*?)(?: WHERE|$)", re.S)
SET_COLUMN = re.compile(r"\b(\w+)=")  # in a WHERE it is "version ="
_running: ContextVar[Work | None] = ContextVar("running", default=None)
_perform = action._perform


def watch() -> None:
    setattr(action, "_perform", _noting)  # noqa: B010 - a function of that module
    event.listen(Engine, "before_cursor_execute", _look)


@dataclass
class Work:
    """What a running action did to tables with a version: raised it, or wrote a column that a form shows."""

    act: Action
    raised: set[str] = field(default_factory=set)
    written: dict[str, str] = field(default_factory=dict)  # table -> column


def _noting(act: Action, *args: Any, **named: Any) -> Outcome:
    work = Work(act)
    before = _running.set(work)
    try:
        outcome = _perform(act, *args, **named)
    finally:
        _running.reset(before)
    for table, column in work.written.items():
        if table not in work.raised:
            raise AssertionError(f"{act.name} changes {table}.{column} and does not raise the version")
    return outcome


@cache
def shown() -> dict[str, set[str]]:
    """Table -> the columns that a form on a version of it shows."""
    found: dict[str, set[str]] = {}
    for act in REGISTRY.values():
        if act.form is None or not issubclass(act.form, VersionedForm):
            continue
        model = act.on or act.changes[0]
        columns = {column.name for column in model.__table__.columns} & set(act.form()._fields) - {"version"}
        found.setdefault(model.__tablename__, set()).update(columns)
    return found


def _look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    work, written = _running.get(), UPDATE.search(statement)
    if work is None or written is None:
        return
    table, names = written[1], set(SET_COLUMN.findall(written[2]))
    if column := min(names & shown().get(table, set()), default=""):
        work.written[table] = column
    if "version" not in names:
        return
    work.raised.add(table)
    act = work.act
    models = {model.__tablename__: model for one in REGISTRY.values() for model in one.changes}
    model: type[Any] | None = models.get(table)
    if model is not None and model not in act.changes:
        raise AssertionError(
            f"{act.name} raises the version of a {model.__name__}: say changes={model.__name__}"
        )
