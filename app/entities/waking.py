"""Wakes the sender or the worker after the commit of a transaction that left it work."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask
import sqlalchemy as sa

from app.entities.base import db

SENDER, WORKER = "the sender of mails", "the worker of imports"
LEFT = "left work to"  # in the session's info until the commit
RESTS = 10.0  # seconds; so long nobody is woken after that failed, as trying may take a second each time

log = logging.getLogger("proeve.waking")


@dataclass
class _Rest:
    until: float = 0.0  # on the monotonic clock


_rest = _Rest()


def register_waking(app: flask.Flask, who: str, wake: Callable[[], object]) -> None:
    app.extensions.setdefault("proeve_waking", {})[who] = wake


def wake_now(app: flask.Flask, who: str) -> None:
    app.extensions["proeve_waking"][who]()


def wake_after_commit(who: str) -> None:
    db.session.info.setdefault(LEFT, set()).add(who)


@sa.event.listens_for(db.session, "after_commit")
def _wake(session: Any) -> None:
    """Wake whom this transaction left work. That may fail: their clock comes within a minute."""
    for who in sorted(session.info.pop(LEFT, ())):
        if time.monotonic() < _rest.until:
            continue
        try:
            wake_now(flask.current_app, who)
        except Exception as error:
            _rest.until = time.monotonic() + RESTS
            log.warning("%s could not be woken (%s): it looks every minute", who, type(error).__name__)


@sa.event.listens_for(db.session, "after_rollback")
def _let_sleep(session: Any) -> None:
    session.info.pop(LEFT, None)
