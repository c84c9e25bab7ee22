"""One process at a time brings a database up to date; another one waits, and then finds it done."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from app.entities.base import db

try:
    import fcntl
except ImportError:  # Windows, for somebody who looks around
    fcntl = None  # type: ignore[assignment]

TURN = 0x9E8A6E  # the number of this lock on PostgreSQL
BESIDE = ".prepare"  # the file beside SQLite's whose lock it is


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for whoever else prepares this database. The lock goes with its process, however that ends."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as apart:
            own = apart.execution_options(isolation_level="AUTOCOMMIT")
            own.exec_driver_sql("SET statement_timeout = 0")
            own.execute(sa.select(sa.func.pg_advisory_lock(TURN)))
            try:
                yield
            finally:
                with suppress(sa.exc.DBAPIError):  # gone with its connection
                    own.execute(sa.select(sa.func.pg_advisory_unlock(TURN)))
                apart.invalidate()  # nobody gets it with our setting
        return
    path = db.engine.url.database or ""
    file = Path(path.removeprefix("file:").partition("?")[0])
    if fcntl is None or not path or path == ":memory:" or not file.parent.is_dir():
        yield
        return
    with file.with_name(file.name + BESIDE).open("a") as held:
        file.with_name(file.name + BESIDE).chmod(0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
