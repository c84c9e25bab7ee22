"""A command at a terminal, which asks its questions and is answered by somebody who types."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from tests.support.processes import ROOT

# A process of its own takes the terminal before it becomes the command: passwords are asked on /dev/tty.
TAKE = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def typed(
    command: Sequence[str],
    answers: Sequence[tuple[str, str]],
    environment: Mapping[str, str],
    *,
    within: float = 30,
) -> tuple[int, str]:
    """Run it to its end; `answers`: words of each question, and what is typed then, in their order."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE, *command],
        cwd=ROOT,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said, since, left, ends = b"", 0, list(answers), time.monotonic() + within
    try:
        while more := _read(ours, ends, said):
            said += more
            if left and left[0][0].encode() in said[since:]:
                os.write(ours, f"{left.pop(0)[1]}\n".encode())
                since = len(said)
        process.wait(timeout=10)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(ours)
    told = said.decode(errors="replace").replace("\r\n", "\n")
    assert not left, (left, told)
    return process.returncode, told


def _read(terminal: int, ends: float, said: bytes) -> bytes:
    """What is said next; nothing when the command has ended."""
    ready, _, _ = select.select([terminal], [], [], max(0.0, ends - time.monotonic()))
    assert ready, f"it says nothing any more and does not end: {said.decode(errors='replace')}"
    try:
        return os.read(terminal, 65_536)
    except OSError:  # on Linux, the end
        return b""
