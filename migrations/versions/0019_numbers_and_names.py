"""No number is used twice on SQLite, and what leaves the building has a name of its own (uid)."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from migrations.triggers import drop_triggers, make_triggers

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAMED = ("exam", "library_document", "registration", "result", "sitting", "student", "student_group")
UID = (
    "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) "
    "|| '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) "
    "|| '-' || hex(randomblob(6))))"
)
KEY, COUNTING = "PRIMARY KEY (id)", "PRIMARY KEY (id AUTOINCREMENT)"
FIRST = "id INTEGER NOT NULL, "
# What the trail calls the rows of a table, where that is not the table's name in camel case.
IN_THE_TRAIL = {"ab_user": "User", "list_view": "ListView"}


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        drop_triggers("0018")
        for table in _tables(KEY) + _tables(COUNTING):
            _make_anew(table, lambda sql, table=table: _named(table, sql.replace(KEY, COUNTING)))
        make_triggers("0018")
        _past_what_the_trail_names()
        return
    for table in NAMED:
        op.add_column(
            table,
            sa.Column("uid", sa.String(36), nullable=False, server_default=sa.text("gen_random_uuid()::text")),
        )
        op.create_unique_constraint(f"uq_{table}_uid", table, ["uid"])


def downgrade() -> None:
    """The names go; numbers that are never used twice do no harm to an older version."""
    if op.get_context().dialect.name == "sqlite":
        drop_triggers("0018")
        for table in NAMED:
            _make_anew(table, lambda sql, table=table: sql.replace(_uid_of(table), "").replace(_once(table), ""))
        make_triggers("0018")
        return
    for table in NAMED:
        op.drop_column(table, "uid")


def _uid_of(table: str) -> str:
    return f"uid VARCHAR(36) DEFAULT {UID} NOT NULL, "


def _once(table: str) -> str:
    return f", CONSTRAINT uq_{table}_uid UNIQUE (uid)"


def _named(table: str, sql: str) -> str:
    """The table's definition with the column `uid`, where it gets one."""
    if table not in NAMED:
        return sql
    with_column = sql.replace(FIRST, FIRST + _uid_of(table), 1)
    head, _bracket, tail = with_column.rpartition(")")
    return f"{head.rstrip()}{_once(table)}\n){tail}"


def _tables(holding: str) -> list[str]:
    """The tables whose definition holds this text."""
    rows = op.get_bind().exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND instr(sql, ?) ORDER BY name", (holding,)
    )
    return [name for (name,) in rows]


def _make_anew(table: str, changed) -> None:  # noqa: ANN001 - a function of the definition
    """Make this table anew by another definition, with its rows and indexes, as SQLite asks for it."""
    connection = op.get_bind()
    sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).scalar_one()
    new = changed(sql)
    if new == sql:
        return
    indexes = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).all()
    old = [row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')]
    beside = f"{table}_anew"
    connection.exec_driver_sql(re.sub(r'^CREATE TABLE\s+"?\w+"?', f'CREATE TABLE "{beside}"', new, count=1))
    kept = {row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{beside}")')}
    columns = ", ".join(f'"{name}"' for name in old if name in kept)
    connection.exec_driver_sql(f'INSERT INTO "{beside}" ({columns}) SELECT {columns} FROM "{table}"')  # noqa: S608
    connection.exec_driver_sql(f'DROP TABLE "{table}"')
    connection.exec_driver_sql(f'ALTER TABLE "{beside}" RENAME TO "{table}"')
    for (index,) in indexes:
        connection.exec_driver_sql(index)


def _past_what_the_trail_names() -> None:
    """Count on from the highest number that the trail knows: rows that went before today have theirs there."""
    connection = op.get_bind()
    for table in _tables(COUNTING):
        kind = IN_THE_TRAIL.get(table, "".join(part.capitalize() for part in table.split("_")))
        highest = connection.exec_driver_sql(
            "SELECT max(object_id) FROM audit_object WHERE object_type = ?", (kind,)
        ).scalar()
        if highest is None:
            continue
        changed = connection.exec_driver_sql(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (highest, table)
        )
        if not changed.rowcount:
            connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, highest))
