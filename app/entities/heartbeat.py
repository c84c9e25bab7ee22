"""The sender of mails says in a file that it lives, for `/readyz`: it may be another process."""

import os
from contextlib import suppress
from pathlib import Path

from flask import current_app

from app.clock import seconds_now

NAME = "sender-lives"
SILENT_AFTER = 180  # seconds; it beats every minute, and at every mail


def beat() -> None:
    """Say it. A disk that is full or away stops no mail."""
    with suppress(OSError):
        file, now = _file(), seconds_now()
        if not file.exists():
            file.touch(mode=0o600)
        os.utime(file, (now, now))


def is_beating() -> bool:
    try:
        return seconds_now() - _file().stat().st_mtime < SILENT_AFTER
    except OSError:
        return False


def _file() -> Path:
    folder: Path = current_app.extensions["proeve_settings"].school_data
    return folder / NAME
