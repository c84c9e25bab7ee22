"""Login codes of several kinds, and sessions that a code opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

CODE_COLUMNS = ('browser_hash', 'tries', 'purpose')


def upgrade() -> None:
    # Column by column: SQLite would make the table anew, and mails point at it.
    op.add_column('login_code', sa.Column('purpose', sa.String(length=12), server_default='invitation', nullable=False))
    op.add_column('login_code', sa.Column('tries', sa.Integer(), server_default='0', nullable=False))
    op.add_column('login_code', sa.Column('browser_hash', sa.String(length=64), nullable=True))
    op.create_index(op.f('ix_login_code_browser_hash'), 'login_code', ['browser_hash'], unique=False)
    op.add_column('user_session', sa.Column('code_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute('ALTER TABLE user_session DROP COLUMN code_at')
    op.drop_index(op.f('ix_login_code_browser_hash'), table_name='login_code')
    for name in CODE_COLUMNS:
        op.execute(f'ALTER TABLE login_code DROP COLUMN {name}')
