"""kill -9 while an import writes: everything of it is there or nothing, and the run says which."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping

from flask import Flask
from sqlalchemy import func, select, text

from app.actions.base.runner import preview, run
from app.actions.base.trail import broken_at
from app.entities.base import db, metadata
from app.entities.imports import ImportRun
from app.imports.undo_students import undo_student_import
from app.imports.write_students import import_students
from tests.factories import make_programme, make_user, refresh
from tests.support.importing import lines
from tests.support.racer import killed

MANY, KILLS = 2000, 6
HEADER = ("Studentnummer", "Voornaam", "Achternaam", "E-mail", "Crebo", "Klas", "Praktijkbegeleider")
WRITTEN = (
    "student",
    "enrolment",
    "student_group",
    "student_group_member",
    "supervision",
    "ab_user",
    "login_code",
    "import_change",
    "audit_entry",
)


def counts() -> Mapping[str, int]:
    refresh()
    return {
        name: db.session.scalar(select(func.count()).select_from(metadata.tables[name])) or 0
        for name in WRITTEN
    }


def settled() -> None:
    """PostgreSQL may still be busy with what a killed process sent: wait until it has hung up."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    while db.engine.dialect.name == "postgresql" and db.session.scalar(others):
        time.sleep(0.01)
        db.session.rollback()


def test_a_kill_during_the_write_leaves_all_or_nothing_and_the_run_says_which(app: Flask, wizard):
    make_programme(crebo="25656")
    make_user("school_supervisor", username="begeleider")
    rows = [
        (f"s{n}", "Daan", f"Vos{n}", f"s{n}@example.nl", "25656", f"K{n % 40}", "begeleider")
        for n in range(MANY)
    ]
    content = lines(*rows, header=HEADER)
    pk = wizard.take(content, codes="make")
    version, nothing = wizard.own_run(pk).version, counts()
    began = time.perf_counter()
    preview(import_students, wizard.actor, [pk], version=version)
    takes = time.perf_counter() - began
    seed = random.randrange(1_000_000)
    moments = random.Random(seed)
    cut = 0
    for number in range(KILLS):
        # Spread over the whole write; the last one is past its end as often as not.
        after = takes * (number + moments.random()) / (KILLS - 1)
        was_cut = killed(lambda: run(import_students, wizard.actor, [pk], version=version), after=after)
        settled()
        there, stage = counts(), db.session.get_one(ImportRun, pk).stage
        assert (stage == "done") == (there != nothing), (seed, number, there)
        if stage == "done":
            assert there["student"] == there["enrolment"] == there["login_code"] == MANY, (seed, number)
            break
        assert was_cut, (seed, number)
        cut += 1

    assert cut, seed
    if db.session.get_one(ImportRun, pk).stage != "done":
        run(import_students, wizard.actor, [pk], version=version)
    there = counts()
    assert {name: there[name] - nothing[name] for name in WRITTEN} == {
        **dict.fromkeys(WRITTEN, MANY),
        "student_group": 40,
        "import_change": 2 * MANY + 40,
        "audit_entry": 1,
    }
    assert db.session.get_one(ImportRun, pk).counts["new"] == MANY
    assert broken_at() is None
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
    again = wizard.bring_in(content)
    assert (again.done, again.unchanged) == (0, MANY)


def test_a_kill_during_an_undo_leaves_all_or_nothing_too(app: Flask, wizard):
    content = lines(*((f"s{n}", "Daan", f"Vos{n}") for n in range(300)), header=HEADER[:3])
    pk = wizard.take(content)
    wizard.write(pk)
    everything = counts()
    began = time.perf_counter()
    preview(undo_student_import, wizard.actor, [pk])
    takes = time.perf_counter() - began
    for part in (0.3, 0.7, 0.9):
        killed(lambda: run(undo_student_import, wizard.actor, [pk]), after=takes * part)
        settled()
        undone = counts() != everything
        assert (db.session.get_one(ImportRun, pk).undone_at is not None) == undone
        if undone:
            break
    assert counts()["student"] == (0 if undone else 300)
