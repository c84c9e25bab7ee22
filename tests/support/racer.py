"""Runs the same work in several processes at once, each with connections of its own."""

from __future__ import annotations

import os
import select
import signal
import traceback
import warnings
from collections.abc import Callable

from app.entities.base import db


def race(work: Callable[[], object], *, processes: int = 4) -> list[str]:
    """Run `work` in so many processes at the same time; gives "" for a success, else the traceback."""
    db.session.remove()
    db.engine.dispose()  # a connection must not be shared by two processes
    ready, start = os.pipe()
    racers = [_fork(work, ready, start) for _ in range(processes)]
    os.close(ready)
    os.close(start)  # the starting shot: every racer's reading end sees its end
    said = []
    for pid, output in racers:
        with os.fdopen(output) as text:
            said.append(text.read())
        os.waitpid(pid, 0)
    return said


def killed(work: Callable[[], object], *, after: float) -> bool:
    """Run `work` in a process of its own and kill -9 it after so many seconds; False: it was done by then."""
    db.session.remove()
    db.engine.dispose()
    ready, start = os.pipe()
    pid, output = _fork(work, ready, start)
    os.close(ready)
    os.close(start)
    finished = bool(select.select([output], [], [], after)[0])
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(output) as text:
        said = text.read()
    assert not said, said
    return not finished


def _fork(work: Callable[[], object], ready: int, start: int) -> tuple[int, int]:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Later Pythons warn about threads that a fork leaves behind; ours hold no lock that a racer needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(start)
    os.read(ready, 1)
    failure = ""
    try:
        work()
    except BaseException:
        failure = traceback.format_exc()
    os.write(writing, failure.encode())
    os._exit(0)
