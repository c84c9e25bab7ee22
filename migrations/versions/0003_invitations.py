"""A company examiner without an account: guests among the users, invitations, and the mails about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('ab_user') as table:
        table.add_column(sa.Column('guest', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table('invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sitting_id', sa.Integer(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('selector', sa.String(length=4), nullable=False),
    sa.Column('code_hash', sa.String(length=256), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('mailings', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_invitation_sitting_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_invitation_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitation_token_hash')),
    sa.UniqueConstraint('user_id', name=op.f('uq_invitation_user_id'))
    )
    op.create_index(op.f('ix_invitation_selector'), 'invitation', ['selector'])
    live = sa.text('withdrawn_at IS NULL')
    op.create_index(
        'uq_invitation_live_sitting', 'invitation', ['sitting_id'], unique=True,
        sqlite_where=live, postgresql_where=live,
    )
    with op.batch_alter_table('outbox_mail') as table:
        table.add_column(sa.Column('invitation_id', sa.Integer(), nullable=True))
        table.create_foreign_key(op.f('fk_outbox_mail_invitation_id'), 'invitation', ['invitation_id'], ['id'])
        table.create_index(op.f('ix_outbox_mail_invitation_id'), ['invitation_id'])


def downgrade() -> None:
    with op.batch_alter_table('outbox_mail') as table:
        table.drop_index(op.f('ix_outbox_mail_invitation_id'))
        table.drop_constraint(op.f('fk_outbox_mail_invitation_id'), type_='foreignkey')
        table.drop_column('invitation_id')
    op.drop_table('invitation')
    with op.batch_alter_table('ab_user') as table:
        table.drop_column('guest')
