"""Two at the same moment, each with a connection of their own: by a starting shot, or one held half-way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import sleep
from typing import Any

import pytest
import sqlalchemy as sa
from flask import current_app

from app.actions.base import earlier
from app.entities.base import db

PATIENCE = 20.0  # seconds, before something is wrong
WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run these at the same moment; gives what each returned or raised."""
    gate = threading.Barrier(len(jobs))
    return _side_by_side([_after(lambda: gate.wait(PATIENCE), job) for job in jobs])


def while_half_done(
    patch: pytest.MonkeyPatch, first: Callable[[], Any], second: Callable[[], Any]
) -> list[Any]:
    """Run `second` while the action of `first` has written all and not committed.

    `first` goes on when `second` is done, or waits for it in the database.
    """
    half, over = threading.Event(), threading.Event()
    ready, remember = threading.local(), earlier.keep

    def held(*given: Any) -> None:
        remember(*given)
        if getattr(ready, "first", False) and not half.is_set():
            half.set()
            until_held_up(over)

    def go_first() -> Any:
        ready.first = True
        try:
            return first()
        finally:
            half.set()

    def go_second() -> Any:
        half.wait(PATIENCE)
        try:
            return second()
        finally:
            over.set()

    patch.setattr(earlier, "keep", held)
    return _side_by_side([go_first, go_second])


def until_held_up(over: threading.Event) -> None:
    """Wait until the other one is done (`over`) or waits in the database for this one."""
    for _moment in range(int(PATIENCE * 100)):
        if over.is_set() or _somebody_waits():
            return
        sleep(0.01)
    raise AssertionError("it took too long")


def _somebody_waits() -> bool:
    """On SQLite whoever writes has the whole database: the other one surely waits, or is not there yet."""
    if db.engine.dialect.name == "sqlite":
        sleep(0.05)
        return True
    with db.engine.connect() as own:
        return bool(own.scalar(WAITING))


def _after(shot: Callable[[], Any], job: Callable[[], Any]) -> Callable[[], Any]:
    def work() -> Any:
        shot()
        return job()

    return work


def _side_by_side(jobs: list[Callable[[], Any]]) -> list[Any]:
    flask = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.rollback()
    answers: list[Any] = [None] * len(jobs)

    def work(number: int, job: Callable[[], Any]) -> None:
        with flask.app_context():
            try:
                answers[number] = job()
            except Exception as error:
                answers[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
    return answers
