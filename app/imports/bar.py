"""How far the worker is with a run. Beside the database: a transaction shows nothing until it ends."""

from contextlib import suppress
from pathlib import Path

from flask import current_app


def tell(run_id: int, done: int) -> None:
    """So many rows are done. Written whole or not at all: a page may read at any moment."""
    path = _path(run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(str(done), encoding="ascii")
    aside.replace(path)


def told(run_id: int) -> int:
    """Rows done; 0 when nothing was told."""
    try:
        return int(_path(run_id).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def forget(run_id: int) -> None:
    with suppress(OSError):
        _path(run_id).unlink()


def _path(run_id: int) -> Path:
    folder: Path = current_app.extensions["proeve_settings"].school_data / "progress"
    return folder / f"import-{int(run_id)}"
