"""Bekijk als: through whose eyes a session looks, and since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In words that both databases know, constraints and all: SQLite would otherwise make the table anew.
    dialect = op.get_bind().dialect
    moment = sa.DateTime(timezone=True).compile(dialect=dialect)
    whom = f'viewing_id {sa.Integer().compile(dialect=dialect)} CONSTRAINT {op.f("fk_user_session_viewing_id")}'
    op.execute(f'ALTER TABLE user_session ADD COLUMN {whom} REFERENCES ab_user (id)')
    both = 'CHECK ((viewing_id IS NULL) = (viewing_since IS NULL))'
    since = f'viewing_since {moment} CONSTRAINT {op.f("ck_user_session_viewing")} {both}'
    op.execute(f'ALTER TABLE user_session ADD COLUMN {since}')


def downgrade() -> None:
    op.execute('ALTER TABLE user_session DROP COLUMN viewing_since')
    op.execute('ALTER TABLE user_session DROP COLUMN viewing_id')
