"""Runs keep the moment that the couplings they made carry; of those of before nobody knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

RUNS = ("coupling_run", "import_run")


def upgrade() -> None:
    for table in RUNS:
        op.add_column(table, sa.Column("rows_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    for table in RUNS:
        op.execute(f"ALTER TABLE {table} DROP COLUMN rows_at")
