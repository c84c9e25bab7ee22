"""Numbers that are never used twice, and names of rows that hold outside this database.

An open page, a link and the trail know a row by its number, so the number of a row that went may not come
back for another one. SQLite gives it again unless the table says AUTOINCREMENT; PostgreSQL never does. A
backup that is put back gives numbers again on both, so what leaves the building carries a `uid`.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

UID_LENGTH = 36
RANDOM_UID = (
    "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) "
    "|| '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) "
    "|| '-' || hex(randomblob(6))))"
)


class NewUid(FunctionElement[str]):
    """A random UUID (version 4), made by the database: every row gets one, however it is entered."""

    type = sa.String(UID_LENGTH)
    inherit_cache = True


@compiles(NewUid, "sqlite")
def _on_sqlite(_element: Any, _compiler: Any, **_settings: Any) -> str:
    return RANDOM_UID


@compiles(NewUid, "postgresql")
def _on_postgresql(_element: Any, _compiler: Any, **_settings: Any) -> str:
    return "gen_random_uuid()::text"


def uid_column() -> orm.Mapped[str]:
    """The column `uid`: what calendars, exports and other systems know this row by."""
    return orm.mapped_column(sa.String(UID_LENGTH), unique=True, server_default=NewUid())


def never_twice(metadata: sa.MetaData) -> None:
    """Let SQLite give every number of these tables once only."""
    for table in metadata.tables.values():
        if counts_up(table):
            table.dialect_options["sqlite"]["autoincrement"] = True


def counts_up(table: sa.Table) -> bool:
    """Whether the database gives the rows of this table their number."""
    keys = list(table.primary_key.columns)
    return len(keys) == 1 and keys[0] is table.autoincrement_column
