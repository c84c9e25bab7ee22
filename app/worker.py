"""Work that a page does not wait for: large imports. The table says what waits; huey wakes and keeps time.

Without REDIS_URL a thread in every web worker does it; with it `run.py send-mail` does, woken over Redis.
However many there are: `claim_import` gives a run to one of them.
"""

from flask import Flask
from huey import Huey, crontab

from app.entities.waking import WORKER, register_waking
from app.imports.work import work_all


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

    register_waking(app, WORKER, carry_out_imports)
