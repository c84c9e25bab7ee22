"""An attempt can be stopped: when, and why ("" when it was stopped because the student left)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("stopped_at", sa.DateTime(timezone=True)))
    op.add_column("registration", sa.Column("stop_reason", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.execute("ALTER TABLE registration DROP COLUMN stop_reason")
    op.execute("ALTER TABLE registration DROP COLUMN stopped_at")
