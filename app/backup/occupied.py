"""Says who is at work on a school's data, so that nothing is put back below somebody's hands.

Every command and every server holds a lock, together; who restores holds it alone. It stands beside the data
folder, which a restore replaces, and ends with its process, however that ends. A restore that was killed
half-way leaves a word in it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import private
from app.errors import RuleBroken
from app.rules.text import N_
from config import Settings

RESTORING = N_("Er wordt net een back-up van deze school teruggezet. Wacht tot dat klaar is.")
IN_USE = N_(
    "Deze school is in gebruik (%(by)s). Stop Proeve (de website, en run.py send-mail) en probeer het "
    "opnieuw. Er is niets veranderd."
)
HALF = N_(
    "Het terugzetten van een back-up is halverwege gestopt, en wat er staat past niet bij elkaar. Zet hem "
    "opnieuw terug: run.py restore BESTAND"
)
_kept: list[int] = []


@contextmanager
def shared(settings: Settings) -> Iterator[None]:
    """Work on the school's data beside others. RuleBroken while a backup is put back."""
    handle = _shared(settings)
    try:
        yield
    finally:
        os.close(handle)


def keep_shared(settings: Settings) -> None:
    """The same, until this process ends: for a server that somebody else started."""
    _kept.append(_shared(settings))


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Be the only one who works on the school's data. RuleBroken when somebody else does."""
    handle = _locked(settings, fcntl.LOCK_EX, RuleBroken(IN_USE, by=str(lock_file(settings))))
    try:
        yield
    finally:
        os.close(handle)


def refuse_half(settings: Settings) -> None:
    """RuleBroken when a restore was killed half-way: a file that is not there is then in another place."""
    if is_half_restored(settings):
        raise RuleBroken(HALF)


def mark(settings: Settings, *, half_done: bool) -> None:
    """Leave word that what stands there does not fit together, in case we are killed; or take it away."""
    lock_file(settings).write_text("half restored\n" if half_done else "")


def is_half_restored(settings: Settings) -> bool:
    """Whether a restore was killed here: what stands here does not fit together."""
    try:
        return lock_file(settings).stat().st_size > 0
    except OSError:
        return False


def lock_file(settings: Settings) -> Path:
    return settings.data / f".{settings.school}.in-use"


def _shared(settings: Settings) -> int:
    handle = _locked(settings, fcntl.LOCK_SH, RuleBroken(RESTORING))
    if is_half_restored(settings):
        os.close(handle)
        raise RuleBroken(HALF)
    return handle


def _locked(settings: Settings, how: int, otherwise: RuleBroken) -> int:
    file = lock_file(settings)
    try:
        private.make_folder(settings.data)
        handle = os.open(file, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RuleBroken(
            N_("%(file)s is niet te maken of te lezen (%(why)s). Van wie is deze map?"),
            file=str(file),
            why=error.strerror or str(error),
        ) from error
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise otherwise from error
    return handle
