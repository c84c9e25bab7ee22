"""What was typed in a form that could not be carried out waits until its user has signed in again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "typed_form",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_typed_form_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_typed_form")),
        sa.UniqueConstraint("handle_hash", name=op.f("uq_typed_form_handle_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_typed_form_user_id"), "typed_form", ["user_id"])
    op.create_index(op.f("ix_typed_form_at"), "typed_form", ["at"])


def downgrade() -> None:
    op.drop_table("typed_form")
