"""A run of the import keeps its file until it is carried out, so that it can be read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_run", sa.Column("content", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("ALTER TABLE import_run DROP COLUMN content")
