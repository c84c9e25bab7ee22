"""A school's database: brought up to date, filled with the demo school, and emptied."""

from contextlib import closing
from typing import Any

import flask
import sqlalchemy as sa
from flask_migrate import upgrade

from app import errors
from app.actions import base as actions
from app.actions.catalogue.programmes import load_catalogue
from app.actions.school import demo
from app.actions.trail import anchor
from app.actions.users.roles import generate_roles
from app.backup import sqlite
from app.entities.base import db
from app.entities.preparing import one_at_a_time
from app.permissions import SYSTEM
from app.rules.text import N_
from app.views import menu_permissions
from config import ROOT, Settings

LOCK_SECONDS = 10  # how long `empty_database` waits for another writer


def prepare(*, look: sqlite.Look = sqlite.Look.WHOLE) -> None:
    """Bring tables and roles up to date, and begin the trail's anchor.

    A step before the start, never a side effect of it (trap 24). Two at once wait for each other. RuleBroken:
    the database is damaged.
    """
    db.session.remove()
    refuse_damaged(look)
    with one_at_a_time():
        upgrade(directory=str(ROOT / "migrations"))
        actions.run(anchor.begin_anchor, SYSTEM)  # first: what is written next, it follows
        actions.run(generate_roles, SYSTEM, menu=menu_permissions())


def refuse_damaged(look: sqlite.Look) -> None:
    """RuleBroken when SQLite's file is not whole: what is done with it then would only make it worse."""
    settings: Settings = flask.current_app.extensions["proeve_settings"]
    file = settings.database_file()
    if file is not None and file.exists():
        with sqlite.reading(file) as connection:
            if wrong := sqlite.faults(connection, look):
                raise errors.RuleBroken(sqlite.DAMAGED, place=str(file), why=wrong[0])


def load_demo() -> None:
    """Load the catalogue and the demo school into a prepared, empty database."""
    actions.run(load_catalogue, SYSTEM)
    actions.run(demo.load_demo_school, SYSTEM)


def empty_database() -> None:
    """Drop every table of this school, whatever its version. RuleBroken: another process is writing in it."""
    db.session.remove()
    tables = [name for name in sa.inspect(db.engine).get_table_names() if not name.startswith("sqlite_")]
    on_sqlite = db.engine.dialect.name == "sqlite"
    before = (
        [f"PRAGMA busy_timeout={LOCK_SECONDS * 1000}", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"]
        if on_sqlite
        else [f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"]
    )
    drop = [f'DROP TABLE "{name}"' if on_sqlite else f'DROP TABLE "{name}" CASCADE' for name in tables]
    raw = db.engine.raw_connection()
    try:
        with closing(raw.cursor()) as cursor:  # an open cursor keeps the file open
            for statement in [*before, *drop]:
                cursor.execute(statement)
            for function in [] if on_sqlite else _functions(cursor):
                cursor.execute(f"DROP FUNCTION {function} CASCADE")
            for statement in ["COMMIT", *(["VACUUM"] if on_sqlite else [])]:
                cursor.execute(statement)
    except db.engine.dialect.loaded_dbapi.OperationalError as error:
        raise errors.RuleBroken(
            N_("De database is in gebruik. Stop Proeve en probeer het opnieuw.")
        ) from error
    finally:
        raw.close()
        db.engine.dispose()  # the next connection gets its usual settings


def _functions(cursor: Any) -> list[str]:
    """The functions that our migrations made on PostgreSQL; those of extensions are left alone."""
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace "
        "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
    )
    return [name for (name,) in cursor.fetchall()]
