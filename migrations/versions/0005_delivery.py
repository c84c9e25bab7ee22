"""Mails are sent: tries, a lease, and why one failed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATES = "state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')"
STATES_BEFORE = "state IN ('waiting', 'sent', 'failed', 'cancelled')"
TEXTS = (("claimed_by", 40), ("failure", 20), ("failure_detail", 300))


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("outbox_mail") as table:
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("next_try_at", moment, nullable=True))
        table.add_column(sa.Column("lease_until", moment, nullable=True))
        for name, length in TEXTS:
            table.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
        table.drop_constraint(op.f("ck_outbox_mail_state"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_mail_state"), STATES)
        table.drop_index(op.f("ix_outbox_mail_state"))
    op.execute("UPDATE outbox_mail SET next_try_at = created_at")
    with op.batch_alter_table("outbox_mail") as table:
        table.alter_column("next_try_at", existing_type=moment, nullable=False)
        table.create_index("ix_outbox_mail_due", ["state", "next_try_at"])


def downgrade() -> None:
    op.execute("UPDATE outbox_mail SET state = 'waiting' WHERE state = 'sending'")
    with op.batch_alter_table("outbox_mail") as table:
        table.drop_index("ix_outbox_mail_due")
        table.drop_constraint(op.f("ck_outbox_mail_state"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_mail_state"), STATES_BEFORE)
        table.create_index(op.f("ix_outbox_mail_state"), ["state"])
        for name in ("tries", "next_try_at", "lease_until", *(name for name, _length in TEXTS)):
            table.drop_column(name)
