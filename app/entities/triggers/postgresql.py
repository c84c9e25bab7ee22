"""Writes a trigger of PostgreSQL and its function."""

# A plan that is right for one row and for a hundred thousand, and rows locked in order of number.
BY_INDEX = " ".join(
    f"SET {way} = off" for way in ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "enable_hashagg")
)


def function(name: str, body: str, settings: str = "") -> str:
    how = f"\n{settings}" if settings else ""
    return f"""\
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql{how} AS $$ BEGIN
{body}
RETURN NULL; END $$"""


def per_statement(name: str, verb: str, table: str, calls: str = "") -> str:
    """A trigger per statement; `touched` holds its rows. Without `calls` its function has the same name."""
    rows = "NEW" if verb == "INSERT" else "OLD"
    return f"""\
CREATE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {rows} TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION {calls or name}()"""


def per_row(name: str, verb: str, table: str, when: str, calls: str = "") -> str:
    return f"""\
CREATE TRIGGER {name} AFTER {verb} ON {table} FOR EACH ROW
WHEN ({when})
EXECUTE FUNCTION {calls or name}()"""
