"""The command line: prepare a school's database, serve it, put the demo school back, make data at size."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask_migrate import Migrate, upgrade
from sqlalchemy import inspect

from app.actions.base import run
from app.actions.demo import load_demo_school
from app.actions.programmes import load_catalogue
from app.actions.roles import generate_roles
from app.entities.base import db
from app.errors import ProeveError
from app.permissions import SYSTEM
from app.school import current_school
from app.views import menu_permissions
from config import ROOT


def prepare() -> None:
    """Tables and roles: one step before the start, never a side effect of it (trap 24)."""
    upgrade(directory=str(ROOT / "migrations"))
    run(generate_roles, SYSTEM, menu=menu_permissions())


def load_demo() -> None:
    """The catalogue and the demo school, into a prepared and empty database."""
    run(load_catalogue, SYSTEM)
    run(load_demo_school, SYSTEM)


def empty_database() -> None:
    """Drop every table of this school, whatever version it is of."""
    db.session.remove()
    tables = [name for name in inspect(db.engine).get_table_names() if not name.startswith("sqlite_")]
    raw = db.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if db.engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("BEGIN IMMEDIATE")
            for name in tables:
                cursor.execute(f'DROP TABLE "{name}"')
            cursor.execute("COMMIT")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA foreign_keys=ON")
        else:
            for name in tables:
                cursor.execute(f'DROP TABLE "{name}" CASCADE')
            cursor.execute("DROP FUNCTION IF EXISTS refuse_change() CASCADE")
            raw.commit()
        cursor.close()
    finally:
        raw.close()
    db.engine.dispose()


def reset_demo() -> None:
    """Put the demo school back; ClickException for a real school."""
    if not current_school().demo:
        raise click.ClickException("Dit is geen demoschool; er is niets veranderd.")
    empty_database()
    prepare()
    load_demo()


def register_commands(app: Flask) -> None:
    Migrate(app, db, directory=str(ROOT / "migrations"))

    @app.cli.command("prepare")
    def prepare_command() -> None:
        """Bring the tables and roles of this school up to date."""
        prepare()
        click.echo(f"Gereed: {current_app.config['SQLALCHEMY_DATABASE_URI'].split('@')[-1]}")

    @app.cli.command("demo-reset")
    def demo_reset_command() -> None:
        """Put the demo school back as it was."""
        try:
            reset_demo()
        except ProeveError as error:
            raise click.ClickException(str(error)) from error
        click.echo("De demoschool staat terug.")
