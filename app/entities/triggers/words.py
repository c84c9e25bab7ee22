"""The triggers that keep the words of a student (`student_term`) as the column `search` has them."""

from app.entities.triggers.postgresql import function, per_row, per_statement

EMPTY = "DELETE FROM student_term WHERE student_id = NEW.id;"
# "zoe o'celik" -> ["zoe","o'celik"], with its special characters escaped by json_quote.
SQLITE_FILL = """\
INSERT INTO student_term (term, student_id) SELECT DISTINCT value, NEW.id
  FROM json_each('[' || replace(json_quote(NEW.search), ' ', '","') || ']') WHERE value <> '';"""

SQLITE = (
    f"""\
CREATE TRIGGER student_terms_new AFTER INSERT ON student BEGIN
{SQLITE_FILL}
END""",
    f"""\
CREATE TRIGGER student_terms_changed AFTER UPDATE OF search ON student
WHEN OLD.search IS NOT NEW.search
BEGIN
{EMPTY}
{SQLITE_FILL}
END""",
)

POSTGRESQL = (
    function(
        "note_student_terms",
        f"""\
IF TG_OP = 'UPDATE' THEN IF OLD.search = NEW.search THEN RETURN NULL; END IF;
{EMPTY} END IF;
INSERT INTO student_term (term, student_id) SELECT DISTINCT word, NEW.id
  FROM string_to_table(NEW.search, ' ') AS word WHERE word <> '';""",
    ),
    per_row(
        "student_terms",
        "UPDATE OF search",
        "student",
        "OLD.search IS DISTINCT FROM NEW.search",
        "note_student_terms",
    ),
    function(
        "note_new_student_terms",
        """\
INSERT INTO student_term (term, student_id) SELECT DISTINCT word, id
  FROM touched, string_to_table(search, ' ') AS word WHERE word <> '';""",
    ),
    per_statement("student_terms_new", "INSERT", "student", "note_new_student_terms"),
)
