"""Students are found by the beginning of any word; lists as a user keeps them; couplings that can be undone."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# In SQLite's trigger: "zoe o'celik" -> ["zoe","o'celik"], every sign of it quoted by json_quote.
WORDS = """json_each('[' || replace(json_quote(NEW.search), ' ', '","') || ']')"""
FILL = f"INSERT INTO student_term (term, student_id) SELECT DISTINCT value, NEW.id FROM {WORDS} WHERE value <> '';"
EMPTY = "DELETE FROM student_term WHERE student_id = NEW.id;"
PERSON = ("id", "first_name", "infix", "last_name", "number", "email")
BATCH = 5000
# How a name is searched for: what is not seen, what stands inside a word, letters that Unicode does not take apart.
SPACES = re.compile(r"\s+")
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]")
INSIDE = re.compile(r"(?<=\w)[-'’.@_+/]+(?=\w)|^[-'’]+(?=\w)")
PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss"}
)
SEARCH_MAX = 500


def upgrade() -> None:
    make_search()
    make_lists()
    make_couplings()


def downgrade() -> None:
    for table in ("coupling_row", "coupling_run", "list_view"):
        op.drop_table(table)
    op.drop_index("ix_student_progress", table_name="student")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER student_terms_new")
        op.execute("DROP TRIGGER student_terms_changed")
    else:
        op.execute("DROP TRIGGER student_terms ON student")
        op.execute("DROP FUNCTION note_student_terms()")
    op.drop_table("student_term")


def make_search() -> None:
    # Bytes in order on PostgreSQL too, whatever the database's own order: a range is then a prefix.
    term = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "student_term",
        sa.Column("term", term, nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_student_term_student_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("term", "student_id", name=op.f("pk_student_term")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_student_term_student_id"), "student_term", ["student_id"])
    op.create_index("ix_student_progress", "student", ["progress_available", "id"])
    keep_terms()
    refill()


def keep_terms() -> None:
    """Whoever writes a student, and however: the words follow the column `search`."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER student_terms_new AFTER INSERT ON student BEGIN {FILL} END")
        op.execute(
            "CREATE TRIGGER student_terms_changed AFTER UPDATE OF search ON student "
            f"WHEN OLD.search IS NOT NEW.search BEGIN {EMPTY} {FILL} END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION note_student_terms() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'UPDATE' THEN "
        "IF OLD.search = NEW.search THEN RETURN NULL; END IF; "
        f"{EMPTY} END IF; "
        "INSERT INTO student_term (term, student_id) SELECT DISTINCT word, NEW.id "
        "FROM string_to_table(NEW.search, ' ') AS word WHERE word <> ''; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER student_terms AFTER INSERT OR UPDATE OF search ON student "
        "FOR EACH ROW EXECUTE FUNCTION note_student_terms()"
    )


def refill() -> None:
    """What students are found by is written again by the rule below; the triggers do the words."""
    connection = op.get_bind()
    student = sa.table("student", sa.column("search"), *(sa.column(name) for name in PERSON))
    connection.execute(student.update().values(search=""))
    write = student.update().where(student.c.id == sa.bindparam("key")).values(search=sa.bindparam("found"))
    last = 0
    while rows := connection.execute(
        sa.select(*(student.c[name] for name in PERSON)).where(student.c.id > last).order_by(student.c.id).limit(BATCH)
    ).all():
        connection.execute(write, [{"key": row[0], "found": student_search(*row[1:])} for row in rows])
        last = rows[-1][0]


def student_search(first: str, infix: str, last: str, number: str, mail: str) -> str:
    """All words, and what stands behind a sign in one of them, but for half of a domain; as many as fit."""
    words = [word for part in (first, infix, last, number, mail) for word in search_form(part).split()]
    behind = [
        word[sign.end() :]
        for word in words
        for sign in INSIDE.finditer(word)
        if "@" not in word[: sign.start()]
    ]
    text = " ".join(dict.fromkeys([*words, *behind]))
    if len(text) <= SEARCH_MAX:
        return text
    return text[:SEARCH_MAX].rpartition(" ")[0] or text[:SEARCH_MAX]


def search_form(*parts: str) -> str:
    """Lower case without accents; folded once more when taken apart, as compatibility letters become capitals."""
    folded = tidy(" ".join(parts)).casefold()
    apart = unicodedata.normalize("NFKD", folded.translate(PLAIN)).casefold()
    letters = unicodedata.normalize("NFKD", apart.translate(PLAIN))
    return tidy("".join(one for one in letters if not unicodedata.combining(one)))


def tidy(text: str) -> str:
    return SPACES.sub(" ", INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def make_lists() -> None:
    op.create_table(
        "list_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_list_view_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_view")),
        sa.UniqueConstraint("user_id", "page", "name", name=op.f("uq_list_view_user_id_page_name")),
    )


def make_couplings() -> None:
    moment = sa.DateTime(timezone=True)
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
        sa.ForeignKeyConstraint(
            ["run_id"], ["coupling_run.id"], name=op.f("fk_coupling_row_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_coupling_row_student_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "kind", "target_id", "student_id", name=op.f("pk_coupling_row")),
    )
    op.create_index(op.f("ix_coupling_row_student_id"), "coupling_row", ["student_id"])
