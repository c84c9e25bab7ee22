"""`run.py restore FROM`: puts a backup back, in place or on an empty machine, and checks all of it.

It begins where there may be no school yet, so until all is in its place it speaks Dutch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import commands, create_app, database, errors
from app.actions import base as actions
from app.actions.trail.anchor import note_restore
from app.backup import contents, occupied, owners, restoring, terminal
from app.backup.archive import Archive, opened
from app.backup.manifest import Manifest
from app.entities.base import db
from app.permissions import SYSTEM
from config import Settings
from environment import refuse_unknown


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path), metavar="FROM")
@click.option("--other-key", is_flag=True, help=_l("Ook als de sleutel een andere is dan die van de back-up"))
def restore(source: Path, *, other_key: bool) -> None:
    """Put back the backup FROM. What is there now is kept, under another name."""
    with commands.told(), opened(source) as archive:
        os.environ.setdefault("PROEVE_SCHOOL", archive.manifest.school)
        settings = Settings()
        refuse_unknown()
        owners.refuse_foreign(settings)
        _look_first(archive, settings, other_key=other_key)
        with occupied.alone(settings):
            kept = restoring.put_back(archive, settings)
            for line in _words(source, archive.manifest, kept):
                click.echo(line)
            _finish(settings, archive.manifest, kept)


def _look_first(archive: Archive, settings: Settings, *, other_key: bool) -> None:
    """Refuse whatever can be refused before anything is touched."""
    restoring.refuse_unfit(archive.manifest, settings)
    archive.check()
    if not other_key:
        restoring.refuse_other_key(archive, settings)
        restoring.refuse_other_installation(archive, settings)


def _finish(settings: Settings, manifest: Manifest, kept: restoring.Kept) -> None:
    """Bring the tables up to date, note it in the trail, and check everything."""
    try:
        app = create_app(settings)
    except errors.ProeveError as error:  # a file of the school that this version reads otherwise
        raise click.ClickException(str(error)) from None
    commands.register_commands(app)
    with app.app_context(), _connections_closed(), commands.told(), commands.reached():
        database.prepare()
        held = _held_before(kept.aside, settings)
        actions.run(note_restore, SYSTEM, made_at=manifest.made_at, held=held)
        terminal.end_of_check(True)
        click.echo(_("Alles klopt. Start Proeve weer."))


@contextmanager
def _connections_closed() -> Iterator[None]:
    """Leave no connection open: whoever starts Proeve next, or restores once more, finds nobody."""
    try:
        yield
    finally:
        db.session.remove()
        db.engine.dispose()


def _words(source: Path, manifest: Manifest, kept: restoring.Kept) -> Sequence[str]:
    moment = f"{manifest.made_at.astimezone():%d-%m-%Y %H:%M}"
    lines = [_("Teruggezet: %(file)s, van %(moment)s.", file=source, moment=moment)]
    lines += [_("Wat er stond, staat nu in %(place)s.", place=place) for place in kept.aside]
    if kept.backup:
        lines.append(
            _("Wat er in de database stond, zet dit terug: run.py restore %(file)s", file=kept.backup)
        )
    return lines


def _held_before(aside: Sequence[Path], settings: Settings) -> int | None:
    """How many entries the anchor of before held: for the trail to tell, whoever wrote it."""
    for place in aside:
        if place.parent == settings.data and (place / contents.ANCHOR).is_file():
            try:
                return int(json.loads((place / contents.ANCHOR).read_text())["count"])
            except (OSError, ValueError, KeyError, TypeError):
                return None
    return None
