"""A SQLite database that is not whole: every command says so in a sentence, and a restore mends it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.backup import sqlite
from app.errors import RuleBroken
from tests.support.towns import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town.new(tmp_path / "town", "sqlite")
    made.fill()
    yield made
    shutil.rmtree(made.folder)


def garbage(town: Town) -> None:
    town.file.write_bytes(b"dit is geen database " * 1000)


def a_hole(town: Town) -> None:
    content = bytearray(town.file.read_bytes())
    for page in range(20, 60):
        content[page * 4096 : page * 4096 + 200] = os.urandom(200)
    town.file.write_bytes(content)


def a_copy_beside_an_old_wal(town: Town) -> None:
    """A database that was put back by hand over one that a server left, with its last changes beside it."""
    copy = town.file.read_bytes()
    with closing(sqlite3.connect(town.file, isolation_level=None)) as connection:
        connection.execute("DROP TABLE ab_register_user")
        connection.execute("VACUUM")  # as much work does: what stood on one page stands on another
    town.leave_wal()
    town.file.write_bytes(copy)


HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("PRAGMA journal_mode=DELETE")
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("words", ["prepare", "backup"])
def test_a_database_that_somebody_holds_is_not_called_damaged(
    town: Town, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Whoever restored a backup for it would lose the work since."""
    monkeypatch.setattr(sqlite, "PATIENCE", 0.1)
    asked = [sys.executable, "-c", HOLD, str(town.file)]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        status, told = town.command(words)
        other.kill()
    assert status == 1
    assert "nu niet te gebruiken" in told, told
    assert "beschadigd" not in told
    assert "restore" not in told


def test_a_database_that_cannot_be_opened_is_not_called_damaged(town: Town) -> None:
    """A folder stands for a file of somebody else: the tests may be root, who may read it."""
    with (
        pytest.raises(RuleBroken, match=r"nu niet te gebruiken.*unable to open"),
        sqlite.reading(town.folder),
    ):
        pass


@pytest.mark.parametrize("spoil", [garbage, a_hole, a_copy_beside_an_old_wal])
def test_a_damaged_database_is_a_sentence_and_a_restore_mends_it(
    town: Town, spoil: Callable[[Town], None]
) -> None:
    kept = town.backup()
    spoil(town)
    for words in (["prepare"], ["backup"], ["check-data"], ["serve"]):
        status, told = town.command(*words)
        assert (status, "Gereed" in told, "Traceback" in told) == (1, False, False), told
        assert "beschadigd" in told or "niet te lezen" in told, told
    status, told = town.command("prepare")
    assert "run.py restore" in told
    assert len(told.strip().splitlines()) == 1
    status, told = town.restore(kept)
    assert (status, "Alles klopt" in told) == (0, True), told
    assert town.names() == ["Eerste"]


@pytest.mark.parametrize(
    ("name", "damaged"),
    [("FULL", False), ("IOERR_SHMSIZE", False), ("CANTOPEN", False), ("CORRUPT", True), ("NOTADB", True)],
)
def test_only_a_file_that_is_not_whole_is_called_damaged(tmp_path: Path, name: str, damaged: bool) -> None:
    """Whoever is told so puts an old backup back; a disk that is full needs room, and nothing else."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = f"SQLITE_{name}"
    with pytest.raises(RuleBroken) as raised, sqlite.reading(tmp_path / "proeve.db"):
        raise error
    assert ("beschadigd" in raised.value.message) is damaged
