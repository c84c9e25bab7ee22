"""The library's files: which files are accepted, and where they are kept.

A file is kept under its own SHA-256. So the same content is one file, and a file name is never used as a
path. The whole file is on disk before its row is written, and stays when the row is removed. So a backup
that takes the rows first and the files after is always complete (docs/framework-traps.md, trap 10).
"""

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import private
from app.errors import RuleBroken
from app.queries.library.library import path_of
from app.rules.people import tidy
from app.rules.text import N_

MAX_BYTES = 20 * 1024 * 1024
MAX_NAME = 120
OFFICE = "application/vnd.openxmlformats-officedocument."
ODT = "application/vnd.oasis.opendocument.text"

NO_FILE = N_("Kies een bestand.")
EMPTY = N_("Het bestand “%(name)s” is leeg. Kies een ander bestand.")
TOO_LARGE = N_("Het bestand “%(name)s” is groter dan 20 MB. Maak het kleiner of splits het.")
WRONG_KIND = N_("Een bestand van het soort “%(kind)s” kan niet. Toegestaan zijn: %(allowed)s.")
NOT_WHAT_IT_SAYS = N_(
    "De inhoud van “%(name)s” is geen %(kind)s. Bewaar het bestand opnieuw als %(kind)s en kies het nog eens."
)
MACROS = N_("“%(name)s” bevat macro's. Bewaar het zonder macro's en kies het nog eens.")


@dataclass(frozen=True)
class Upload:
    """A checked file: a plain name, its kind, its content."""

    name: str
    content_type: str
    content: bytes

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def check_upload(name: str, content: bytes) -> Upload:
    """Check the extension, and that the content fits it. RuleBroken when it is not an accepted document."""
    plain = plain_name(name)
    if not plain:
        raise RuleBroken(NO_FILE, field="file")
    kind = Path(plain).suffix.lower().lstrip(".")
    if kind not in KINDS:
        raise RuleBroken(WRONG_KIND, field="file", kind=kind or "?", allowed=", ".join(KINDS))
    if not content:
        raise RuleBroken(EMPTY, field="file", name=plain)
    if len(content) > MAX_BYTES:
        raise RuleBroken(TOO_LARGE, field="file", name=plain)
    content_type, is_it = KINDS[kind]
    if not is_it(content):
        raise RuleBroken(NOT_WHAT_IT_SAYS, field="file", name=plain, kind=kind)
    if content.startswith(b"PK") and _has_macros(content):
        raise RuleBroken(MACROS, field="file", name=plain)
    return Upload(plain, content_type, content)


def plain_name(name: str) -> str:
    """The last part of a path, tidied. Short, with its extension."""
    last = tidy(name.replace("\\", "/").rpartition("/")[2]).strip(". ")
    stem, dot, kind = last.rpartition(".")
    return f"{stem[: MAX_NAME - len(kind) - 1]}{dot}{kind}" if dot else last[:MAX_NAME]


def title_from(name: str) -> str:
    """ "Handleiding_beheerder.pdf" as a title: "Handleiding beheerder"."""
    return " ".join(Path(plain_name(name)).stem.replace("_", " ").split())


def store(upload: Upload) -> str:
    """Put the content on disk, whole or not at all. Returns its hash. The same content twice is one file."""
    target = path_of(upload.hash)
    if target.exists():
        return upload.hash
    for folder in (target.parent.parent, target.parent):
        private.make_folder(folder)
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(upload.content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return upload.hash


# --- recognising a kind of file by its content ------------------------------------------------------------


def _starts(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signs)


def _is_mp4(content: bytes) -> bool:
    return content[4:8] == b"ftyp"


def _office(folder: str) -> Callable[[bytes], bool]:
    def is_it(content: bytes) -> bool:
        names = _entries(content)
        return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)

    return is_it


def _is_odt(content: bytes) -> bool:
    if "mimetype" not in _entries(content):
        return False
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("mimetype") as entry:
        return entry.read(len(ODT) + 1) == ODT.encode()


def _has_macros(content: bytes) -> bool:
    return any(
        name.lower().endswith("vbaproject.bin") or name.startswith("Basic/") for name in _entries(content)
    )


def _entries(content: bytes) -> list[str]:
    """The names in a zip, without unpacking it. Empty for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):  # not a zip that we can read
        return []


KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _starts(b"%PDF-")),
    "docx": (f"{OFFICE}wordprocessingml.document", _office("word/")),
    "xlsx": (f"{OFFICE}spreadsheetml.sheet", _office("xl/")),
    "pptx": (f"{OFFICE}presentationml.presentation", _office("ppt/")),
    "odt": (ODT, _is_odt),
    "png": ("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "mp4": ("video/mp4", _is_mp4),
}
