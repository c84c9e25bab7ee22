"""Times each step of an upgrade with many students: `make bench ARGS="--migrations"`.

It takes the filled database back to the first version, and up again a step at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from alembic import command as alembic
from alembic.script import ScriptDirectory

from app.database import prepare
from app.entities.base import db
from tests.support.database import alembic_config

Show = Callable[[str, float, str], None]


def measured(show: Show) -> None:
    config = alembic_config()
    steps = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    db.session.remove()
    alembic.downgrade(config, steps[0])
    begun = time.perf_counter()
    for step in steps[1:]:
        before = time.perf_counter()
        alembic.upgrade(config, step)
        show(f"migration {step}", time.perf_counter() - before, "")
    prepare()  # and the look at the file that comes with it
    show("all of them, and prepare", time.perf_counter() - begun, "")
