"""Measures an import of 100,000 students, each step in a process of its own, as in a school.

A web worker takes the file in (the process that reads the workbook for it has a limit: app/imports/table.py),
the worker checks it, and later writes it. What counts is the most memory that each of them ever had.

`python -m bench.large STEP FOLDER DATABASE RUN` is one such process; `measured` starts them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from app import create_app
from app.commands import register_commands
from app.entities.base import db
from app.entities.users import User
from app.imports.work import work_all
from app.permissions import actor_of
from bench import imports
from bench.students import met
from config import Settings
from startup import start_up
from tests.support.importing import Wizard

ROWS, MOST_MB = 100_000, 300
STEPS = ("taken in", "checked", "written")
Show = Callable[[str, float, str], None]


def measured(show: Show, settings: Settings) -> None:
    with tempfile.TemporaryDirectory(prefix="proeve-bench-") as folder:
        file = Path(folder) / "students.xlsx"
        file.write_bytes(imports.workbook(ROWS, start=1))
        run_id = ""
        for step in STEPS:
            command = [sys.executable, "-m", "bench.large", step, str(settings.data), settings.database_url]
            told = subprocess.run(
                [*command, run_id, str(file)], check=True, capture_output=True, text=True
            ).stdout.split()
            run_id, seconds, most = told[-3:]
            note = f"{most} MB at its most; goal {MOST_MB}: {met(float(most), MOST_MB)}"
            show(f"import of {ROWS}: {step}", float(seconds), note)


def _most() -> int:
    """The most memory of this process, in MB. `resource` is of no use: it starts at what the parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def _step(step: str, folder: str, database: str, run_id: str, file: str) -> None:
    with start_up():
        app = create_app(Settings(school="demo", data=Path(folder), database_url=database))
        register_commands(app)
    with app.app_context(), app.test_request_context():
        administrator = db.session.scalars(select(User).where(User.username == "beheerder")).one()
        wizard = Wizard(actor_of(administrator))
        began = time.perf_counter()
        if step == STEPS[0]:
            run_id = str(wizard.take(Path(file).read_bytes(), "students.xlsx"))
        elif step == STEPS[1]:
            work_all()
        else:
            imports.ask_for_writing(wizard, int(run_id))
        taken = time.perf_counter() - began
    print(run_id, f"{taken:.2f}", _most())


if __name__ == "__main__":
    _step(*sys.argv[1:])
