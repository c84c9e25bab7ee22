"""Fails every test in which an action raises the version of rows that it does not say it changes.

It looks at the statements that go to the database, so that no way of writing gets past it.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.actions.base import runner as action
from app.actions.base.runner import REGISTRY, Action, Outcome

SET_VERSION = re.compile(r"\bUPDATE (\w+) SET .*?\bversion=", re.S)  # in a WHERE it is "version ="
_running: ContextVar[Action | None] = ContextVar("running", default=None)
_perform = action._perform


def watch() -> None:
    setattr(action, "_perform", _noting)  # noqa: B010 - a function of that module
    event.listen(Engine, "before_cursor_execute", _look)


def _noting(act: Action, *args: Any) -> Outcome:
    before = _running.set(act)
    try:
        return _perform(act, *args)
    finally:
        _running.reset(before)


def _look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    act, found = _running.get(), SET_VERSION.search(statement)
    if act is None or found is None:
        return
    models = {model.__tablename__: model for one in REGISTRY.values() for model in one.changes}
    model: type[Any] | None = models.get(found[1])
    if model is not None and model not in act.changes:
        raise AssertionError(
            f"{act.name} raises the version of a {model.__name__}: say changes={model.__name__}"
        )
