"""The archive of a backup: a zip whose every part is named, with its checksum, in its manifest.

Nothing is unpacked by the names in the zip: a part is written where restoring wants it, after its name and
its content were found right.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from app.backup.manifest import DATABASE, FORMAT, Manifest, Part, read_manifest
from app.errors import RuleBroken
from app.rules.text import N_

MANIFEST = "manifest.json"
DATA, SCHOOL = "data/", "school/"  # what stood in the data folder, and in the school's own
LONGEST_MANIFEST = 64 * 1024 * 1024
PIECE = 1024 * 1024
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError)  # what a damaged zip raises
PACKED = {".sqlite", ".toml", ".txt", ".svg", ".csv"}  # the rest is packed already, or small

NO_BACKUP = N_(
    "%(file)s is geen back-up van Proeve, of het bestand is niet heel: %(why)s. Er is niets veranderd."
)


class Damaged(RuleBroken):
    """An archive that is no backup of ours, or not a whole one."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(NO_BACKUP, file=str(file), why=why)


class Writer:
    """Puts parts in a new archive, and its manifest at the end."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", allowZip64=True)
        self.parts: dict[str, Part] = {}

    def add(self, name: str, source: IO[bytes]) -> None:
        """Add a part; what it holds may grow or go meanwhile, and is as it was read."""
        if not is_safe(name):
            raise RuleBroken(
                N_("De naam van %(name)s kan niet in een back-up. Geef dit bestand een andere naam."),
                name=repr(name),
            )
        info = zipfile.ZipInfo(name)
        info.external_attr = (stat.S_IFREG | 0o600) << 16
        packed = PurePosixPath(name).suffix in PACKED
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        size, digest = 0, hashlib.sha256()
        with self._zip.open(info, "w", force_zip64=True) as part:
            while piece := source.read(PIECE):
                part.write(piece)
                digest.update(piece)
                size += len(piece)
        self.parts[name] = Part(size, digest.hexdigest())

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the manifest, and close the archive."""
        whole = replace(manifest, parts=dict(self.parts))
        self._zip.writestr(MANIFEST, whole.text(), zipfile.ZIP_DEFLATED)
        self._zip.close()
        return whole

    def give_up(self) -> None:
        """Close what will not be a backup."""
        with suppress(OSError, ValueError):
            self._zip.close()


class Archive:
    """A backup that was found whole."""

    def __init__(self, file: Path, opened: zipfile.ZipFile) -> None:
        self.file = file
        self._zip = opened
        self.manifest = self._read_manifest()
        if self.manifest.format <= FORMAT:
            self._check_names()

    def check(self) -> None:
        """Read every part. Damaged: the first one that is not what the manifest says."""
        for name in self.manifest.parts:
            for _piece in self.pieces(name):
                pass

    def unpack(self, name: str, to: Path) -> None:
        """Write a part to a new file, for its owner alone."""
        handle = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            for piece in self.pieces(name):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a part. Damaged, at its end at last, when it is not what the manifest says."""
        said, size, digest = self.manifest.parts[name], 0, hashlib.sha256()
        try:
            with self._zip.open(name) as part:
                while piece := part.read(PIECE):
                    size += len(piece)
                    digest.update(piece)
                    if size > said.size:
                        break
                    yield piece
        except UNREADABLE as error:
            raise Damaged(self.file, f"{name}: {error}") from error
        if (size, digest.hexdigest()) != (said.size, said.sha256):
            raise Damaged(self.file, f"{name}: {size} B")

    def _read_manifest(self) -> Manifest:
        try:
            entry = self._zip.getinfo(MANIFEST)
            if entry.file_size > LONGEST_MANIFEST:
                raise Damaged(self.file, MANIFEST)
            return read_manifest(self._zip.read(entry))
        except (KeyError, ValueError, *UNREADABLE) as error:
            raise Damaged(self.file, MANIFEST) from error

    def _check_names(self) -> None:
        """Every entry is a plain file with a plain name, once, and named in the manifest; none is missing."""
        entries = [entry for entry in self._zip.infolist() if entry.filename != MANIFEST]
        names = [entry.filename for entry in entries]
        odd = [entry.filename for entry in entries if not is_safe(entry.filename) or _is_special(entry)]
        strays = set(names) ^ set(self.manifest.parts)
        doubles = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
        for name in (*odd, *sorted(strays), *sorted(doubles)):
            raise Damaged(self.file, repr(name))


@contextmanager
def opened(file: Path) -> Iterator[Archive]:
    """A backup, to be read. RuleBroken when it is not there, Damaged when it is none or was cut off."""
    try:
        zipped = zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise Damaged(file, str(error)) from error
    except OSError as error:
        raise RuleBroken(
            N_("%(file)s is niet te lezen (%(why)s)."), file=str(file), why=error.strerror or str(error)
        ) from error
    with zipped:
        try:
            archive = Archive(file, zipped)
        except (zipfile.BadZipFile, OSError) as error:
            raise Damaged(file, str(error)) from error
        yield archive


def is_safe(name: str) -> bool:
    """Whether this is a name that leads nowhere else: plain parts, below a folder of ours or the database."""
    parts = name.split("/")
    plain = all(part not in {"", ".", ".."} for part in parts)
    bare = name.isprintable() and "\\" not in name and ":" not in parts[0]
    return plain and bare and (name.startswith((DATA, SCHOOL)) or name in DATABASE.values())


def _is_special(entry: zipfile.ZipInfo) -> bool:
    """Whether it would be a folder, a link or a device."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return entry.is_dir() or kind not in {0, stat.S_IFREG}
