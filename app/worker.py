"""Work that no page waits for: large imports, and at night what may be forgotten.

The table says what waits; huey keeps the time and wakes the worker.

Without REDIS_URL a thread in every web worker does them. With it `run.py send-mail` does, woken over Redis or
by its own clock.
There may be many workers: `claim_import` gives each run to one of them.
"""

from flask import Flask
from huey import Huey, crontab

from app.actions.base.anchor import follow
from app.actions.base.runner import run
from app.actions.school.retention import forget_outdated
from app.entities.jobs import calmly
from app.entities.waking import WORKER, register_waking
from app.imports.work import work_all
from app.permissions import SYSTEM

WORKS_WITHIN = 600.0  # seconds that the database has for a statement of these


def init_worker(app: Flask) -> None:
    """Wake the worker after a commit that left an import to it.

    It also looks every minute, for imports that were broken off, and lets the trail's anchor follow what a
    process that died left behind.
    """
    queue: Huey = app.extensions["proeve_huey"]
    clock: Huey = app.extensions["proeve_clock"]

    @queue.task()
    def carry_out_imports() -> None:
        with calmly(app, "imports wait", WORKS_WITHIN):
            work_all()

    @clock.periodic_task(crontab(minute="*"))
    def look_each_minute() -> None:
        carry_out_imports.call_local()
        with calmly(app, "the anchor of the trail waits", WORKS_WITHIN):
            follow()

    @clock.periodic_task(crontab(hour="3", minute="17"))
    def each_night() -> None:
        with calmly(app, "what is over is not removed tonight", WORKS_WITHIN):
            run(forget_outdated, SYSTEM)

    register_waking(app, WORKER, carry_out_imports)
