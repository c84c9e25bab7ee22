"""The database keeps its promises: no lost update, all or nothing, an append-only trail, one form once.

All of it with real actions and real processes, on both databases.
"""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command as alembic
from alembic.util import CommandError
from flask import Flask
from sqlalchemy import delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from werkzeug.security import generate_password_hash

from app.actions.access.sign_in import record_sign_in
from app.actions.base.runner import preview, run
from app.actions.base.trail import broken_at, entry_hash
from app.actions.students.students import add_student, change_student
from app.clock import utc_now
from app.database import prepare
from app.entities.base import db, metadata
from app.entities.engine import PATIENCE_MS, UnguardedWrite, in_a_hurry, transaction
from app.entities.students import Student
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import SignInAttempt, User
from app.errors import Busy, RuleBroken
from app.pages.base import show_datetime
from app.permissions import SYSTEM, actor_of
from app.rules.sessions import Opening
from app.rules.tokens import new_token
from app.school import current_school
from tests.factories import make_student, make_user, refresh
from tests.support import clock
from tests.support.database import alembic_config, open_trail
from tests.support.processes import start
from tests.support.racer import race

pytestmark = pytest.mark.schema

PROCESSES, TIMES = 4, 50


STUDENT = {
    "number": "900001",
    "first_name": "Fleur",
    "infix": "",
    "last_name": "Teller 0",
    "gender": "female",
    "birth_date": None,
    "email": "fleur.teller@example.nl",
}


def rows(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def all_rows() -> dict[str, int]:
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
    }


# --- many at once -----------------------------------------------------------------------------


def raise_number(student_id: int) -> bool:
    """Read, add one, write; False: somebody else did in between, and nothing was written."""
    refresh()
    student = db.session.get_one(Student, student_id)
    number = int(student.last_name.removeprefix("Teller "))
    values = {**STUDENT, "number": student.number, "last_name": f"Teller {number + 1}"}
    try:
        return run(change_student, SYSTEM, [student_id], version=student.version, **values).done == 1
    except RuleBroken as refusal:
        if refusal.field != "version":
            raise
        return False


def test_four_processes_that_read_and_write_lose_no_update(app: Flask):
    student_id = make_student(last_name="Teller 0").id

    def work() -> None:
        for _ in range(TIMES):
            while not raise_number(student_id):
                time.sleep(random.uniform(0, 0.1))

    assert race(work, processes=PROCESSES) == [""] * PROCESSES
    found = db.session.get_one(Student, student_id)
    assert found.last_name == f"Teller {PROCESSES * TIMES}"
    assert found.version == 1 + PROCESSES * TIMES


def test_four_processes_keep_one_chain_in_the_trail(app: Flask):
    user = make_user("administrator", password=generate_password_hash("zeven geiten op een dak"))
    user_id, fits, before = user.id, user.password, rows(AuditEntry)

    def work() -> None:
        for _ in range(TIMES):
            run(record_sign_in, SYSTEM, user_id=user_id, fits=fits, opening=Opening(new_token()))

    assert race(work, processes=PROCESSES) == [""] * PROCESSES
    assert db.session.get_one(User, user_id).login_count == PROCESSES * TIMES
    assert rows(AuditEntry) == before + PROCESSES * TIMES
    assert broken_at() is None


def test_a_racer_that_fails_is_noticed(app: Flask):
    opening = Opening(new_token())
    said = race(lambda: run(record_sign_in, SYSTEM, user_id=0, fits="", opening=opening), processes=2)
    assert len(said) == 2
    assert all("NoResultFound" in one for one in said)


def test_one_form_submitted_by_four_at_once_runs_once(app: Flask):
    """The others get the first outcome, or (PostgreSQL) are told that it is there already."""
    said = race(lambda: run(add_student, SYSTEM, token="f" * 43, **STUDENT), processes=PROCESSES)

    assert all(one == "" or "RuleBroken" in one for one in said)
    assert "" in said
    assert db.session.scalars(select(Student.number)).all() == ["900001"]


def test_the_same_form_again_gives_the_first_outcome(app: Flask):
    first = run(add_student, SYSTEM, token="t" * 43, **STUDENT)
    entries = rows(AuditEntry)

    again = run(add_student, SYSTEM, token="t" * 43, **STUDENT)

    assert (again.summary, again.names, again.goto) == (first.summary, first.names, first.goto)
    assert rows(Student) == 1
    assert rows(AuditEntry) == entries


# --- all or nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["gebruikers", "studenten en koppelingen", "examens", None])
def test_a_kill_in_the_middle_leaves_all_or_nothing(demo: Flask, stage: str | None):
    """kill -9 while a bulk action writes: not one row of it stays, and the school works on."""
    many, before = 4000, all_rows()
    process = start(demo, "run.py", "demo-data", "--students", str(many))
    assert process.stdout is not None
    killed = False
    for line in process.stdout:
        if stage is not None and line.rstrip().endswith(stage):
            time.sleep(random.Random(stage).uniform(0.0, 0.1))
            process.send_signal(signal.SIGKILL)
            killed = True
            break
    process.communicate(timeout=120)

    refresh()
    after = all_rows()
    if killed:
        assert process.returncode == -signal.SIGKILL
        assert after == before
    else:
        assert process.returncode == 0
        assert after["student"] == before["student"] + many
        assert after["registration"] == before["registration"] + many
        assert after["audit_entry"] == before["audit_entry"] + 1
    assert broken_at() is None
    assert run(add_student, SYSTEM, **STUDENT).done == 1
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_a_preview_leaves_nothing_behind(app: Flask):
    before = all_rows()

    promised = preview(add_student, SYSTEM, **STUDENT)

    refresh()
    assert promised.done == 1
    assert all_rows() == before
    assert run(add_student, SYSTEM, **STUDENT).names == promised.names


def test_an_error_after_writing_takes_all_of_it_back(app: Flask):
    before = all_rows()

    def breaks_off() -> None:
        with transaction():
            db.session.add(Student(number="1", first_name="A", last_name="B", search=""))
            db.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_off()
    refresh()
    assert all_rows() == before


def test_a_moment_is_kept_in_utc_and_shown_on_the_clock_of_the_school(app: Flask):
    summer = datetime(2026, 7, 1, 9, tzinfo=ZoneInfo("Europe/Amsterdam"))
    with transaction():
        db.session.add(SignInAttempt(kind="password", typed="x", address="", at=summer))
    refresh()
    kept = db.session.scalar(text("SELECT at FROM sign_in_attempt"))
    stored = kept if isinstance(kept, str) else kept.astimezone(UTC).isoformat(" ")
    assert stored.startswith("2026-07-01 07:00:00")
    read = db.session.scalars(select(SignInAttempt.at)).one()
    assert (read, read.utcoffset(), utc_now().utcoffset()) == (summer, timedelta(0), timedelta(0))
    assert show_datetime(read).endswith("9:00")
    assert current_school().local(read).hour == 9
    with pytest.raises(StatementError, match="time zone"), transaction():
        db.session.add(SignInAttempt(kind="password", typed="x", address="", at=summer.replace(tzinfo=None)))


# --- writing only by actions ------------------------------------------------------------------


WRITES: dict[str, Callable[[], Any]] = {
    "flush": lambda: (db.session.add(Student(number="1", first_name="A", last_name="B")), db.session.flush()),
    "insert": lambda: db.session.execute(
        insert(Student).values(number="1", first_name="A", last_name="B", gender="unknown")
    ),
    "update": lambda: db.session.execute(update(Student).values(active=False)),
    "delete": lambda: db.session.execute(delete(Student)),
    "core": lambda: db.session.execute(delete(metadata.tables["student"])),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_outside_an_action_is_refused(app: Flask, write: str):
    make_student()
    with pytest.raises(UnguardedWrite):
        WRITES[write]()
    refresh()
    assert db.session.scalars(select(Student.active)).all() == [True]
    with transaction():
        WRITES[write]()


def test_an_action_inside_an_action_is_refused(app: Flask):
    with transaction(), pytest.raises(UnguardedWrite), transaction():
        pass


# --- the trail --------------------------------------------------------------------------------


@pytest.fixture
def entries(app: Flask) -> list[int]:
    """Three entries of the trail, oldest first."""
    for number in range(3):
        run(add_student, SYSTEM, **{**STUDENT, "number": f"90000{number}"})
    return list(db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))[-3:]


def test_an_entry_says_who_did_what_to_which_row_and_when(app: Flask):
    user = actor_of(make_user("administrator"))
    before = clock.now()
    run(add_student, user, **STUDENT)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor_id, entry.actor_name, entry.action) == (user.id, user.name, "add_student")
    assert before <= entry.at <= clock.now()
    student = db.session.scalars(select(Student.id)).one()
    assert [(one.object_type, one.object_id) for one in entry.objects] == [("Student", student)]


def directly(statement: str, **values: Any) -> None:
    """As somebody at the database would, past the application."""
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_name = 'Niemand' WHERE id = :id",
        "DELETE FROM audit_entry WHERE id = :id",
        "UPDATE audit_object SET object_id = 999 WHERE entry_id = :id",
        "DELETE FROM audit_object WHERE entry_id = :id",
    ],
)
def test_the_database_refuses_to_change_the_trail_and_verifying_finds_who_forced_it(
    entries: list[int], statement: str
):
    with pytest.raises(DBAPIError, match="append-only"):
        directly(statement, id=entries[1])
    assert broken_at() is None

    open_trail()
    if statement.startswith("DELETE FROM audit_entry"):
        directly("DELETE FROM audit_object WHERE entry_id = :id", id=entries[1])
    directly(statement, id=entries[1])

    assert broken_at() == (entries[2] if statement.startswith("DELETE FROM audit_entry") else entries[1])


CHANGED: dict[str, Any] = {
    "at": "2020-01-01 00:00:00.000000",
    "actor_id": 999,
    "object_count": 999,
    "details": '{"last_name": [null, "Anders"]}',
}


def test_verifying_finds_a_change_in_whatever_column(entries: list[int]):
    open_trail()
    for name in sorted({column.name for column in AuditEntry.__table__.columns} - {"id"}):
        change = text(f"UPDATE audit_entry SET {name} = :value WHERE id = :id")
        db.session.execute(change, {"value": CHANGED.get(name, "x"), "id": entries[1]})
        db.session.expire_all()
        assert broken_at() == entries[1], name
        db.session.rollback()


def test_who_gives_a_changed_entry_a_hash_that_fits_breaks_the_next_one(entries: list[int]):
    open_trail()
    students = list(db.session.scalars(select(AuditObject.object_id).filter_by(entry_id=entries[1])))
    entry = db.session.get_one(AuditEntry, entries[1])
    db.session.expunge(entry)
    entry.details = json.loads(CHANGED["details"])
    hashed = entry_hash(entry, {"Student": students})
    change = "UPDATE audit_entry SET details = :details, hash = :hash WHERE id = :id"
    directly(change, details=CHANGED["details"], hash=hashed, id=entries[1])
    directly("UPDATE audit_entry SET previous_hash = :hash WHERE id = :id", hash=hashed, id=entries[2])
    assert broken_at() == entries[2]


# --- tables -----------------------------------------------------------------------------------


def test_the_migrations_make_exactly_the_tables_of_the_models(app: Flask):
    db.session.rollback()
    alembic.check(alembic_config())

    directly("CREATE TABLE stray (id INTEGER PRIMARY KEY)")
    with pytest.raises(CommandError, match="stray"):
        alembic.check(alembic_config())


def test_the_migrations_go_down_and_up_again(app: Flask):
    db.session.rollback()
    alembic.downgrade(alembic_config(), "base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]

    prepare()

    alembic.check(alembic_config())
    assert run(add_student, SYSTEM, **STUDENT).done == 1
    with pytest.raises(DBAPIError, match="append-only"):
        directly("DELETE FROM audit_entry")


def test_the_database_is_opened_by_the_recipe(app: Flask):
    """SQLite: WAL, foreign keys, FULL. PostgreSQL: READ COMMITTED, on which our locks are built."""
    if db.engine.dialect.name != "sqlite":
        assert db.session.scalar(text("SHOW transaction_isolation")) == "read committed"
        return
    recipe = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 10000}
    assert {name: db.session.scalar(text(f"PRAGMA {name}")) for name in recipe} == recipe


def test_a_writer_waits_for_another_as_long_as_it_wants_to(app: Flask):
    """SQLite: each writer has a patience of its own, and leaves nothing of it behind."""
    file = app.extensions["proeve_settings"].database_file()
    if file is None:  # PostgreSQL locks rows; test_down_database.py
        return
    with closing(sqlite3.connect(file, check_same_thread=False, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy), in_a_hurry(), transaction():
            db.session.execute(delete(SignInAttempt))
        ends = threading.Timer(0.3, other.execute, ["ROLLBACK"])
        ends.start()
        with transaction():
            db.session.execute(delete(SignInAttempt))
            assert db.session.scalar(text("PRAGMA busy_timeout")) == PATIENCE_MS
        ends.join()
