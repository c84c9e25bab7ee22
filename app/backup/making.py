"""Makes a backup: one archive of all that is a school's, while the school is in use.

The order makes it fit together. The trail's anchor first: it may hold less than the trail, never more. Then
the database, at one moment. Then the kept files and the key: a file is on disk before its row and never goes,
so every file that a row names is there, and the key that sealed a row is still known.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import private
from app.backup import contents, postgresql, sqlite
from app.backup.archive import DATA, SCHOOL, Writer, opened
from app.backup.manifest import DATABASE, POSTGRESQL, SQLITE, Content, Manifest, proeve_version
from app.clock import seconds_now, utc_now
from app.errors import RuleBroken
from app.rules.text import N_
from config import Settings

FOLDER = "_backups"  # in the data folder; no school's name begins so
ROOM = ".proeve-backup-"  # what is being made, beside where it will stand
FORGOTTEN = 24 * 3600  # seconds after which what a killed backup left behind is removed


@dataclass(frozen=True)
class Made:
    """A backup that is whole."""

    file: Path
    size: int
    manifest: Manifest


def make(settings: Settings, to: Path | None = None, *, word: str = "") -> Made:
    """Make a backup in this file or folder, and read it back. RuleBroken when it cannot be made whole.

    `word`: stands at the end of the name that it gets by itself. Then it is of what a restore replaces,
    however little is left of that.
    """
    contents.refuse_mixed(settings, to)
    target = _target(settings, to, word)
    with _room(target.parent) as room:
        made = room / "archive"
        handle = os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        with os.fdopen(handle, "w+b") as file:
            writer = Writer(file)
            try:
                manifest = _write(settings, writer, room)
            finally:
                writer.give_up()
            file.flush()
            os.fsync(file.fileno())
        with opened(made) as archive:
            archive.check()
        if not word:
            _miss_nothing(manifest)
        size = made.stat().st_size
        if target.exists():
            raise _exists(target)
        made.rename(target)
    keep_folder(target.parent)
    return Made(target, size, manifest)


def _write(settings: Settings, writer: Writer, room: Path) -> Manifest:
    began = utc_now()
    anchor = settings.school_data / contents.ANCHOR
    if anchor.exists():
        writer.add(DATA + contents.ANCHOR, io.BytesIO(anchor.read_bytes()))
    kind, found = _add_database(settings, writer, room)
    for name, path in contents.data_files(settings):
        if name != contents.ANCHOR:
            _add(writer, DATA + name, path)
    for name, path in contents.school_files(settings):
        _add(writer, SCHOOL + name, path)
    manifest = Manifest(
        school=settings.school,
        made_at=began,
        proeve=proeve_version(),
        database=kind,
        revision=found.revision,
        rows=found.rows,
        documents=found.documents,
        keys=tuple(contents.fingerprint(key) for key in contents.kept_keys(settings)),
    )
    return writer.finish(manifest)


def _add_database(settings: Settings, writer: Writer, room: Path) -> tuple[str, Content]:
    file = settings.database_file()
    kind = SQLITE if file else POSTGRESQL
    copied = room / DATABASE[kind]
    if file is None:
        found = postgresql.dump(settings, copied)
    else:
        sqlite.copy(file, copied)
        found = sqlite.content(copied)
    _add(writer, DATABASE[kind], copied)
    copied.unlink()
    return kind, found


def _add(writer: Writer, name: str, path: Path) -> None:
    """Add a file, unless it is gone: what passes (a note, a file that is being written) is no loss."""
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return
    except OSError as error:
        raise RuleBroken(
            N_("%(file)s is niet te lezen (%(why)s)."), file=str(path), why=error.strerror or str(error)
        ) from error
    with source:
        writer.add(name, source)


def library_part(content_hash: str) -> str:
    """The part that holds a kept file."""
    return f"{DATA}{contents.LIBRARY}/{content_hash[:2]}/{content_hash}"


def missing_documents(manifest: Manifest) -> list[str]:
    """The kept files that the database names and the backup has not, or not as they were."""
    parts = manifest.parts
    return [
        one
        for one in manifest.documents
        if library_part(one) not in parts or parts[library_part(one)].sha256 != one
    ]


def _miss_nothing(manifest: Manifest) -> None:
    if not any(name.startswith(SCHOOL) for name in manifest.parts):
        raise RuleBroken(N_("De map van de school is leeg of weg: er is geen back-up gemaakt."))


def _target(settings: Settings, to: Path | None, word: str) -> Path:
    """The file to make. RuleBroken when it is there already, or its folder is not."""
    if to is None:
        to = settings.data.absolute() / FOLDER
        private.make_folder(to)
    if to.is_dir():
        moment = f"{utc_now():%Y%m%dT%H%M%SZ}"
        named = "-".join(filter(None, (settings.school, moment, word)))
        to = free_place(to, named, ".zip")
    if to.exists():
        raise _exists(to)
    if not to.absolute().parent.is_dir():
        raise RuleBroken(N_("De map %(folder)s is er niet."), folder=str(to.absolute().parent))
    return to.absolute()


def free_place(folder: Path, name: str, end: str = "") -> Path:
    """A path of this name that is not there yet: with a number behind it when two come in one second."""
    numbers = (f"-{number}" for number in count(2))
    places = (folder / f"{name}{number}{end}" for number in chain([""], numbers))
    return next(one for one in places if not one.exists())


def _exists(file: Path) -> RuleBroken:
    return RuleBroken(N_("%(file)s is er al, en blijft zoals het is. Kies een andere naam."), file=str(file))


@contextmanager
def _room(folder: Path) -> Iterator[Path]:
    """A folder of our own on the same disk, that goes at the end, however that ends."""
    _sweep(folder)
    try:
        room = Path(tempfile.mkdtemp(prefix=ROOM, dir=folder))
    except OSError as error:
        raise _unwritten(folder, error) from error
    try:
        yield room
    except OSError as error:
        raise _unwritten(folder, error) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _unwritten(folder: Path, error: OSError) -> RuleBroken:
    at = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else folder
    if not at.is_relative_to(folder):
        return RuleBroken(
            N_("Er is geen back-up gemaakt: %(file)s is niet te lezen (%(why)s)."),
            file=str(at),
            why=error.strerror or str(error),
        )
    return RuleBroken(
        N_("Er is geen back-up gemaakt: in %(folder)s is niet te schrijven (%(why)s)."),
        folder=str(folder),
        why=error.strerror or str(error),
    )


def _sweep(folder: Path) -> None:
    for left in folder.glob(f"{ROOM}*"):
        with suppress(OSError):
            if left.stat().st_mtime < seconds_now() - FORGOTTEN:
                shutil.rmtree(left, ignore_errors=True)


def keep_folder(folder: Path) -> None:
    """Make sure that the name in the folder is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
