"""The rows of an import in parts, what its worker does, and the cells that were corrected in step 4."""

from __future__ import annotations

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PART = 1000


def upgrade() -> None:
    op.create_table(
        "import_part",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("states", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_part_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_import_part")),
    )
    with op.batch_alter_table("import_run") as batch:
        batch.add_column(sa.Column("fixes", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("checked", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("task", sa.String(10), nullable=False, server_default=""))
        batch.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("problem", sa.Text(), nullable=False, server_default=""))
        batch.create_check_constraint(op.f("ck_import_run_task"), "task IN ('', 'check', 'write')")
    with op.batch_alter_table("import_run") as batch:
        for name in ("fixes", "checked", "task", "tries", "problem"):
            batch.alter_column(name, server_default=None)
    op.create_index(
        "ix_import_run_task", "import_run", ["task", "id"],
        sqlite_where=sa.text("task <> ''"), postgresql_where=sa.text("task <> ''"),
    )  # fmt: skip
    _move_rows()


def _move_rows() -> None:
    """What stood in the table of a run goes into parts, remarks and all."""
    connection = op.get_bind()
    runs = sa.table("import_run", sa.column("id", sa.Integer), sa.column("table", sa.JSON))
    parts = sa.table(
        "import_part", sa.column("run_id", sa.Integer), sa.column("number", sa.Integer),
        sa.column("rows", sa.LargeBinary), sa.column("states", sa.Text),
    )  # fmt: skip
    for run_id in connection.scalars(sa.select(runs.c.id)).all():
        table = connection.scalar(sa.select(runs.c.table).where(runs.c.id == run_id))
        rows = table.pop("rows", [])
        labels, remarks = table.pop("labels", {}), table.pop("remarks", None)
        if remarks is not None:
            rows = [[*row, labels.get(str(row[0]), ""), remarks.get(str(row[0]), [])] for row in rows]
        for first in range(0, len(rows), PART):
            packed = zlib.compress(json.dumps(rows[first : first + PART]).encode(), 1)
            values = {"run_id": run_id, "number": first // PART, "rows": packed, "states": ""}
            connection.execute(sa.insert(parts).values(**values))
        kept = {**table, "count": len(rows)}
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(table=kept))


def downgrade() -> None:
    op.drop_table("import_part")
    op.drop_index("ix_import_run_task", "import_run")
    with op.batch_alter_table("import_run") as batch:
        batch.drop_constraint(op.f("ck_import_run_task"), type_="check")
        for name in ("fixes", "checked", "task", "asked_at", "lease_until", "tries", "problem"):
            batch.drop_column(name)
