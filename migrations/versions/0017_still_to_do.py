"""What is still to be done for a student in a narrow table beside it; on PostgreSQL counted per statement.

Its rows, and the words of 0010, come and go with the student by trigger; they had a foreign key, for each of which
PostgreSQL looked the student up again: three quarters of what a new student cost.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from alembic import context, op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE = "student_to_do"
COUNTS = ("programme_count", "supervisor_count", "sitting_count", "code_count")
OWN = ("progress_available", "active")  # the student's own columns that say something is to be done
CODES = "code.user_id = student.user_id AND code.purpose = 'invitation'"
SENT = "state IN ('waiting', 'sending', 'sent')"
# What is counted anew when it becomes another student's, of one student.
FULL = {
    "sitting_count": "(SELECT count(*) FROM sitting JOIN registration ON registration.id = registration_id "
    f"WHERE registration.student_id = {TABLE}.student_id)",
    "code_count": "(SELECT count(*) FROM student JOIN login_code AS code ON " + CODES + " "
    f"WHERE student.id = {TABLE}.student_id AND code.used_at IS NOT NULL) + "
    "(SELECT count(*) FROM student JOIN login_code AS code ON " + CODES + " "
    "JOIN outbox_mail ON outbox_mail.login_code_id = code.id "
    f"WHERE student.id = {TABLE}.student_id AND {SENT})",
}
FLAGS = (
    "CASE WHEN programme_count = 0 THEN 1 ELSE 0 END + CASE WHEN supervisor_count = 0 THEN 2 ELSE 0 END + "
    "CASE WHEN code_count = 0 THEN 4 ELSE 0 END + CASE WHEN sitting_count = 0 THEN 8 ELSE 0 END + "
    "CASE WHEN NOT progress_available THEN 16 ELSE 0 END + CASE WHEN NOT active THEN 32 ELSE 0 END + "
    "CASE WHEN programme_count > 1 THEN 64 ELSE 0 END"
)
# PostgreSQL: a plan that is right for one row and for a hundred thousand, and rows locked in order of number.
WAYS = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "enable_hashagg")
BY_INDEX = " ".join(f"SET {way} = off" for way in WAYS)
OLD_INDEXES = (
    "ix_student_no_programme", "ix_student_no_supervisor", "ix_student_no_code", "ix_student_nothing_planned",
    "ix_student_no_progress", "ix_student_inactive", "ix_student_several_programmes",
)  # fmt: skip


class Counted(NamedTuple):
    """Rows of `table` where `counts` holds are counted for the student `whose`; {row} is a row of it."""

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
        return f"UPDATE {TABLE} SET {self.column} = {self.column} {sign} 1 WHERE {counts} AND student_id = ({whose});"

    def steps(self, sign: str) -> str:
        """The same for all rows of one statement on PostgreSQL."""
        counts, whose = self.counts.format(row="touched"), self.whose.format(row="touched")
        return (
            f"UPDATE {TABLE} SET {self.column} = {self.column} {sign} per.number FROM (SELECT one.whose, "
            f"count(*) AS number FROM (SELECT ({whose}) AS whose FROM touched WHERE {counts}) AS one "
            f"GROUP BY one.whose) AS per WHERE {TABLE}.student_id = per.whose;"
        )

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
        "SELECT student_id FROM registration WHERE registration.id = {row}.registration_id",
    ),
    Counted(
        "code_count", "login_code", "user_id", "({row}.purpose = 'invitation' AND {row}.used_at IS NOT NULL)",
        "SELECT student.id FROM student WHERE student.user_id = {row}.user_id", "used_at",
    ),
    Counted(
        "code_count", "outbox_mail", "login_code_id",
        "({row}.login_code_id IS NOT NULL AND {row}." + SENT + ")",
        "SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id "
        "WHERE code.id = {row}.login_code_id AND code.purpose = 'invitation'", "state",
    ),
)  # fmt: skip
# What makes all of a student's codes, or moments, another student's: columns, whose, what is counted anew.
MOVED = {
    "student": (("user_id",), "student_id = NEW.id", "code_count"),
    "login_code": (
        ("user_id", "purpose"),
        "student_id IN (SELECT id FROM student WHERE user_id IN (OLD.user_id, NEW.user_id))", "code_count",
    ),
    "registration": (("student_id",), "student_id IN (OLD.student_id, NEW.student_id)", "sitting_count"),
}  # fmt: skip
FILL = (
    f"INSERT INTO {TABLE} (student_id, {', '.join((*OWN, *COUNTS))}) "
    f"SELECT id, {', '.join((*OWN, *COUNTS))} FROM student"
)
# A student's own part of it, of a NEW one and of one that changed.
ENTER = f"INSERT INTO {TABLE} (student_id, {', '.join(OWN)}) "
OWN_NOW = f"UPDATE {TABLE} SET {', '.join(f'{name} = NEW.{name}' for name in OWN)} WHERE student_id = NEW.id;"
CODES_NOW = f"UPDATE {TABLE} SET code_count = {FULL['code_count']} WHERE "


def moved(table: str, differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in MOVED[table][0])


def own(differs: str) -> str:
    return " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in OWN)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in COUNTS),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in OWN),
        sa.Column("flags", sa.SmallInteger(), sa.Computed(FLAGS, persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("student_id", name=op.f(f"pk_{TABLE}")),
    )
    op.execute(FILL)
    op.create_index(op.f(f"ix_{TABLE}_flags"), TABLE, ["flags"])
    drop_old()
    if op.get_bind().dialect.name == "sqlite":
        words_on_sqlite()
        count_on_sqlite()
    else:
        op.execute(f"ALTER TABLE {TABLE} SET (fillfactor = 50)")  # room for its rows once more
        words_on_postgresql()
        count_on_postgresql()


def drop_old() -> None:
    """The counts on the student's own row, and what kept and found them."""
    drop_triggers()
    for name in (*OLD_INDEXES, op.f("ix_student_flags")):
        op.drop_index(name, table_name="student")
    if op.get_bind().dialect.name == "postgresql":
        for name in OLD_INDEXES:
            op.execute(f"DROP STATISTICS {name.replace('ix_', 'st_')}")
    for column in ("flags", *COUNTS):
        op.execute(f"ALTER TABLE student DROP COLUMN {column}")


def drop_triggers() -> None:
    """Those of 0015."""
    moving = [f"count_{column}_{table}_moved" for table, (_columns, _which, column) in MOVED.items()]
    if op.get_bind().dialect.name == "sqlite":
        names = [one.name(verb) for one in COUNTED for verb in ("insert", "delete", "update")]
        for name in (*names, *moving, "count_code_count_student_insert"):
            op.execute(f"DROP TRIGGER {name}")
        return
    for name in (*(one.name() for one in COUNTED), *moving):
        op.execute(f"DROP FUNCTION {name}() CASCADE")


# -- SQLite


def count_on_sqlite() -> None:
    enter = f"{ENTER} VALUES (NEW.id, {', '.join(f'NEW.{name}' for name in OWN)});"
    codes = f"{CODES_NOW} student_id = NEW.id AND NEW.user_id IS NOT NULL;"
    op.execute(f"CREATE TRIGGER {TABLE}_new AFTER INSERT ON student BEGIN {enter} {codes} END")
    gone = " ".join(f"DELETE FROM {table} WHERE student_id = OLD.id;" for table in ("student_term", TABLE))
    op.execute(f"CREATE TRIGGER student_gone AFTER DELETE ON student BEGIN {gone} END")
    op.execute(
        f"CREATE TRIGGER {TABLE}_own AFTER UPDATE OF {', '.join(OWN)} ON student WHEN {own('IS NOT')} "
        f"BEGIN {OWN_NOW} END"
    )
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
            f"WHEN {moved(table, 'IS NOT')} BEGIN UPDATE {TABLE} SET {column} = {FULL[column]} WHERE {which}; END"
        )


def words_on_sqlite(*, key: str = "") -> None:
    """The same table, with or without a foreign key: SQLite can only make it anew, and its triggers with it."""
    connection = op.get_bind()
    filling = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'student_terms%'")
    triggers = connection.execute(filling).all()
    for name, _sql in triggers:
        op.execute(f"DROP TRIGGER {name}")
    op.execute("DROP INDEX ix_student_term_student_id")
    op.execute("ALTER TABLE student_term RENAME TO student_term_before")
    op.execute(
        "CREATE TABLE student_term (term TEXT NOT NULL, student_id INTEGER NOT NULL, "
        f"CONSTRAINT pk_student_term PRIMARY KEY (term, student_id){key}) WITHOUT ROWID"
    )
    op.execute("INSERT INTO student_term SELECT term, student_id FROM student_term_before ORDER BY term, student_id")
    op.drop_table("student_term_before")
    op.create_index(op.f("ix_student_term_student_id"), "student_term", ["student_id"])
    for _name, sql in triggers:
        connection.exec_driver_sql(sql)


# -- PostgreSQL


def count_on_postgresql() -> None:
    """What is entered and removed, once per statement; what changes, which is rare, row by row.

    A step up or down waits for who else steps there, and adds to that: a count made anew would not.
    """
    differs = "IS DISTINCT FROM"
    make_function(f"{TABLE}_new", f"{ENTER} SELECT id, {', '.join(OWN)} FROM touched; " + CODES_NOW + (
        "student_id IN (SELECT id FROM touched WHERE user_id IS NOT NULL);"
    ), BY_INDEX)  # fmt: skip
    per_statement(f"{TABLE}_new", "INSERT", "student", f"{TABLE}_new")
    gone = (
        f"DELETE FROM {table} WHERE student_id IN (SELECT id FROM touched);" for table in ("student_term", TABLE)
    )
    make_function("student_gone", " ".join(gone), BY_INDEX)
    per_statement("student_gone", "DELETE", "student", "student_gone")
    make_function(f"{TABLE}_own", OWN_NOW)
    per_row(f"{TABLE}_own", f"UPDATE OF {', '.join(OWN)}", "student", own(differs), f"{TABLE}_own")
    for one in COUNTED:
        for verb, sign in (("INSERT", "+"), ("DELETE", "-")):
            name = one.name(verb.lower())
            make_function(name, one.steps(sign), BY_INDEX)
            per_statement(name, verb, one.table, name)
        name = one.name("update")
        make_function(name, one.step("OLD", "-") + " " + one.step("NEW", "+"))
        per_row(name, "UPDATE", one.table, one.when("UPDATE", differs), name)
    for table, (columns, which, column) in MOVED.items():
        name = f"count_{column}_{table}_moved"
        make_function(name, f"UPDATE {TABLE} SET {column} = {FULL[column]} WHERE {which};")
        per_row(name, f"UPDATE OF {', '.join(columns)}", table, moved(table, differs), name)


def words_on_postgresql() -> None:
    """The words of new students at once; of a student who changed one by one, as in 0010."""
    make_function(
        "note_new_student_terms",
        "INSERT INTO student_term (term, student_id) SELECT DISTINCT word, id "
        "FROM touched, string_to_table(search, ' ') AS word WHERE word <> '';",
    )
    op.execute("ALTER TABLE student_term DROP CONSTRAINT fk_student_term_student_id")
    op.execute("DROP TRIGGER student_terms ON student")
    per_statement("student_terms_new", "INSERT", "student", "note_new_student_terms")
    per_row(
        "student_terms", "UPDATE OF search", "student", "OLD.search IS DISTINCT FROM NEW.search",
        "note_student_terms",
    )  # fmt: skip


def make_function(name: str, body: str, settings: str = "") -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {settings} AS $$ BEGIN {body} RETURN NULL; END $$"
    )


def per_statement(name: str, verb: str, table: str, function: str) -> None:
    which = "NEW" if verb == "INSERT" else "OLD"
    op.execute(
        f"CREATE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {which} TABLE AS touched "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )


def per_row(name: str, verb: str, table: str, when: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} AFTER {verb} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {function}()"
    )


# -- back to the counts on the student's own row


def downgrade() -> None:
    names = [one.name(verb) for one in COUNTED for verb in ("insert", "delete", "update")]
    names += [f"count_{column}_{table}_moved" for table, (_columns, _which, column) in MOVED.items()]
    names += [f"{TABLE}_new", f"{TABLE}_own", "student_gone"]
    key = "CONSTRAINT fk_student_term_student_id FOREIGN KEY (student_id) REFERENCES student (id) ON DELETE CASCADE"
    if op.get_bind().dialect.name == "sqlite":
        for name in names:
            op.execute(f"DROP TRIGGER {name}")
        words_on_sqlite(key=f", {key}")
    else:
        op.execute(f"ALTER TABLE student_term ADD {key}")
        for name in (*names, "note_new_student_terms"):
            op.execute(f"DROP FUNCTION {name}() CASCADE")
        op.execute("DROP TRIGGER student_terms ON student")
        op.execute(
            "CREATE TRIGGER student_terms AFTER INSERT OR UPDATE OF search ON student "
            "FOR EACH ROW EXECUTE FUNCTION note_student_terms()"
        )
    op.drop_table(TABLE)
    context.script.get_revision("0015").module.make_counts()
