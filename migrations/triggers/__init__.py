"""The triggers and functions of the database as a migration left them: texts that are never changed.

`make triggers` writes them, out of app/entities/triggers and under the number of the newest migration. That
one drops all that was there and makes all that is to be there; so comes back, too, what SQLite loses with a
table that is made anew:

    from migrations.triggers import drop_triggers, make_triggers

    def upgrade() -> None:
        drop_triggers("0018")
        ...
        make_triggers("0019")

    def downgrade() -> None:
        drop_triggers("0019")
        ...
        make_triggers("0018")

What is here is read by every later version: it may be added to, but what it does stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from alembic import op

TEXTS = Path(__file__).parent
BETWEEN = "\n\n"  # statements, within which no line is empty
CREATED = re.compile(r"CREATE (FUNCTION|TRIGGER) (\w+(?:\([\w ]*\))?)(?:.*?\sON (\w+))?", re.DOTALL)


def make_triggers(number: str) -> None:
    """Every trigger as the migration of that number left it."""
    for statement in read(number, op.get_context().dialect.name):
        op.execute(statement)


def drop_triggers(number: str) -> None:
    """Every trigger that the migration of that number left."""
    database = op.get_context().dialect.name
    for statement in reversed(read(number, database)):
        op.execute(dropping(statement, database))


def dropping(statement: str, database: str) -> str:
    """What takes away what this statement made."""
    found = CREATED.match(statement)
    if found is None:
        raise ValueError(f"makes no trigger or function: {statement}")
    kind, name, table = found.groups()
    where = f" ON {table}" if kind == "TRIGGER" and database == "postgresql" else ""
    return f"DROP {kind} {name}{where}"


def read(number: str, database: str) -> list[str]:
    return file_of(number, database).read_text().strip().split(BETWEEN)


def write(number: str, database: str, statements: Sequence[str]) -> None:
    """FileExistsError: that migration has its text, and others may have run it."""
    with file_of(number, database).open("x") as file:
        file.write(BETWEEN.join(statements) + "\n")


def file_of(number: str, database: str) -> Path:
    return TEXTS / f"{number}.{database}.sql"
