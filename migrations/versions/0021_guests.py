"""A guest is one person per address: one code opens all their moments; a mail tells of several.

What was an invitation with a code of its own becomes a key (`guest_key`, with the number that it had, so that
every code and link in a mail goes on working) and a moment (`invitation`). Guests of one address and one name
become one guest. Of several names at one address the latest invited has the address; the others are `doubled`:
they keep what they have until it ends, and nobody is invited as one of them again.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
GONE = "(samengevoegd)"  # the name of a guest's row that another row took the place of
LIVE = sa.text("withdrawn_at IS NULL")
ONE_PERSON = sa.text("NOT doubled")
SECRETS = ("nonce", "selector", "code_hash", "token_hash", "created_at")
NAMES = ("first_name", "infix", "last_name")
# Where a row of a guest stands; two of one guest never clash, as each of these is about another sitting.
THEIRS = (
    ("sitting_examiner", "user_id"),
    ("score_sheet", "examiner_id"),
    ("outbox_mail", "to_user_id"),
    ("user_session", "user_id"),
)


def upgrade() -> None:
    before = _rows(
        "SELECT i.*, u.first_name, u.infix, u.last_name FROM invitation i JOIN ab_user u ON u.id = i.user_id"
        " ORDER BY i.id"
    )
    mails = _rows("SELECT id, invitation_id FROM outbox_mail WHERE invitation_id IS NOT NULL ORDER BY id")
    _point_mails("invitation", "guest_key")
    _make_guest_key()
    _make_guest()
    _make_invitation()
    _make_invitation_mail()
    _fill(before, mails)


def downgrade() -> None:
    """One moment and one key of each guest stay, the latest: before, there was no place for more."""
    guests = {row["user_id"]: row for row in _rows("SELECT * FROM guest")}
    keys = {row["user_id"]: row for row in _rows("SELECT * FROM guest_key ORDER BY id")}
    moments = {row["user_id"]: row for row in _rows("SELECT * FROM invitation ORDER BY id")}
    mails = _rows("SELECT id, to_user_id, guest_key_id FROM outbox_mail WHERE guest_key_id IS NOT NULL")
    op.drop_table("invitation_mail")
    op.drop_table("invitation")
    op.drop_table("guest")
    _point_mails("guest_key", "invitation")
    _make_invitation_of_before()
    kept = [
        {
            **{name: key[name] for name in ("id", "user_id", *SECRETS)},
            "sitting_id": moments[user]["sitting_id"],
            "withdrawn_at": moments[user]["withdrawn_at"],
            "email": guests[user]["email"] or "",
            "opened_at": guests[user]["opened_at"],
            "mailings": sum(mail["to_user_id"] == user for mail in mails),
        }
        for user, key in keys.items()
        if user in moments and user in guests
    ]
    _insert("invitation", kept)
    there = {row["user_id"]: row["id"] for row in kept}
    _update(
        "UPDATE outbox_mail SET invitation_id = :key WHERE id = :id",
        [{"key": there[one["to_user_id"]], "id": one["id"]} for one in mails if one["to_user_id"] in there],
    )
    _count_on("invitation")


# -- the tables


def _point_mails(old: str, new: str) -> None:
    """Drop table `old`, and let the mails point at a table `new`, which the caller makes; their rows at none.

    SQLite takes no foreign key off a column, but lets it follow a table that is renamed.
    """
    op.execute(f"UPDATE outbox_mail SET {old}_id = NULL")  # noqa: S608 - names of tables that stand here
    op.drop_index(f"ix_outbox_mail_{old}_id", "outbox_mail")
    if _on_sqlite():
        op.execute(f"ALTER TABLE {old} RENAME TO {new}")
        op.execute(f"DROP TABLE {new}")
    else:
        op.drop_constraint(f"fk_outbox_mail_{old}_id", "outbox_mail", type_="foreignkey")
        op.drop_table(old)
    op.execute(f"ALTER TABLE outbox_mail RENAME COLUMN {old}_id TO {new}_id")
    op.create_index(f"ix_outbox_mail_{new}_id", "outbox_mail", [f"{new}_id"])


def _mails_point_at(table: str) -> None:
    if not _on_sqlite():
        op.create_foreign_key(
            f"fk_outbox_mail_{table}_id", "outbox_mail", table, [f"{table}_id"], ["id"]
        )


def _make_guest_key() -> None:
    op.create_table(
        "guest_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("selector", sa.String(4), nullable=False),
        sa.Column("code_hash", sa.String(256), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_guest_key_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_guest_key"),
        sa.UniqueConstraint("token_hash", name="uq_guest_key_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_guest_key_user_id", "guest_key", ["user_id"])
    op.create_index("ix_guest_key_selector", "guest_key", ["selector"])
    _mails_point_at("guest_key")


def _make_guest() -> None:
    op.create_table(
        "guest",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("doubled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_guest_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_guest"),
    )
    op.create_index(
        "uq_guest_email", "guest", ["email"], unique=True, sqlite_where=ONE_PERSON, postgresql_where=ONE_PERSON
    )


def _make_invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name="fk_invitation_sitting_id"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_invitation_user_id"),
        sa.ForeignKeyConstraint(["invited_by_id"], ["ab_user.id"], name="fk_invitation_invited_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invitation_user_id", "invitation", ["user_id"])
    op.create_index("ix_invitation_invited_by_id", "invitation", ["invited_by_id"])
    _one_live_guest_per_sitting()


def _one_live_guest_per_sitting() -> None:
    op.create_index(
        "uq_invitation_live_sitting",
        "invitation",
        ["sitting_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _make_invitation_mail() -> None:
    op.create_table(
        "invitation_mail",
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("news", sa.String(10), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["outbox_mail.id"], name="fk_invitation_mail_mail_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name="fk_invitation_mail_invitation_id"),
        sa.PrimaryKeyConstraint("mail_id", "invitation_id", name="pk_invitation_mail"),
    )
    op.create_index("ix_invitation_mail_invitation_id", "invitation_mail", ["invitation_id"])


def _make_invitation_of_before() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("selector", sa.String(4), nullable=False),
        sa.Column("code_hash", sa.String(256), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("mailings", sa.Integer(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name="fk_invitation_sitting_id"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_invitation_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("token_hash", name="uq_invitation_token_hash"),
        sa.UniqueConstraint("user_id", name="uq_invitation_user_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invitation_selector", "invitation", ["selector"])
    _one_live_guest_per_sitting()
    _mails_point_at("invitation")


# -- the rows


def _fill(before: list[dict[str, Any]], mails: list[dict[str, Any]]) -> None:
    people = _people(before)
    now = {one["user_id"]: person for person, theirs in people.items() for one in theirs}
    _insert("guest", _guests(people))
    _insert(
        "guest_key",
        [{"id": one["id"], "user_id": now[one["user_id"]], **{n: one[n] for n in SECRETS}} for one in before],
    )
    _insert(
        "invitation",
        [
            {
                "id": one["id"],
                "user_id": now[one["user_id"]],
                **{name: one[name] for name in ("sitting_id", "created_at", "withdrawn_at")},
            }
            for one in before
        ],
    )
    pairs = [{"id": mail["id"], "invitation": mail["invitation_id"]} for mail in mails]
    _update("UPDATE outbox_mail SET guest_key_id = :invitation WHERE id = :id", pairs)
    _update("INSERT INTO invitation_mail (mail_id, invitation_id) VALUES (:id, :invitation)", pairs)
    merged = [{"old": old, "new": new} for old, new in now.items() if old != new]
    for table, column in THEIRS:
        _update(f"UPDATE {table} SET {column} = :new WHERE {column} = :old", merged)  # noqa: S608 - our names
    _update(
        "UPDATE ab_user SET active = :off, first_name = '', infix = '', last_name = :gone, organisation = ''"
        " WHERE id = :old",
        [{"old": one["old"], "off": False, "gone": GONE} for one in merged],
    )
    for table in ("guest_key", "invitation"):
        _count_on(table)


def _people(before: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """User id -> the invitations of that person: the first row of a name at an address stands for the rest."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in before:
        address = one["email"].strip().lower()
        # An address whose term was over says nothing about who it was.
        who = (address, *(one[name].strip().casefold() for name in NAMES)) if address else (f"#{one['id']}",)
        groups[who].append(one)
    return {min(one["user_id"] for one in theirs): theirs for theirs in groups.values()}


def _guests(people: dict[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """A row per person; the latest invited of an address has it, the others are doubled."""
    latest: dict[str, int] = {}
    for person, theirs in sorted(people.items(), key=lambda pair: max(one["id"] for one in pair[1])):
        latest[theirs[0]["email"].strip().lower()] = person
    rows = []
    for person, theirs in people.items():
        address = theirs[0]["email"].strip().lower()
        opened = [one["opened_at"] for one in theirs if one["opened_at"] is not None]
        rows.append(
            {
                "user_id": person,
                "email": address or None,
                "doubled": bool(address) and latest[address] != person,
                "opened_at": max(opened, default=None),
            }
        )
    return rows


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _rows(query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in op.get_bind().execute(sa.text(query)).mappings()]


def _insert(table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = list(rows[0])
        values = ", ".join(f":{name}" for name in names)
        _update(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})", rows)  # noqa: S608 - our names


def _update(statement: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        op.get_bind().execute(sa.text(statement), rows)


def _count_on(table: str) -> None:
    """Let PostgreSQL number the next row after the ones that came with their number."""
    if not _on_sqlite():
        op.execute(
            f"SELECT setval('{table}_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"  # noqa: S608
        )
