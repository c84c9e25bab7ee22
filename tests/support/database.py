"""A database per worker that can be put back to a named state in milliseconds.

SQLite: the file is copied back. PostgreSQL: all rows are replaced by those of the state; where a test may
have touched the schema, the database is made again from a template.
PROEVE_TEST_DATABASE chooses: "sqlite" (default) or "postgresql".
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from alembic.config import Config
from flask import current_app
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.entities.base import db
from app.entities.triggers import trail
from config import ROOT
from migrations.triggers import dropping
from tests.support.postgres import create_database, drop_database, server_url

# What `prepare` fills: the same in every state.
KEPT_TABLES = (
    "alembic_version",
    "ab_role",
    "ab_permission",
    "ab_view_menu",
    "ab_permission_view",
    "ab_permission_view_role",
)


class Rows:
    """Every row of the school in one state, as PostgreSQL copies them out and in."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        tables = {name: _copied_out(connection, name) for name in _tables(connection)}
        self._tables = {name: copied for name, (count, copied) in tables.items() if count}
        called = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
        self._numbers: dict[str, int] = dict(connection.execute(called).fetchall())

    def put_back(self, connection: psycopg.Connection[Any]) -> None:
        """Insert the rows into empty tables, on a connection for which triggers are off."""
        with connection.transaction():
            for name, copied in self._tables.items():
                statement = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(name))
                with connection.cursor().copy(statement) as copy:
                    copy.write(copied)
            numbers = (
                "SELECT setval(name::regclass, number) FROM unnest(%s::text[], %s::bigint[]) n (name, number)"
            )
            connection.execute(numbers, [list(self._numbers), list(self._numbers.values())])


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return sorted(name for (name,) in found if name not in KEPT_TABLES)


def _copied_out(connection: psycopg.Connection[Any], name: str) -> tuple[int, bytes]:
    """How many rows the table has, and all of them."""
    cursor = connection.cursor()
    statement = sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(sql.Identifier(name))
    with cursor.copy(statement) as copy:
        copied = b"".join(bytes(part) for part in copy)
    return cursor.rowcount, copied


class TestDatabase:
    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kind = os.environ.get("PROEVE_TEST_DATABASE", "sqlite")
        self.name = f"proeve_{os.getpid()}"
        self.url = ""
        self._templates: set[str] = set()
        self._rows: dict[str, Rows] = {}
        self._wiper: psycopg.Connection[Any] | None = None
        if self.kind == "postgresql":
            drop_database(server_url(), self.name)
            self.url = create_database(server_url(), self.name)

    @property
    def file(self) -> Path:
        return self.folder / "demo" / "proeve.db"

    def restore(self, state: str, build: Callable[[], None], release: Callable[[], None]) -> None:
        """Put the database in this state; `build` makes it the first time, on an empty or prepared one.

        `release` closes the connections that the application holds.
        """
        release()
        self._close_wiper()
        if state not in self._templates:
            build()
            release()
            self._keep(state)
            self._templates.add(state)
        else:
            self._put_back(state)

    def knows(self, state: str) -> bool:
        return state in self._templates

    def refill(self, state: str) -> None:
        """Replace every row of the school by the rows of the state, and reset all numbers (PostgreSQL only).

        Roles stay. This takes a few milliseconds; a new database takes forty, with only new connections.
        """
        if self._wiper is None:
            self._wiper = psycopg.connect(plain_url(self.url), autocommit=True)
        self._wiper.execute(self._wiping(self._wiper))
        self._rows[state].put_back(self._wiper)

    def _wiping(self, connection: psycopg.Connection[Any]) -> str:
        tables = _tables(connection)
        kept = ", ".join(f"'{name}_id_seq'" for name in KEPT_TABLES)
        return (
            # The audit trail's triggers refuse a delete: for this session they are off.
            "SET session_replication_role = replica; SET lock_timeout = '5s';"
            + "".join(f'DELETE FROM "{name}";' for name in tables)
            + "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' "
            + f"AND relnamespace = 'public'::regnamespace AND relname NOT IN ({kept});"
        )

    def drop(self) -> None:
        self._close_wiper()
        if self.kind == "postgresql":
            for name in (self.name, *(f"{self.name}_{state}" for state in self._templates)):
                drop_database(server_url(), name)

    def _close_wiper(self) -> None:
        if self._wiper is not None:
            self._wiper.close()
            self._wiper = None

    def _keep(self, state: str) -> None:
        if self.kind == "postgresql":
            drop_database(server_url(), f"{self.name}_{state}")
            create_database(server_url(), f"{self.name}_{state}", template=self.name)
            with psycopg.connect(plain_url(self.url), autocommit=True) as connection:
                self._rows[state] = Rows(connection)
        else:
            shutil.copyfile(self.file, self.file.with_suffix(f".{state}"))

    def _put_back(self, state: str) -> None:
        if self.kind == "postgresql":
            drop_database(server_url(), self.name)
            create_database(server_url(), self.name, template=f"{self.name}_{state}")
            return
        for suffix in ("-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.file.with_suffix(f".{state}"), self.file)


def plain_url(url: str) -> str:
    """For DATABASE_URL: the same address without the driver."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False) if url else ""


def alembic_config(planted: Path | None = None) -> Config:
    """What Alembic's commands need for the application's database; `planted`: a folder with more versions."""
    config: Config = current_app.extensions["migrate"].migrate.get_config(str(ROOT / "migrations"))
    if planted is not None:
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{ROOT / 'migrations' / 'versions'}\n{planted}")
    return config


def open_trail() -> None:
    """Drop the triggers that guard the trail, as somebody with access to the database could."""
    database = db.engine.dialect.name
    guards = trail.SQLITE_GUARDS if database == "sqlite" else trail.POSTGRESQL_GUARDS
    db.session.rollback()  # else dropping waits for our own reading
    with db.engine.begin() as connection:
        for guard in guards:
            connection.execute(text(dropping(guard, database)))
