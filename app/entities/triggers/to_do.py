"""The triggers that enter, remove and count the rows of `student_to_do` (what is counted: counted.py)."""

from app.entities.triggers.counted import CODES, COUNTED, COUNTED_ANEW, OWN, Counted, CountedAnew, changed
from app.entities.triggers.postgresql import BY_INDEX, function, per_row, per_statement

COLUMNS = ", ".join(OWN)
OF_NEW = ", ".join(f"NEW.{column}" for column in OWN)
OWN_NOW = f"""\
UPDATE student_to_do SET {", ".join(f"{column} = NEW.{column}" for column in OWN)}
  WHERE student_id = NEW.id;"""

# --- SQLite: row by row


def _on_sqlite(name: str, event: str, when: str, steps: str) -> str:
    condition = f"\nWHEN {when}" if when else ""
    return f"CREATE TRIGGER {name} AFTER {event}{condition}\nBEGIN\n{steps}\nEND"


def _counted_on_sqlite(one: Counted) -> tuple[str, ...]:
    more, less = one.step("NEW", "+"), one.step("OLD", "-")
    watched = ", ".join((one.key, *one.also))
    new, old = one.counts.format(row="NEW"), one.counts.format(row="OLD")
    return (
        _on_sqlite(one.name("insert"), f"INSERT ON {one.table}", new, more),
        _on_sqlite(one.name("delete"), f"DELETE ON {one.table}", old, less),
        _on_sqlite(
            one.name("update"),
            f"UPDATE OF {watched} ON {one.table}",
            one.changes("IS NOT"),
            f"{less}\n{more}",
        ),
    )


def _anew_on_sqlite(one: CountedAnew) -> str:
    event = f"UPDATE OF {', '.join(one.watched)} ON {one.table}"
    return _on_sqlite(one.name, event, one.changes("IS NOT"), one.step)


SQLITE = (
    _on_sqlite(
        "student_to_do_new",
        "INSERT ON student",
        "",
        f"""\
INSERT INTO student_to_do (student_id, {COLUMNS})
  VALUES (NEW.id, {OF_NEW});
UPDATE student_to_do SET code_count = {CODES}
  WHERE student_id = NEW.id AND NEW.user_id IS NOT NULL;""",
    ),
    _on_sqlite(
        "student_gone",
        "DELETE ON student",
        "",
        """\
DELETE FROM student_term WHERE student_id = OLD.id;
DELETE FROM student_to_do WHERE student_id = OLD.id;""",
    ),
    _on_sqlite("student_to_do_own", f"UPDATE OF {COLUMNS} ON student", changed(OWN, "IS NOT"), OWN_NOW),
    *(trigger for one in COUNTED for trigger in _counted_on_sqlite(one)),
    *(_anew_on_sqlite(one) for one in COUNTED_ANEW),
)

# --- PostgreSQL: what is entered and removed once per statement; what changes, which is rare, row by row.
# A step up or down waits for another step on the same row, and adds to it: a count made anew would not.
DIFFERS = "IS DISTINCT FROM"


def _steps(one: Counted, sign: str) -> str:
    """The step up or down for all rows of one statement."""
    counts, whose = one.counts.format(row="touched"), one.whose.format(row="touched")
    return f"""\
UPDATE student_to_do SET {one.column} = {one.column} {sign} per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT ({whose}) AS whose
      FROM touched WHERE {counts}) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;"""


def _counted_on_postgresql(one: Counted) -> tuple[str, ...]:
    entered, removed, updated = (one.name(verb) for verb in ("insert", "delete", "update"))
    return (
        function(entered, _steps(one, "+"), BY_INDEX),
        per_statement(entered, "INSERT", one.table),
        function(removed, _steps(one, "-"), BY_INDEX),
        per_statement(removed, "DELETE", one.table),
        function(updated, f"{one.step('OLD', '-')}\n{one.step('NEW', '+')}"),
        per_row(updated, "UPDATE", one.table, one.changes(DIFFERS)),
    )


def _anew_on_postgresql(one: CountedAnew) -> tuple[str, ...]:
    event = f"UPDATE OF {', '.join(one.watched)}"
    return function(one.name, one.step), per_row(one.name, event, one.table, one.changes(DIFFERS))


POSTGRESQL = (
    function(
        "student_to_do_new",
        f"""\
INSERT INTO student_to_do (student_id, {COLUMNS})
  SELECT id, {COLUMNS} FROM touched;
UPDATE student_to_do SET code_count = {CODES}
  WHERE student_id IN (SELECT id FROM touched WHERE user_id IS NOT NULL);""",
        BY_INDEX,
    ),
    per_statement("student_to_do_new", "INSERT", "student"),
    function(
        "student_gone",
        """\
DELETE FROM student_term WHERE student_id IN (SELECT id FROM touched);
DELETE FROM student_to_do WHERE student_id IN (SELECT id FROM touched);""",
        BY_INDEX,
    ),
    per_statement("student_gone", "DELETE", "student"),
    function("student_to_do_own", OWN_NOW),
    per_row("student_to_do_own", f"UPDATE OF {COLUMNS}", "student", changed(OWN, DIFFERS)),
    *(statement for one in COUNTED for statement in _counted_on_postgresql(one)),
    *(statement for one in COUNTED_ANEW for statement in _anew_on_postgresql(one)),
)
