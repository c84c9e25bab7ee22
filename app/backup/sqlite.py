"""A SQLite database: copied while it is in use, looked at, and found to be in use or not."""

from __future__ import annotations

import enum
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.backup.manifest import Content
from app.errors import RuleBroken
from app.rules import people
from app.rules.text import N_

DAMAGED = N_(
    "De database is beschadigd: %(place)s (%(why)s). Zet een back-up terug: run.py restore BESTAND "
    "(docs/running.md, “Backups”)."
)
UNUSABLE = N_(
    "De database %(place)s is nu niet te gebruiken (%(why)s). Kijk of deze gebruiker het bestand en zijn map "
    "mag lezen en schrijven, of er ruimte is, en of een ander programma het vasthoudt. Er is niets veranderd."
)
# What is wrong around a file that may be whole: nothing is to be put back for these.
AROUND = ("CANTOPEN", "PERM", "READONLY", "BUSY", "LOCKED", "FULL", "IOERR", "NOMEM", "AUTH", "PROTOCOL")
PATIENCE = 30  # seconds that another program may hold the file
# Where every connection holds a lock for as long as it is open: in the file itself, and in -shm (WAL).
HELD = {"": (0x40000000, 512), "-shm": (120, 9)}


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection of our own, without the application; SQLite's errors become a sentence."""
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as connection:
            connection.create_function("folded", 1, people.search_form, deterministic=True)
            yield connection
    except sqlite3.DatabaseError as error:
        told = UNUSABLE if is_around(error) else DAMAGED
        raise RuleBroken(told, place=str(file), why=str(error)) from error


def is_around(error: BaseException | None) -> bool:
    """Whether what SQLite says is wrong around a file that may be whole, such as a full disk."""
    return str(getattr(error, "sqlite_errorname", "")).removeprefix("SQLITE_").startswith(AROUND)


def copy(file: Path, to: Path) -> None:
    """Copy the database as it is at this moment, while others read and write; one plain file comes of it."""
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with reading(file) as source, closing(sqlite3.connect(to, timeout=PATIENCE)) as target:
        # All pages in one go: a writer makes it begin anew otherwise.
        source.backup(target, progress=_patient())
        target.execute("PRAGMA journal_mode=DELETE")


def _patient() -> Callable[[int, int, int], None]:
    """Python itself goes on asking for ever while another program holds the file."""
    until = time.monotonic() + PATIENCE

    def progress(status: int, _left: int, _pages: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and time.monotonic() > until:
            held = sqlite3.OperationalError("database is locked")
            held.sqlite_errorname = "SQLITE_BUSY"
            raise held

    return progress


def content(file: Path) -> Content:
    """What the database in this file holds. RuleBroken when it is not a whole one of Proeve."""
    with reading(file) as connection:
        wrong = faults(connection)
        if wrong:
            raise RuleBroken(DAMAGED, place=str(file), why=wrong[0])
        named = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        tables = [name for (name,) in connection.execute(named)]
        rows = {name: _one(connection, f'SELECT count(*) FROM "{name}"') for name in tables}  # noqa: S608 - its own names
        revision = str(_one(connection, "SELECT version_num FROM alembic_version"))
        documents = connection.execute("SELECT DISTINCT content_hash FROM library_document ORDER BY 1")
        return Content(revision, rows, tuple(found for (found,) in documents))


def has_users(file: Path) -> bool:
    """Whether there is an account in this file, and so a school that somebody works with."""
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as connection:
            return bool(_one(connection, "SELECT count(*) FROM ab_user"))
    except sqlite3.DatabaseError:  # no table yet, or nothing that can be read
        return False


class Look(enum.StrEnum):
    """How closely a file is looked at: 100,000 students take eleven seconds, and two when in a hurry."""

    WHOLE = "PRAGMA integrity_check(3)"
    QUICK = "PRAGMA quick_check(3)"  # all but whether an index fits its table


def faults(connection: sqlite3.Connection, look: Look = Look.WHOLE) -> list[str]:
    """What is wrong in the file itself; three things at most."""
    said = [str(line) for (line,) in connection.execute(look)]
    return [] if said == ["ok"] else said


def _one(connection: sqlite3.Connection, question: str) -> int:
    found = connection.execute(question).fetchone()
    if found is None:
        raise sqlite3.DatabaseError("no row")
    value: int = found[0]
    return value


def is_open(file: Path) -> bool:
    """Whether another process has this database open. Nothing is opened or changed by SQLite."""
    return any(_is_held(file.with_name(file.name + end), *where) for end, where in HELD.items())


def _is_held(file: Path, start: int, length: int) -> bool:
    try:
        handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
    except OSError:
        return True
    finally:
        os.close(handle)  # this gives the lock back, too
    return False
