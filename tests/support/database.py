"""A database per worker that can be put back to a named state in milliseconds.

SQLite: the file is copied back. PostgreSQL: the database is made again from a template.
PROEVE_TEST_DATABASE chooses: "sqlite" (default) or "postgresql".
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.support.postgres import create_database, drop_database, server_url


class TestDatabase:
    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kind = os.environ.get("PROEVE_TEST_DATABASE", "sqlite")
        self.name = f"proeve_{os.getpid()}"
        self.url = ""
        self._templates: set[str] = set()
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
        if state not in self._templates:
            build()
            release()
            self._keep(state)
            self._templates.add(state)
        else:
            self._put_back(state)

    def drop(self) -> None:
        if self.kind == "postgresql":
            for name in (self.name, *(f"{self.name}_{state}" for state in self._templates)):
                drop_database(server_url(), name)

    def _keep(self, state: str) -> None:
        if self.kind == "postgresql":
            drop_database(server_url(), f"{self.name}_{state}")
            create_database(server_url(), f"{self.name}_{state}", template=self.name)
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
