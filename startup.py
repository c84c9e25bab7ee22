"""Python's garbage collection, set for a program that starts once and then runs for long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OFTEN = (10_000, 10, 10)  # Python's own 700 new objects per search suits a program that holds few


@contextmanager
def start_up() -> Iterator[None]:
    """Keep every object made inside for good, without searching through them.

    There are half a million of them, and searching took a third of a start. Later searches skip them, too
    (that was half of what checking an import cost), and workers go on sharing their memory.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*OFTEN)
        gc.enable()
