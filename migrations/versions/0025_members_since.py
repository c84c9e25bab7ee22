"""A group keeps since when each student is in it; of those of before nobody knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("student_group_member", sa.Column("created_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.execute("ALTER TABLE student_group_member DROP COLUMN created_at")
