"""Keeps how far the worker is with a run. It is a file: a transaction shows nothing until it ends."""

from contextlib import suppress
from pathlib import Path

from flask import current_app

import private


def tell(run_id: int, done: int) -> None:
    """Note how many rows are done. A page may read at any moment, so the file is replaced as a whole."""
    path = _path(run_id)
    private.make_folder(path.parent)
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    private.make_file(aside, str(done))
    aside.replace(path)


def told(run_id: int) -> int:
    """How many rows are done; 0 when nothing was noted."""
    try:
        return int(_path(run_id).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def forget(run_id: int) -> None:
    """Remove the note of a run that has ended."""
    with suppress(OSError):
        _path(run_id).unlink()


def _path(run_id: int) -> Path:
    folder: Path = current_app.extensions["proeve_settings"].school_data / "progress"
    return folder / f"import-{int(run_id)}"
