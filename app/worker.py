"""Work that a page does not wait for: large imports. The table says what waits; huey wakes and keeps time.

Without REDIS_URL a thread in every web worker does it; with it `run.py send-mail` does, woken over Redis.
However many there are: `claim_import` gives a run to one of them.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, current_app
from huey import Huey, crontab
from sqlalchemy import event

from app.actions.imports import WAKE_IMPORTS
from app.entities.base import db
from app.imports.work import work_all

log = logging.getLogger("proeve.imports")


def init_worker(app: Flask) -> None:
    """The wake-up after a commit that left an import to the worker, and the clock for what was broken off."""
    huey: Huey = app.extensions["proeve_huey"]

    @huey.task()
    def carry_out_imports() -> None:
        with app.app_context():
            work_all()

    @huey.periodic_task(crontab(minute="*"))
    def look_each_minute() -> None:
        carry_out_imports.call_local()

    app.extensions["proeve_wake_imports"] = carry_out_imports


@event.listens_for(db.session, "after_commit")
def _wake(session: Any) -> None:
    """Waking may fail: the clock comes within a minute."""
    if not session.info.pop(WAKE_IMPORTS, False):
        return
    try:
        current_app.extensions["proeve_wake_imports"]()
    except Exception:
        log.exception("the worker could not be woken")


@event.listens_for(db.session, "after_rollback")
def _let_sleep(session: Any) -> None:
    session.info.pop(WAKE_IMPORTS, None)
