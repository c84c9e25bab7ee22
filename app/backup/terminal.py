"""The commands `backup` and `check-data`; `restore` begins before there is a school: app/restore.py."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask_babel import format_decimal
from flask_babel import gettext as _

from app.backup import checking, making, owners
from config import Settings


@click.command("backup")
@click.argument("to", type=click.Path(path_type=Path), required=False)
def backup(to: Path | None) -> None:
    """Make a backup of all that is this school's, while it is in use, and check it.

    TO: a file or a folder. Exits with 1 when something is wrong.
    """
    settings: Settings = current_app.extensions["proeve_settings"]
    owners.refuse_foreign(settings)
    made = making.make(settings, to)
    click.echo(
        _(
            "Back-up gemaakt en teruggelezen: %(file)s (%(size)s; rijen: %(rows)s, bestanden: %(parts)s).",
            file=made.file,
            size=_size(made.size),
            rows=made.manifest.count,
            parts=len(made.manifest.parts),
        )
    )
    if settings.given_key:
        click.echo(_("De sleutel uit PROEVE_SECRET_KEY zit er niet in: bewaar die apart."))
    missing = making.missing_documents(made.manifest)
    for one in missing:
        click.echo(_("Fout: bestand %(name)s van de bibliotheek zit er niet heel in.", name=one), err=True)
    end_of_check(not missing)


@click.command("check-data")
def check_data() -> None:
    """Check everything that is kept: database, trail, files and key. Exits with 1 when something is wrong."""
    end_of_check(True)


def end_of_check(right: bool) -> None:
    """Show what a check of everything finds, a line each. SystemExit with 1 when something is wrong."""
    for found in checking.check_data():
        right = right and found.right
        line = found.line if found.right else _("Fout: %(what)s", what=found.line)
        click.echo(line, err=not found.right)
    if not right:
        raise SystemExit(1)


def _size(size: int) -> str:
    return f"{format_decimal(size / 1_000_000, format='0.0')} MB"
