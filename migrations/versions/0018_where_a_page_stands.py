"""The index on what is still to be done also says of whom: where a page stands in a filtered list is counted in it."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEX, TABLE = "ix_student_to_do_flags", "student_to_do"


def upgrade() -> None:
    _made_again(["flags", "student_id"])


def downgrade() -> None:
    _made_again(["flags"])


def _made_again(columns: Sequence[str]) -> None:
    op.drop_index(INDEX, TABLE)
    op.create_index(INDEX, TABLE, columns)
