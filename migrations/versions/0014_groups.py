"""A group has a mentor, and may be filled by a rule: the students of these programmes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In words that both databases know: SQLite would otherwise make the table anew.
    mentor = f"mentor_id INTEGER CONSTRAINT {op.f('fk_student_group_mentor_id')} REFERENCES ab_user (id)"
    op.execute(f"ALTER TABLE student_group ADD COLUMN {mentor}")
    op.create_index(op.f("ix_student_group_mentor_id"), "student_group", ["mentor_id"])
    op.create_table(
        "student_group_rule",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["student_group.id"], name=op.f("fk_student_group_rule_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_student_group_rule_programme_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "programme_id", name=op.f("pk_student_group_rule")),
    )
    op.create_index(op.f("ix_student_group_rule_programme_id"), "student_group_rule", ["programme_id"])


def downgrade() -> None:
    op.drop_table("student_group_rule")
    op.drop_index(op.f("ix_student_group_mentor_id"), table_name="student_group")
    op.execute("ALTER TABLE student_group DROP COLUMN mentor_id")
