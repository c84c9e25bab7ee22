"""Students at size: what is still to be done counted on the student's own row; a coupling's run in one value."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COUNTS = ("programme_count", "supervisor_count", "sitting_count", "code_count")
CODES = "code.user_id = student.user_id AND code.purpose = 'invitation'"
SENT = "state IN ('waiting', 'sending', 'sent')"
# What each column counts, of one student.
FULL = {
    "programme_count": "SELECT count(*) FROM enrolment WHERE student_id = student.id AND programme_id IS NOT NULL",
    "supervisor_count": "SELECT count(*) FROM supervision "
    "WHERE student_id = student.id AND role = 'school_supervisor'",
    "sitting_count": "SELECT count(*) FROM sitting JOIN registration ON registration.id = registration_id "
    "WHERE student_id = student.id",
    "code_count": f"(SELECT count(*) FROM login_code AS code WHERE {CODES} AND code.used_at IS NOT NULL) + "
    "(SELECT count(*) FROM outbox_mail JOIN login_code AS code ON code.id = outbox_mail.login_code_id "
    f"WHERE {CODES} AND {SENT})",
}
FLAGS = (
    "CASE WHEN programme_count = 0 THEN 1 ELSE 0 END + CASE WHEN supervisor_count = 0 THEN 2 ELSE 0 END + "
    "CASE WHEN code_count = 0 THEN 4 ELSE 0 END + CASE WHEN sitting_count = 0 THEN 8 ELSE 0 END + "
    "CASE WHEN NOT progress_available THEN 16 ELSE 0 END + CASE WHEN NOT active THEN 32 ELSE 0 END + "
    "CASE WHEN programme_count > 1 THEN 64 ELSE 0 END"
)
BY_NAME = ["last_name", "first_name", "id"]
INDEXES = {
    "ix_student_no_programme": (1, BY_NAME), "ix_student_no_supervisor": (2, BY_NAME),
    "ix_student_no_code": (4, BY_NAME), "ix_student_nothing_planned": (8, BY_NAME),
    "ix_student_no_progress": (16, BY_NAME), "ix_student_inactive": (32, BY_NAME),
    "ix_student_several_programmes": (64, ["id"]),
}  # fmt: skip


class Counted(NamedTuple):
    """Rows of `table` where `counts` holds are counted for the student `whose`; {row} is NEW or OLD."""

    column: str
    table: str
    key: str  # what says whose it is
    counts: str
    whose: str
    also: str = ""  # the columns that `counts` looks at

    def name(self, verb: str = "") -> str:
        return "_".join(part for part in ("count", self.column, self.table, verb) if part)

    def step(self, row: str, sign: str) -> str:
        counts, whose = self.counts.format(row=row), self.whose.format(row=row)
        return f"UPDATE student SET {self.column} = {self.column} {sign} 1 WHERE {counts} AND id = {whose};"

    def when(self, verb: str, differs: str) -> str:
        new, old = self.counts.format(row="NEW"), self.counts.format(row="OLD")
        if verb == "UPDATE" and self.table in MOVED:  # there all is counted anew when it becomes another's
            return f"NOT ({moved(self.table, differs)}) AND ({old}) {differs} ({new})"
        if verb == "UPDATE":
            return f"OLD.{self.key} {differs} NEW.{self.key} OR ({old}) {differs} ({new})"
        return new if verb == "INSERT" else old


COUNTED = (
    Counted(
        "programme_count", "enrolment", "student_id", "{row}.programme_id IS NOT NULL", "{row}.student_id",
        "programme_id",
    ),
    Counted(
        "supervisor_count", "supervision", "student_id", "{row}.role = 'school_supervisor'",
        "{row}.student_id", "role",
    ),
    Counted(
        "sitting_count", "sitting", "registration_id", "{row}.id IS NOT NULL",
        "(SELECT student_id FROM registration WHERE id = {row}.registration_id)",
    ),
    Counted(
        "code_count", "login_code", "user_id", "({row}.purpose = 'invitation' AND {row}.used_at IS NOT NULL)",
        "(SELECT id FROM student WHERE user_id = {row}.user_id)", "used_at",
    ),
    Counted(
        "code_count", "outbox_mail", "login_code_id",
        "({row}.login_code_id IS NOT NULL AND {row}." + SENT + ")",
        "(SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id "
        "WHERE code.id = {row}.login_code_id AND code.purpose = 'invitation')", "state",
    ),
)  # fmt: skip
# What makes all of a student's codes, or moments, another student's: columns, whose, what is counted anew.
MOVED = {
    "student": (("user_id",), "id = NEW.id", "code_count"),
    "login_code": (("user_id", "purpose"), "user_id IN (OLD.user_id, NEW.user_id)", "code_count"),
    "registration": (("student_id",), "id IN (OLD.student_id, NEW.student_id)", "sitting_count"),
}


def moved(table: str, differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in MOVED[table][0])


def upgrade() -> None:
    make_counts()
    make_couplings()
    make_trail_head()


def make_counts() -> None:
    for column in COUNTS:
        op.add_column("student", sa.Column(column, sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE student SET " + ", ".join(f"{column} = ({FULL[column]})" for column in COUNTS))
    stored = op.get_bind().dialect.name != "sqlite"  # which adds only a column that is worked out when read
    flags = sa.Column("flags", sa.SmallInteger(), sa.Computed(FLAGS, persisted=stored), nullable=False)
    op.add_column("student", flags)
    op.create_index(op.f("ix_student_flags"), "student", ["flags"])
    for name, (flag, columns) in INDEXES.items():
        where = sa.text(f"(flags & {flag}) <> 0")
        op.create_index(name, "student", columns, sqlite_where=where, postgresql_where=where)
    if stored:
        tune_postgresql()
    if op.get_bind().dialect.name == "sqlite":
        count_on_sqlite()
    else:
        count_on_postgresql()


def tune_postgresql() -> None:
    """Room on each page for its rows once more, so that all can be counted further without touching an index;
    and numbers for the planner, which would take any flag for everybody's."""
    op.execute("ALTER TABLE student SET (fillfactor = 50)")
    for name, (flag, _columns) in INDEXES.items():
        op.execute(f"CREATE STATISTICS {name.replace('ix_', 'st_')} ON (flags & {flag}) FROM student")


def make_couplings() -> None:
    """What a run did stands in one value; of runs that are there: what they coupled."""
    op.add_column("supervision", sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("coupling_run", sa.Column("pieces", sa.JSON(), nullable=False, server_default="[]"))
    connection = op.get_bind()
    pieces: dict[int, dict[tuple[str, int], list[int]]] = {}
    made = sa.text("SELECT run_id, kind, target_id, student_id FROM coupling_row ORDER BY student_id")
    for run, kind, target, student in connection.execute(made):
        pieces.setdefault(run, {}).setdefault((kind, target), []).append(student)
    runs = sa.table("coupling_run", sa.column("id"), sa.column("pieces", sa.JSON()))
    for run, targets in pieces.items():
        found = [
            {"kind": kind, "target": target, "role": "", "students": students, "taken": False, "since": []}
            for (kind, target), students in targets.items()
        ]
        connection.execute(runs.update().where(runs.c.id == run).values(pieces=found))
    op.drop_table("coupling_row")


def make_trail_head() -> None:
    """PostgreSQL: the last hash of the trail, for who then adds to it; two statements of before in one.

    What a function asks it asks of the database as it is by then: after the lock.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION trail_head(lock bigint) RETURNS varchar LANGUAGE plpgsql VOLATILE AS $$ BEGIN "
            "PERFORM pg_advisory_xact_lock(lock); "
            "RETURN (SELECT hash FROM audit_entry ORDER BY id DESC LIMIT 1); END $$"
        )


def count_on_sqlite() -> None:
    for one in COUNTED:
        watched = ", ".join(part for part in (one.key, one.also) if part)
        for verb, steps in (
            ("INSERT", one.step("NEW", "+")),
            ("DELETE", one.step("OLD", "-")),
            (f"UPDATE OF {watched}", one.step("OLD", "-") + " " + one.step("NEW", "+")),
        ):
            kind = verb.partition(" ")[0]
            when = one.when(kind, "IS NOT")
            op.execute(
                f"CREATE TRIGGER {one.name(kind.lower())} AFTER {verb} ON {one.table} WHEN {when} "
                f"BEGIN {steps} END"
            )
    for table, (columns, which, column) in MOVED.items():
        op.execute(
            f"CREATE TRIGGER count_{column}_{table}_moved AFTER UPDATE OF {', '.join(columns)} ON {table} "
            f"WHEN {moved(table, 'IS NOT')} BEGIN UPDATE student SET {column} = ({FULL[column]}) WHERE {which}; END"
        )
    op.execute(
        "CREATE TRIGGER count_code_count_student_insert AFTER INSERT ON student WHEN NEW.user_id IS NOT NULL "
        f"BEGIN UPDATE student SET code_count = {FULL['code_count']} WHERE id = NEW.id; END"
    )


def count_on_postgresql() -> None:
    """A step up or down waits for who else steps there, and adds to that: a count made anew would not."""
    for one in COUNTED:
        make_function(
            one.name(),
            f"IF TG_OP <> 'INSERT' THEN {one.step('OLD', '-')} END IF; "
            f"IF TG_OP <> 'DELETE' THEN {one.step('NEW', '+')} END IF;",
        )
        for verb in ("INSERT", "DELETE", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER {one.name(verb.lower())} AFTER {verb} ON {one.table} FOR EACH ROW "
                f"WHEN ({one.when(verb, 'IS DISTINCT FROM')}) EXECUTE FUNCTION {one.name()}()"
            )
    for table, (columns, which, column) in MOVED.items():
        name = f"count_{column}_{table}_moved"
        make_function(name, f"UPDATE student SET {column} = ({FULL[column]}) WHERE {which};")
        op.execute(
            f"CREATE TRIGGER {name} AFTER UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW "
            f"WHEN ({moved(table, 'IS DISTINCT FROM')}) EXECUTE FUNCTION {name}()"
        )
    op.execute(
        "CREATE TRIGGER count_code_count_student_insert AFTER INSERT ON student FOR EACH ROW "
        "WHEN (NEW.user_id IS NOT NULL) EXECUTE FUNCTION count_code_count_student_moved()"
    )


def make_function(name: str, body: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    )


def downgrade() -> None:
    moment = sa.DateTime(timezone=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION trail_head(bigint)")
    op.execute("ALTER TABLE supervision DROP COLUMN created_at")
    op.drop_table("coupling_run")
    op.create_table(
        "coupling_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("undone_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupling_run")),
    )
    op.create_index("ix_coupling_run_actor_id_at", "coupling_run", ["actor_id", "at"])
    op.create_table(
        "coupling_row",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "kind", "target_id", "student_id", name=op.f("pk_coupling_row")),
    )
    op.create_index(op.f("ix_coupling_row_student_id"), "coupling_row", ["student_id"])
    drop_counts()


def drop_counts() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for one in COUNTED:
            for verb in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER {one.name(verb)}")
        for table, (_columns, _which, column) in MOVED.items():
            op.execute(f"DROP TRIGGER count_{column}_{table}_moved")
        op.execute("DROP TRIGGER count_code_count_student_insert")
    else:
        moving = [f"count_{column}_{table}_moved" for table, (_columns, _which, column) in MOVED.items()]
        op.execute("ALTER TABLE student RESET (fillfactor)")
        for name in INDEXES:
            op.execute(f"DROP STATISTICS {name.replace('ix_', 'st_')}")
        for name in (*(one.name() for one in COUNTED), *moving):
            op.execute(f"DROP FUNCTION {name}() CASCADE")
    for name in (*INDEXES, op.f("ix_student_flags")):
        op.drop_index(name, table_name="student")
    for column in ("flags", *COUNTS):
        op.execute(f"ALTER TABLE student DROP COLUMN {column}")
