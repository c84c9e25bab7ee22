"""Which files belong in a backup, and the fingerprints by which a key is known again."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.errors import RuleBroken
from app.rules.text import N_
from config import Settings

ANCHOR, KEY, LIBRARY = "trail-anchor", "secret-key", "library"
BESIDE = ("", "-wal", "-shm", "-journal", ".prepare")  # the files of one SQLite database, and its lock
# Locks, notes of work that goes on, and files that are being written.
PASSING = ("progress", "sender-lives", f"{ANCHOR}.lock")
PASSING_STARTS = (f".{ANCHOR}-", f"{KEY}.")
# What editors and systems leave in a folder is nobody's setting.
LEFTOVERS = (".DS_Store", "Thumbs.db", "desktop.ini")


def refuse_mixed(settings: Settings, target: Path | None = None) -> None:
    """RuleBroken when one folder of the school stands in the other, or `target`, a backup, in one of them."""
    data, school = settings.school_data.resolve(), settings.school_folder.resolve()
    if data.is_relative_to(school) or school.is_relative_to(data):
        raise RuleBroken(
            N_(
                "%(data)s en %(school)s staan in elkaar. Geef PROEVE_DATA en PROEVE_SCHOOLS elk een "
                "eigen map."
            ),
            data=str(data),
            school=str(school),
        )
    for folder in (data, school):
        if target is not None and target.resolve().is_relative_to(folder):
            raise RuleBroken(
                N_("Een back-up kan niet staan in %(folder)s, een map van de school. Kies een andere map."),
                folder=str(folder),
            )


def data_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The files of the data folder but its database, each with its name below it."""
    file = settings.database_file()
    database = {file.with_name(file.name + end) for end in BESIDE} if file else set()
    for name, path in files_in(settings.school_data):
        top = name.split("/")[0]
        if top in PASSING or top.startswith(PASSING_STARTS) or path.resolve() in database:
            continue
        yield name, path


def school_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The files of the school's own folder, each with its name below it."""
    for name, path in files_in(settings.school_folder):
        if path.name not in LEFTOVERS and not path.name.endswith("~"):
            yield name, path


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every plain file below a folder, in order of name; links are followed, each folder is walked once."""
    seen: set[Path] = set()
    for at, folders, names in os.walk(folder, followlinks=True):
        here = Path(at).resolve()
        if here in seen:
            folders.clear()
            continue
        seen.add(here)
        folders.sort()
        for name in sorted(names):
            path = Path(at) / name
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path


def kept_keys(settings: Settings) -> Sequence[str]:
    """The school's keys, newest first, as they stand; none when there are none yet. Nothing is made."""
    if settings.given_key or settings.key_file.is_file():
        return settings.secret_keys()
    return ()


def fingerprint(key: str) -> str:
    """By what a key is known again, without telling it."""
    return hmac.digest(key.encode(), b"the key of a backup", "sha256").hex()[:16]


def sha256_of(path: Path) -> str:
    """The checksum of a file; "" when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
