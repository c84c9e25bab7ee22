"""Which permission a run of the import wizard asks for, and whether a worker does it."""

import json
from collections.abc import Mapping
from typing import Any

from app import models
from app.permissions import Permission
from app.rules.tokens import fingerprint

LARGE = 5000  # rows: up to here a check takes well under a second, and every page does it again
# Kind -> the permission for its runs. Whatever the kind, a run is its maker's alone.
PERMISSIONS: Mapping[str, Permission] = {
    "students": Permission.STUDENTS_IMPORT,
    "users": Permission.USERS_IMPORT,
    "groups": Permission.GROUPS_IMPORT,
}


def reading_mark(run: models.ImportRun) -> str:
    """A text that changes when the file is read in another way: other sheet, header row or columns."""
    return _mark(run.header_key, run.table.get("reading"), run.table["header"])


def row_mark(run: models.ImportRun, number: int) -> str:
    """A text that changes when a row reads otherwise, or its columns mean something else."""
    return _mark(reading_mark(run), run.mapping, run.fixes.get(str(number)))


def _mark(*parts: Any) -> str:
    return fingerprint(json.dumps(parts, sort_keys=True))[:16]


def is_large(run: models.ImportRun) -> bool:
    """Whether a worker checks and writes this run: it takes longer than people wait for a page."""
    return int(run.table.get("count", 0)) > LARGE
