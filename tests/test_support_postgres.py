"""The PostgreSQL that the tests get: a real one, where databases can be made, copied and dropped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.support import postgres

NAME = f"support_{os.getpid()}"


def scalar(url: str, statement: str) -> object:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


@pytest.fixture
def database() -> Iterator[str]:
    server = postgres.server_url()
    yield postgres.create_database(server, NAME)
    postgres.drop_database(server, NAME)


def test_server_is_postgresql_15_or_newer(database):
    assert str(scalar(database, "SELECT version()")).startswith("PostgreSQL")
    assert int(str(scalar(database, "SHOW server_version_num"))) >= 150000


def test_database_can_be_made_from_a_template_and_dropped(database):
    server = postgres.server_url()
    scalar(database, "CREATE TABLE kept AS SELECT 42 AS answer")
    copy = postgres.create_database(server, f"{NAME}_copy", template=NAME)
    assert scalar(copy, "SELECT answer FROM kept") == 42
    postgres.drop_database(server, f"{NAME}_copy")
    with pytest.raises(OperationalError, match="does not exist"):
        scalar(copy, "SELECT 1")


def test_dropping_what_is_not_there_is_no_error():
    postgres.drop_database(postgres.server_url(), "proeve_never_made")


@pytest.fixture
def leftover() -> Iterator[Path]:
    """What a run leaves behind that was killed, server and all: a folder that names a process."""
    home = postgres.ROOM / f"proeve-pg-{os.getuid()}-left{os.getpid()}"
    (home / "data").mkdir(parents=True)
    yield home
    shutil.rmtree(home, ignore_errors=True)
    home.with_suffix(".lock").unlink(missing_ok=True)


def test_what_a_killed_run_left_is_no_hindrance_and_goes(leftover):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (leftover / "data" / "postmaster.pid").write_text(f"{gone.pid}\n{leftover}/data\n0\n5432\n{leftover}\n")
    (leftover / f"user-{gone.pid}").touch()
    postgres._sweep_leftovers(except_for=Path("/nowhere"))
    assert not leftover.exists()


def test_another_process_that_got_the_number_is_not_touched(leftover):
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (leftover / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n")
    (leftover / f"user-{bystander.pid}").touch()
    postgres._sweep_leftovers(except_for=Path("/nowhere"))
    assert bystander.poll() is None
    bystander.communicate(b"\n")
    assert bystander.returncode == 0


def test_the_server_of_a_run_that_goes_on_stays(leftover):
    postgres._sign_up(leftover)
    postgres._sweep_leftovers(except_for=Path("/nowhere"))
    assert leftover.exists()
