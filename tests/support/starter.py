"""Starts `run.py` many times, as `python run.py …` does, in processes that need not import everything anew.

`started(cases)` runs this file as a program: it imports the application once and forks for each case.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Started:
    status: int
    out: str
    told: str


def started(cases: Sequence[tuple[Sequence[str], Mapping[str, str]]]) -> list[Started]:
    """What each start came to: the words after `run.py`, and its settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PROEVE_", "DATABASE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.starter"],
        cwd=ROOT,
        env=kept,
        input=json.dumps(cases),
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return [Started(*one) for one in json.loads(done.stdout)]


def _all(cases: Sequence[tuple[Sequence[str], Mapping[str, str]]]) -> None:
    from app import commands, new_school, serving  # noqa: F401 - once, for all that follow

    print(json.dumps([_one(words, settings) for words, settings in cases]))


def _one(words: Sequence[str], settings: Mapping[str, str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        child = os.fork()
        if child == 0:
            _start(words, settings, out.fileno(), told.fileno())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for file in (out, told):
            file.seek(0)
            texts.append(file.read().decode())
        return status, texts[0], texts[1]


def _start(words: Sequence[str], settings: Mapping[str, str], out: int, told: int) -> NoReturn:
    """As Python's own main: the sentence of SystemExit, or a traceback, and an exit status."""
    os.dup2(out, 1)
    os.dup2(told, 2)
    os.environ.update(settings)
    sys.argv = ["run.py", *words]
    status: object = 0
    try:
        runpy.run_path("run.py", run_name="__main__")
    except SystemExit as ended:
        status = ended.code or 0
        if isinstance(status, str):
            print(status, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1)


if __name__ == "__main__":
    _all(json.load(sys.stdin))
