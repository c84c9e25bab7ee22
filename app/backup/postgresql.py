"""A PostgreSQL database: dumped while it is in use, and put back in one transaction.

pg_dump and pg_restore are PostgreSQL's own, found on the PATH. A password stands in their environment, never
on a command line. What is put back is carried out by us, so that emptying and filling are one transaction.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.pq import Conninfo
from sqlalchemy.engine import make_url

from app.backup.manifest import Content
from app.errors import RuleBroken
from app.rules.text import N_
from config import Settings

LOCK_SECONDS, LEAVE_SECONDS = 10, 2.0  # how long a lock, and a session that just ended, are waited for
OF_US = "alembic_version"  # the table by which a database of ours is known
MISSING = N_(
    "%(program)s is er niet. Installeer de programma's van PostgreSQL %(version)s (postgresql-client)."
)
TOO_OLD = N_(
    "%(program)s is versie %(has)s, en de server %(version)s: een oudere kan geen back-up van een nieuwere "
    "maken. Installeer de programma's van PostgreSQL %(version)s (postgresql-client)."
)
FAILED = N_("%(program)s lukte niet: %(why)s")
# Of the schema and the server itself: they stay, whoever's they are.
NOT_OURS = re.compile(r"^\d+; \d+ \d+ (SCHEMA|EXTENSION|COMMENT|ACL|DEFAULT ACL|PUBLICATION|SUBSCRIPTION) ")
COPY = re.compile(rb"^COPY .* FROM stdin;$")
# A newer pg_restore says these; an older server, or a program that is not psql, does not know them.
SKIPPED = (b"\\restrict ", b"\\unrestrict ", b"SET transaction_timeout ")
EMPTYING = """
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT c.oid::regclass::text AS name, c.relkind FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE', CASE one.relkind WHEN 'v' THEN 'VIEW'
      WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, one.name);
  END LOOP;
  FOR one IN SELECT c.oid::regclass::text AS name FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LOOP
    EXECUTE format('DROP SEQUENCE IF EXISTS %s CASCADE', one.name);
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', one.name);
  END LOOP;
END $$
"""


@contextmanager
def connected(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection of our own, without the application; PostgreSQL's errors become a sentence."""
    try:
        with psycopg.connect(**_parameters(settings), autocommit=True) as connection:
            connection.prepare_threshold = None
            yield connection
    except psycopg.Error as error:
        raise RuleBroken(
            N_("De database %(place)s doet dit niet: %(why)s"),
            place=settings.shown_url(),
            why=" ".join(str(error).split()),
        ) from error


def dump(settings: Settings, to: Path) -> Content:
    """Dump the database as it is at one moment, while others read and write. Gives what is in the dump."""
    with connected(settings) as connection:
        program = usable("pg_dump", connection.info.server_version)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        (snapshot,) = _one(connection, "SELECT pg_export_snapshot()")
        (schema,) = _one(connection, "SELECT quote_ident(current_schema())")
        found = content(connection)
        options = [
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--no-publications",
            "--no-subscriptions",
        ]
        options += [f"--snapshot={snapshot}", f"--schema={schema}", f"--file={to}"]
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with _environment(settings) as environment:
            _run([program, *options, "--dbname=service=proeve"], env=environment)
    return found


def content(connection: psycopg.Connection[Any]) -> Content:
    """What the database holds, as this transaction sees it."""
    rows = {
        name: _one(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)))[0]
        for name in tables(connection)
    }
    (revision,) = _one(connection, "SELECT version_num FROM alembic_version")
    documents = connection.execute("SELECT DISTINCT content_hash FROM library_document ORDER BY 1").fetchall()
    return Content(str(revision), rows, tuple(found for (found,) in documents))


def tables(connection: psycopg.Connection[Any]) -> Sequence[str]:
    named = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    return [name for (name,) in connection.execute(named).fetchall()]


def has_users(connection: psycopg.Connection[Any]) -> bool:
    """Whether there is an account in this database, and so a school that somebody works with."""
    return "ab_user" in tables(connection) and bool(_one(connection, "SELECT count(*) FROM ab_user")[0])


def read_whole(connection: psycopg.Connection[Any], name: str) -> int:
    """Read every value of a table, also what stands apart because it is large; gives the number of rows."""
    copied = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))
    with connection.cursor() as cursor, cursor.copy(copied) as rows:
        return sum(1 for _row in rows)


def loose(connection: psycopg.Connection[Any]) -> list[str]:
    """The constraints and indexes that are there and hold nothing; three at most."""
    named = (
        "SELECT conname::text FROM pg_constraint WHERE NOT convalidated "
        "AND connamespace = current_schema()::regnamespace "
        "UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid LIMIT 3"
    )
    return [name for (name,) in connection.execute(named).fetchall()]


def others(connection: psycopg.Connection[Any]) -> int:
    """How many others are connected to this database. One that has just left is given a moment."""
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND usesysid IS NOT NULL "
        "AND coalesce(backend_type, 'client backend') = 'client backend'"
    )
    until = time.monotonic() + LEAVE_SECONDS
    while (found := int(_one(connection, asked)[0])) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def script_of(dumped: Path, to: Path, server_version: int) -> None:
    """Write the SQL that makes the dump's tables and rows. RuleBroken when pg_restore cannot read it."""
    program = usable("pg_restore", server_version)
    listed = _run([program, "--list", str(dumped)])
    kept = [line for line in listed.splitlines() if not NOT_OURS.match(line)]
    chosen = to.with_suffix(".list")
    chosen.write_text("\n".join(kept) + "\n")
    options = ["--no-owner", "--no-privileges", "--no-comments", f"--use-list={chosen}", f"--file={to}"]
    _run([program, *options, str(dumped)])


@contextmanager
def put_back(connection: psycopg.Connection[Any], script: Path, rows: Mapping[str, int]) -> Iterator[None]:
    """Replace everything in this database by what the script makes, in one transaction or not at all.

    What is done inside comes before its commit: when that raises, nothing was replaced.
    """
    with connection.transaction():
        connection.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
        (schema,) = _one(connection, "SELECT current_schema()")
        connection.execute(EMPTYING)
        with script.open("rb") as file:
            _carry_out(connection, file)
        connection.execute("SELECT set_config('search_path', %s, true)", [schema])
        if content(connection).rows != rows:
            raise RuleBroken(N_("De teruggezette database heeft andere aantallen rijen dan de back-up."))
        yield


def _carry_out(connection: psycopg.Connection[Any], script: IO[bytes]) -> None:
    """Carry out a script of pg_restore: statements, and rows that follow a COPY until a line with \\. ."""
    waiting: list[bytes] = []
    for line in script:
        if COPY.match(line):
            _said(connection, waiting)
            with connection.cursor() as cursor, cursor.copy(line.rstrip()[:-1]) as copied:
                for row in script:
                    if row == b"\\.\n":
                        break
                    copied.write(row)
        elif not line.startswith(SKIPPED):
            waiting.append(line)
    _said(connection, waiting)


def _said(connection: psycopg.Connection[Any], waiting: list[bytes]) -> None:
    statement = b"".join(waiting)
    waiting.clear()
    if statement.strip():
        connection.execute(statement)


def usable(name: str, server_version: int) -> str:
    """The path of a program of PostgreSQL. RuleBroken when it is not there, or older than the server."""
    major = server_version // 10_000
    program = shutil.which(name)
    if program is None:
        raise RuleBroken(MISSING, program=name, version=major)
    found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", _run([program, "--version"]))
    if found is None or int(found[1]) < major:
        raise RuleBroken(TOO_OLD, program=program, has=found[1] if found else "?", version=major)
    return program


def _run(command: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    told = {**(env or os.environ), "LC_ALL": "C"}
    done = subprocess.run(command, env=told, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 - a program of PostgreSQL, and words of ours
    if done.returncode:
        why = " ".join(done.stderr.decode(errors="replace").split())
        raise RuleBroken(FAILED, program=command[0], why=why[:500])
    return done.stdout.decode(errors="replace")


def _parameters(settings: Settings) -> dict[str, Any]:
    """How to reach the database, as libpq names it."""
    url = make_url(settings.url())
    _arguments, named = url.get_dialect()().create_connect_args(url)
    return dict(named)


@contextmanager
def _environment(settings: Settings) -> Iterator[dict[str, str]]:
    """An environment in which a program of PostgreSQL finds our database as the service `proeve`.

    Others can read a command line; the file is its owner's alone, and so is an environment.
    """
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    given = {name: str(value) for name, value in _parameters(settings).items() if name in known}
    password = given.pop("password", None)
    with tempfile.TemporaryDirectory(prefix="proeve-") as folder:
        file = Path(folder) / "service"
        lines = ["[proeve]", *(f"{name}={value}" for name, value in given.items())]
        file.write_text("\n".join(lines) + "\n")  # in a folder for its owner alone
        yield {
            **os.environ,
            "PGSERVICEFILE": str(file),
            **({"PGPASSWORD": password} if password is not None else {}),
        }


def _one(connection: psycopg.Connection[Any], question: Any) -> tuple[Any, ...]:
    found = connection.execute(question).fetchone()
    if found is None:
        raise RuleBroken(N_("De database is geen database van Proeve, of er is nog niets in gezet."))
    return tuple(found)
