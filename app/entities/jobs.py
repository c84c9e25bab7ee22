"""How work that no page waits for goes on while something is down: one line in the log, and tried again."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from redis.exceptions import RedisError

from app.entities.down import note_down
from app.entities.patience import answering_within

TOLD_EVERY = 600.0  # seconds between two lines that say that the queue is away
AWAY = "the queue (Redis) is down: mails and imports are looked for every minute"
LOGGERS = ("huey.consumer.Worker", "huey.consumer.Scheduler")


@contextmanager
def calmly(app: Flask, waits: str, seconds: float) -> Iterator[None]:
    """Work inside, in the application; `waits`: what must wait when the database or the disk is down.

    Each statement has so many seconds.
    """
    with app.app_context(), answering_within(seconds):
        try:
            yield
        except Exception as error:
            if not note_down(error, waits):
                raise


class Seldom(logging.Filter):
    """Says once in ten minutes that Redis is away, where huey says it every second with a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at = -TOLD_EVERY

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, RedisError | OSError):
            return True
        if time.monotonic() - self._told_at < TOLD_EVERY:
            return False
        self._told_at = time.monotonic()
        record.msg = f"{AWAY} ({type(error).__name__})"
        record.exc_info = record.exc_text = None
        return True


def quieten_queue() -> None:
    """Put one such filter before huey's loggers; once per process."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    if not any(isinstance(one, Seldom) for one in loggers[0].filters):
        seldom = Seldom()
        for one in loggers:
            one.addFilter(seldom)
