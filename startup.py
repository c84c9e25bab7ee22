"""Python's search for what can be thrown away, as a program wants it that starts once and then lives long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OFTEN = (10_000, 10, 10)  # one search for every 700 new objects is meant for programs that hold few


@contextmanager
def start_up() -> Iterator[None]:
    """Everything made inside stays: half a million objects, and looking through them took a third of a start.

    Set apart for good, they are not looked at later either (that was half of what checking an import cost),
    and workers go on sharing their memory.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*OFTEN)
        gc.enable()
