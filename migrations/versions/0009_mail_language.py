"""A mail knows in which language it is written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_mail", sa.Column("language", sa.String(5), nullable=False, server_default=""))


def downgrade() -> None:
    op.execute("ALTER TABLE outbox_mail DROP COLUMN language")
