"""Lists of students stand in the order of a Dutch list on every database: "Çelik" before "Dam"."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BY_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BETWEEN_NAMES = "\x1f"
OLD, NEW = "ix_student_last_name", "ix_student_name_key"


def upgrade() -> None:
    op.add_column("student", sa.Column("name_key", BY_BYTES, nullable=False, server_default=""))
    op.drop_index(OLD, "student")
    _fill()
    op.create_index(NEW, "student", ["name_key", "id"])


def downgrade() -> None:
    op.drop_index(NEW, "student")
    op.create_index(OLD, "student", ["last_name", "first_name", "id"])
    op.execute("ALTER TABLE student DROP COLUMN name_key")


def _fill() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, first_name, infix, last_name FROM student")).all()
    if not rows:
        return
    search_form = context.script.get_revision("0010").module.search_form
    keys = [
        {"id": number, "key": BETWEEN_NAMES.join((search_form(last), search_form(first, infix)))}
        for number, first, infix, last in rows
    ]
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("UPDATE student SET name_key = :key WHERE id = :id"), keys)
        return
    pairs = sa.text(
        "UPDATE student SET name_key = new.key FROM unnest(:ids, :keys) AS new (id, key) WHERE new.id = student.id"
    ).bindparams(sa.bindparam("ids", type_=ARRAY(sa.Integer)), sa.bindparam("keys", type_=ARRAY(sa.Text)))
    connection.execute(pairs, {"ids": [one["id"] for one in keys], "keys": [one["key"] for one in keys]})
