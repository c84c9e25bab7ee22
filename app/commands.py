"""The command line: prepare a school's database, serve it, put the demo school back, make data at size."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask_migrate import Migrate, upgrade

from app.actions.base import run
from app.actions.roles import generate_roles
from app.entities.base import db
from app.permissions import SYSTEM
from app.views import menu_permissions
from config import ROOT


def prepare() -> None:
    """Tables and roles: one step before the start, never a side effect of it (trap 24)."""
    upgrade(directory=str(ROOT / "migrations"))
    run(generate_roles, SYSTEM, menu=menu_permissions())


def register_commands(app: Flask) -> None:
    Migrate(app, db, directory=str(ROOT / "migrations"))

    @app.cli.command("prepare")
    def prepare_command() -> None:
        """Bring the tables and roles of this school up to date."""
        prepare()
        click.echo(f"Gereed: {current_app.config['SQLALCHEMY_DATABASE_URI'].split('@')[-1]}")
