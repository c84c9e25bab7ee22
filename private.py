"""Files and folders that only the system user of Proeve can read: made so, and refused at start when not.

Sentences are in Dutch: the school's language isn't known yet at this point.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# What rights and disks answer: no room, only to be read, not ours, a name that cannot be.
REFUSED = {
    *(errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ESTALE),
}
OTHERS = 0o077  # the bits of a mode that let others in


def make_folder(path: Path) -> None:
    """Make the folder where it is missing, for its owner alone."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path, text: str = "") -> None:
    """Make a file with this text, for its owner alone, and safe on disk. FileExistsError: it is there."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:  # half a file would be taken for a whole one
        path.unlink(missing_ok=True)
        raise OSError(error.errno, os.strerror(error.errno or errno.EIO), str(path)) from error


def replace_file(path: Path, text: str) -> None:
    """Put another text in a file, whole or not at all; its owner stays, whoever does this."""
    target = path.resolve()
    aside, owner = target.with_name(f"{target.name}.{secrets.token_hex(8)}"), target.stat()
    try:
        make_file(aside, text)
        if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(aside, owner.st_uid, owner.st_gid)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextmanager
def made_or_told() -> Iterator[None]:
    """SystemExit with a sentence for a file or folder that cannot be made, read or written."""
    try:
        yield
    except OSError as error:
        raise SystemExit(_told(error)) from None


@contextmanager
def disk_told() -> Iterator[None]:
    """The same for a whole program: what the disk refuses is told, and anything else stays a traceback."""
    try:
        yield
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        raise SystemExit(_told(error)) from None


def _told(error: OSError) -> str:
    what = error.filename or "Een bestand van Proeve"
    return (
        f"{what} is niet te maken of te gebruiken ({error.strerror}). Kijk of PROEVE_DATA, PROEVE_SCHOOLS en "
        "DATABASE_URL kloppen, of er ruimte is, en of deze gebruiker daar mag lezen en schrijven."
    )


def mend(paths: Iterable[Path]) -> None:
    """Close what others can read, and say so. What somebody else owns stays, for `refuse_open`."""
    for path in paths:
        if path.is_file() and _is_open(path):
            with suppress(PermissionError):
                path.chmod(0o600)
                print(f"Let op: anderen konden {path} lezen. Dat is hersteld (chmod 600).", file=sys.stderr)


def refuse_open(paths: Iterable[Path], remedy: str) -> None:
    """SystemExit with a sentence when others can read one of these that exist; `remedy`: what to do then."""
    seen = next((path for path in paths if path.exists() and _is_open(path)), None)
    if seen is not None:
        raise SystemExit(f"Anderen kunnen {seen} lezen. Doe dit en start opnieuw: {remedy}")


def _is_open(path: Path) -> bool:
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)
