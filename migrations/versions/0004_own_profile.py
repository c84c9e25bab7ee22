"""Mijn profiel: the calendar link, and another e-mail address that waits to be confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('calendar_link',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_calendar_link_user_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_calendar_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_calendar_link_token_hash'))
    )
    op.create_table('email_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('old_email', sa.String(length=254), nullable=False),
    sa.Column('new_email', sa.String(length=254), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('code_hash', sa.String(length=256), nullable=False),
    sa.Column('stop_selector', sa.String(length=4), nullable=False),
    sa.Column('stop_hash', sa.String(length=256), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_email_change_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_email_change'))
    )
    op.create_index(op.f('ix_email_change_user_id'), 'email_change', ['user_id'])
    op.create_index(op.f('ix_email_change_stop_selector'), 'email_change', ['stop_selector'])
    with op.batch_alter_table('outbox_mail') as table:
        table.add_column(sa.Column('email_change_id', sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f('fk_outbox_mail_email_change_id'), 'email_change', ['email_change_id'], ['id']
        )
        table.create_index(op.f('ix_outbox_mail_email_change_id'), ['email_change_id'])


def downgrade() -> None:
    with op.batch_alter_table('outbox_mail') as table:
        table.drop_index(op.f('ix_outbox_mail_email_change_id'))
        table.drop_constraint(op.f('fk_outbox_mail_email_change_id'), type_='foreignkey')
        table.drop_column('email_change_id')
    op.drop_table('email_change')
    op.drop_table('calendar_link')
