"""Tries are counted per kind and account, and browsers in which somebody signed in before are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TRIES, BROWSERS = "sign_in_attempt", "known_browser"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # What is counted is an hour old at most, and the old keys cannot be told apart: counting begins anew.
    op.drop_table(TRIES)
    op.create_table(
        TRIES,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False, server_default=""),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("typed", sa.String(64), nullable=False, server_default=""),
        sa.Column("place", sa.String(64), nullable=False, server_default=""),
        sa.Column("own", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _user(TRIES, "account_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TRIES}")),
        sqlite_autoincrement=True,
    )
    for column in ("account_id", "typed", "place", "address"):
        op.create_index(f"ix_{TRIES}_{column}_at", TRIES, [column, "at"])
    op.create_table(
        BROWSERS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        _user(BROWSERS, "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{BROWSERS}")),
        sa.UniqueConstraint("user_id", "token_hash", name=op.f(f"uq_{BROWSERS}_user_id_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{BROWSERS}_token_hash"), BROWSERS, ["token_hash"])


def downgrade() -> None:
    op.drop_table(BROWSERS)
    op.drop_table(TRIES)
    op.create_table(
        TRIES,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TRIES}")),
        sqlite_autoincrement=True,
    )
    for column in ("account", "address"):
        op.create_index(f"ix_{TRIES}_{column}_at", TRIES, [column, "at"])


def _user(table: str, column: str) -> sa.ForeignKeyConstraint:
    """The column points at a user; the rows go with them."""
    return sa.ForeignKeyConstraint(
        [column], ["ab_user.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )
