"""An import remembers what it wrote, so that it can be undone; a number is given to one row, ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# What points at an account: each account that is taken away would cost a walk through these tables.
POINTING = (
    ("ab_user", "created_by_fk"), ("ab_user", "changed_by_fk"), ("library_document", "uploaded_by_id"),
    ("system_update_read", "user_id"), ("user_session", "viewing_id"), ("assignment_done", "recorded_by_id"),
    ("progress_measure", "rated_by_id"), ("adoption", "recorded_by_id"), ("assessment", "definitive_by_id"),
    ("outbox_mail", "login_code_id"),
)
# Of rows that an undo takes away. The trail speaks of them by number: SQLite would give it to the next one.
NUMBERED = ("student", "student_group", "ab_user")
PLAIN, ONCE = "PRIMARY KEY (id)", "PRIMARY KEY (id AUTOINCREMENT)"


def upgrade() -> None:
    op.add_column(
        "import_run", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "import_change",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("other_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("was", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_change_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "run_id", "kind", "row_id", "other_id", name=op.f("pk_import_change")
        ),
    )
    op.create_index("ix_import_change_row", "import_change", ["kind", "row_id"])
    for table, column in POINTING:
        op.create_index(f"ix_{table}_{column}", table, [column])
    if op.get_bind().dialect.name == "sqlite":
        give_numbers_once()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        rewrite(ONCE, PLAIN)
    for table, column in POINTING:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
    op.drop_table("import_change")
    op.execute("ALTER TABLE import_run DROP COLUMN undone_at")


def give_numbers_once() -> None:
    """PostgreSQL's sequences do so by themselves."""
    op.execute("CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT)")  # makes sqlite_sequence
    op.execute("DROP TABLE numbered")
    rewrite(PLAIN, ONCE)
    for table in NUMBERED:
        op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}'")
        op.execute(
            f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', coalesce(max(id), 0) FROM {table}"
        )


def rewrite(old: str, new: str) -> None:
    """In the schema as SQLite keeps it: the rows are stored as they were, so no table is copied, and no
    trigger, index or foreign key is touched (sqlite.org/lang_altertable.html, section 7)."""
    op.execute("PRAGMA writable_schema = ON")
    names = ", ".join(f"'{table}'" for table in NUMBERED)
    op.execute(
        f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}') "
        f"WHERE type = 'table' AND name IN ({names})"
    )
    op.execute("PRAGMA writable_schema = RESET")
