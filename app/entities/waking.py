"""Who is woken when a transaction that left him work has been committed; nobody for what was taken back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from sqlalchemy import event

from app.entities.base import db

SENDER, WORKER = "the sender of mails", "the worker of imports"
LEFT = "left work to"  # in the session's info until the commit

log = logging.getLogger("proeve.waking")


def register_waking(app: Flask, who: str, wake: Callable[[], object]) -> None:
    app.extensions.setdefault("proeve_waking", {})[who] = wake


def wake_now(app: Flask, who: str) -> None:
    app.extensions["proeve_waking"][who]()


def wake_after_commit(who: str) -> None:
    db.session.info.setdefault(LEFT, set()).add(who)


@event.listens_for(db.session, "after_commit")
def _wake(session: Any) -> None:
    """Waking may fail: the clock comes within a minute."""
    for who in sorted(session.info.pop(LEFT, ())):
        try:
            wake_now(current_app, who)
        except Exception:
            log.exception("%s could not be woken", who)


@event.listens_for(db.session, "after_rollback")
def _let_sleep(session: Any) -> None:
    session.info.pop(LEFT, None)
