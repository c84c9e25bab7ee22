"""Work that no page waits for: large imports, and at night what may be forgotten.

The table says what waits; huey keeps the time and wakes the worker.

Without REDIS_URL a thread in every web worker does them. With it `run.py send-mail` does, woken over Redis.
There may be many workers: `claim_import` gives each run to one of them.
"""

from flask import Flask
from huey import Huey, crontab

from app.actions.base.anchor import follow
from app.actions.base.runner import run
from app.actions.school.retention import forget_outdated
from app.entities.waking import WORKER, register_waking
from app.imports.work import work_all
from app.permissions import SYSTEM


def init_worker(app: Flask) -> None:
    """Wake the worker after a commit that left an import to it.

    It also looks every minute, for imports that were broken off, and lets the trail's anchor follow what a
    process that died left behind.
    """
    huey: Huey = app.extensions["proeve_huey"]

    @huey.task()
    def carry_out_imports() -> None:
        with app.app_context():
            work_all()

    @huey.periodic_task(crontab(minute="*"))
    def look_each_minute() -> None:
        carry_out_imports.call_local()
        with app.app_context():
            follow()

    @huey.periodic_task(crontab(hour="3", minute="17"))
    def each_night() -> None:
        with app.app_context():
            run(forget_outdated, SYSTEM)

    register_waking(app, WORKER, carry_out_imports)
