"""Puts a backup back, in place or on an empty machine, and keeps what was there aside.

Everything is found right and unpacked beside its place first; then folders change places by their names, and
are put back when something fails. On PostgreSQL the database is emptied and filled in one transaction.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import private
from app.backup import contents, making, occupied, postgresql, sqlite
from app.backup.archive import DATA, SCHOOL, Archive
from app.backup.manifest import DATABASE, POSTGRESQL, SQLITE, Manifest, is_newer, proeve_version
from app.backup.occupied import IN_USE
from app.clock import utc_now
from app.errors import RuleBroken
from app.rules.text import N_
from config import SHORTEST_KEY, Settings

ROOM = "-restoring-"  # in the name of what is unpacked and not yet in its place


@dataclass
class Kept:
    """What was there, and where it stands now; of PostgreSQL a backup that `restore` puts back."""

    aside: list[Path] = field(default_factory=list)
    backup: Path | None = None


class Moves:
    """Changes of name, which can be taken back as long as not all is done."""

    def __init__(self, settings: Settings, kept: Kept) -> None:
        self._settings, self._kept = settings, kept
        self._moment = f"{utc_now():%Y%m%dT%H%M%SZ}"
        self._done: list[tuple[Path, Path]] = []
        self._half = False

    def set_aside(self, place: Path, end: str = "") -> None:
        """Give what stands here another name; `end`: what that must end with."""
        if place.exists() or place.is_symlink():
            name = f"{place.name.removesuffix(end)}.before-{self._moment}"
            aside = making.free_place(place.parent, name, end)
            self.move(place, aside)
            self._kept.aside.append(aside)

    def move(self, source: Path, target: Path) -> None:
        occupied.mark(self._settings, half_done=True)
        os.rename(source, target)
        self._done.append((source, target))
        making.keep_folder(target.parent)

    def undo(self) -> None:
        """Put everything as it was. RuleBroken, and the school stays half restored, when that fails too."""
        self._half = True
        for source, target in reversed(self._done):
            try:
                os.rename(target, source)
            except OSError as error:
                raise RuleBroken(
                    N_("Terugdraaien lukte niet (%(why)s): geef %(target)s zelf weer de naam %(source)s."),
                    why=error.strerror or str(error),
                    target=str(target),
                    source=str(source),
                ) from error
        self._half = False

    def end(self) -> None:
        """Say that all fits together again: everything is in its new place, or back in its old one."""
        if not self._half:
            occupied.mark(self._settings, half_done=False)


@dataclass
class Ready:
    """What was unpacked, each on the disk of its place; None: nothing to change there."""

    data: Path
    school: Path | None = None
    database: Path | None = None  # a SQLite file that stands outside the data folder
    script: Path | None = None  # what fills PostgreSQL


def refuse_unfit(manifest: Manifest, settings: Settings) -> None:
    """RuleBroken when this backup is not one for this school, this Proeve or this kind of database."""
    if manifest.school != settings.school:
        raise RuleBroken(
            N_("Deze back-up is van school %(theirs)s, niet van %(ours)s: zet PROEVE_SCHOOL=%(theirs)s."),
            theirs=manifest.school,
            ours=settings.school,
        )
    if is_newer(manifest):
        raise RuleBroken(
            N_(
                "Deze back-up is van een nieuwere Proeve (%(theirs)s, tabellen %(revision)s) dan deze "
                "(%(ours)s). Zet eerst de nieuwere neer: docs/running.md, “Updating”."
            ),
            theirs=manifest.proeve,
            revision=manifest.revision,
            ours=proeve_version(),
        )
    kind = SQLITE if settings.database_file() else POSTGRESQL
    if manifest.database != kind:
        raise RuleBroken(
            N_(
                "Deze back-up is van een %(theirs)s-database, en DATABASE_URL wijst naar %(ours)s. Een "
                "back-up gaat niet van het ene soort naar het andere."
            ),
            theirs=manifest.database,
            ours=kind,
        )


def refuse_other_key(archive: Archive, settings: Settings) -> None:
    """RuleBroken when the key that this school will have is not the one with which the backup was made."""
    wanted = archive.manifest.keys[:1]
    if settings.given_key:
        keys = list(settings.secret_keys())
    elif DATA + contents.KEY in archive.manifest.parts:
        lines = b"".join(archive.pieces(DATA + contents.KEY)).decode(errors="replace").splitlines()
        keys = [line.strip() for line in lines if len(line.strip()) >= SHORTEST_KEY]
    else:
        keys = []
    if wanted and wanted[0] not in {contents.fingerprint(key) for key in keys}:
        raise RuleBroken(
            N_(
                "De sleutel is een andere dan die van de back-up. Zet die in PROEVE_SECRET_KEY (een oudere "
                "erbij: PROEVE_OLD_SECRET_KEYS). Is die weg, dan zet --other-key toch alles terug: wat "
                "daarmee eindigt, staat in docs/running.md, “Secrets”."
            )
        )


def refuse_other_installation(archive: Archive, settings: Settings) -> None:
    """RuleBroken when a school with users stands here that never had a key of this backup.

    An archive proves only itself: one of an acceptance server is as whole as that of the school.
    """
    here = {contents.fingerprint(key) for key in contents.kept_keys(settings)}
    if not here or not archive.manifest.keys or not here.isdisjoint(archive.manifest.keys):
        return
    if _has_users(settings) and not occupied.is_half_restored(settings):
        raise RuleBroken(
            N_(
                "Deze back-up is van een andere installatie: de sleutel die hier staat, hoort er niet bij. "
                "Is het toch de goede, dan zet --other-key hem terug. Wat hier staat, blijft ook dan bewaard."
            )
        )


def _has_users(settings: Settings) -> bool:
    """Whether anybody has an account here; no when there is no database, or none that can be read."""
    file = settings.database_file()
    if file is None:
        with postgresql.connected(settings) as connection:
            return postgresql.has_users(connection)
    return file.exists() and sqlite.has_users(file)


def put_back(archive: Archive, settings: Settings) -> Kept:
    """Put all of it in its place. RuleBroken, with everything as it was, when that cannot be done."""
    contents.refuse_mixed(settings)
    try:
        with _unpacked(archive, settings) as ready:
            _refuse_open(settings)
            kept = Kept(backup=_backup_of_tables(settings))
            moves = Moves(settings, kept)
            try:
                _put_all(archive, settings, ready, moves)
            except BaseException:
                moves.undo()
                raise
            finally:
                moves.end()
    except OSError as error:
        raise RuleBroken(
            N_("De back-up is niet teruggezet: %(why)s (%(file)s). Er is niets veranderd."),
            why=error.strerror or str(error),
            file=str(error.filename or ""),
        ) from error
    return kept


# --- what is looked at first


def _refuse_open(settings: Settings) -> None:
    """RuleBroken when somebody has the database open, from this machine or (PostgreSQL) another one."""
    file = settings.database_file()
    if file is not None:
        if file.exists() and sqlite.is_open(file):
            raise RuleBroken(IN_USE, by=str(file))
        return
    with postgresql.connected(settings) as connection:
        if others := postgresql.others(connection):
            raise RuleBroken(IN_USE, by=f"{settings.shown_url()}: {others}")


def _backup_of_tables(settings: Settings) -> Path | None:
    """A backup of what is in PostgreSQL now, since its tables cannot be set aside; None: it is empty."""
    if settings.database_file() is not None:
        return None
    with postgresql.connected(settings) as connection:
        tables = postgresql.tables(connection)
    if not tables:
        return None
    if postgresql.OF_US not in tables:
        raise RuleBroken(
            N_(
                "In %(place)s staan tabellen die niet van Proeve zijn. Kies met DATABASE_URL een andere "
                "database."
            ),
            place=settings.shown_url(),
        )
    try:
        return making.make(settings, word="before-restore").file
    except RuleBroken as error:
        raise RuleBroken(
            N_(
                "Van wat er nu in de database staat is geen back-up te maken, dus blijft het staan: %(why)s "
                "Maak een lege database, en zet de back-up daarin terug (DATABASE_URL)."
            ),
            why=str(error),
        ) from error


# --- unpacking


@contextmanager
def _unpacked(archive: Archive, settings: Settings) -> Iterator[Ready]:
    """All parts, each beside its place. What was not taken there goes again."""
    rooms: list[Path] = []

    def room(folder: Path) -> Path:
        rooms.append(Path(tempfile.mkdtemp(prefix=f".{settings.school}{ROOM}", dir=folder)))
        return rooms[-1]

    private.make_folder(settings.data)
    settings.schools.mkdir(parents=True, exist_ok=True)
    _sweep(settings)
    try:
        ready = Ready(room(settings.data) / "data")
        ready.data.mkdir(mode=0o700)
        _unpack(archive, DATA, ready.data)
        file = settings.database_file()
        if file is None:
            _unpack_dump(archive, settings, ready)
        else:
            _unpack_file(archive, file, settings, ready, room)
        if not _is_same(archive, settings):
            ready.school = room(settings.schools) / "school"
            ready.school.mkdir(mode=0o755)
            _unpack(archive, SCHOOL, ready.school)
        yield ready
    finally:
        for one in rooms:
            shutil.rmtree(one, ignore_errors=True)


def _unpack_file(
    archive: Archive, file: Path, settings: Settings, ready: Ready, room: Callable[[Path], Path]
) -> None:
    """SQLite's file, in the new data folder or beside its place elsewhere. RuleBroken: it is not whole."""
    data = settings.school_data.resolve()
    if file.is_relative_to(data):
        target = ready.data / file.relative_to(data)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    else:
        private.make_folder(file.parent)
        target = ready.database = room(file.parent) / file.name
    archive.unpack(DATABASE[SQLITE], target)
    found, said = sqlite.content(target), archive.manifest
    if found.rows != said.rows or found.revision != said.revision:
        raise RuleBroken(sqlite.DAMAGED, place=str(archive.file), why="manifest")


def _unpack_dump(archive: Archive, settings: Settings, ready: Ready) -> None:
    """What fills PostgreSQL. RuleBroken when the dump cannot be read whole."""
    dumped = ready.data.with_name(DATABASE[POSTGRESQL])
    archive.unpack(DATABASE[POSTGRESQL], dumped)
    ready.script = ready.data.with_name("script.sql")
    with postgresql.connected(settings) as connection:
        postgresql.script_of(dumped, ready.script, connection.info.server_version)


def _unpack(archive: Archive, folder: str, to: Path) -> None:
    for name in archive.manifest.parts:
        if name.startswith(folder):
            path = to / name.removeprefix(folder)
            for parent in reversed(path.relative_to(to).parents[:-1]):
                (to / parent).mkdir(mode=0o700, exist_ok=True)
            archive.unpack(name, path)


def _is_same(archive: Archive, settings: Settings) -> bool:
    """Whether the school's folder holds just what the backup has of it."""
    there = dict(contents.school_files(settings))
    wanted = {
        name.removeprefix(SCHOOL): part
        for name, part in archive.manifest.parts.items()
        if name.startswith(SCHOOL)
    }
    return set(there) == set(wanted) and all(
        contents.sha256_of(path) == wanted[name].sha256 for name, path in there.items()
    )


def _sweep(settings: Settings) -> None:
    """Remove what a killed restore left; nobody else restores this school now."""
    for folder in (settings.data, settings.schools):
        for left in folder.glob(f".{settings.school}{ROOM}*"):
            shutil.rmtree(left, ignore_errors=True)


# --- taking their places


def _take_places(settings: Settings, ready: Ready, moves: Moves) -> None:
    """Set aside what stands there, the files beside an old SQLite database too, and put the new there."""
    moves.set_aside(settings.school_data)
    moves.move(ready.data, settings.school_data)
    file = settings.database_file()
    if ready.database is not None and file is not None:
        for end in contents.BESIDE:
            moves.set_aside(file.with_name(file.name + end), end)
        moves.move(ready.database, file)
    if ready.school is not None:
        moves.set_aside(settings.school_folder)
        moves.move(ready.school, settings.school_folder)


def _put_all(archive: Archive, settings: Settings, ready: Ready, moves: Moves) -> None:
    """Fill the database and let folders take their places: last of all, and before PostgreSQL's commit."""
    if ready.script is None:
        _take_places(settings, ready, moves)
        return
    with postgresql.connected(settings) as connection:
        if others := postgresql.others(connection):
            raise RuleBroken(IN_USE, by=f"{settings.shown_url()}: {others}")
        with postgresql.put_back(connection, ready.script, archive.manifest.rows):
            _take_places(settings, ready, moves)
