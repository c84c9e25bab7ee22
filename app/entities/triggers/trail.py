"""The triggers that refuse a change of the audit trail, and PostgreSQL's function for its last entry."""

REFUSED = "the audit trail is append-only"
TABLES = ("audit_entry", "audit_object")

SQLITE_GUARDS = tuple(
    f"""\
CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} BEGIN
  SELECT RAISE(ABORT, '{REFUSED}');
END"""
    for table in TABLES
    for verb in ("update", "delete")
)

REFUSE = f"""\
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION '{REFUSED}';
END $$"""
POSTGRESQL_GUARDS = tuple(
    f"""\
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    for table in TABLES
)
# A volatile function sees the database as it is at each of its statements: here, after the lock.
HEAD = """\
CREATE FUNCTION trail_head(lock bigint) RETURNS varchar LANGUAGE plpgsql VOLATILE AS $$ BEGIN
  PERFORM pg_advisory_xact_lock(lock);
  RETURN (SELECT hash FROM audit_entry ORDER BY id DESC LIMIT 1);
END $$"""

SQLITE = SQLITE_GUARDS
POSTGRESQL = (REFUSE, *POSTGRESQL_GUARDS, HEAD)
