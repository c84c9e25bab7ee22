"""Which permission a run of the import wizard asks for, and whether a worker does it."""

from collections.abc import Mapping

from app import models
from app.permissions import Permission

LARGE = 5000  # rows: up to here a check takes well under a second, and every page does it again
# Kind -> the permission for its runs. Whatever the kind, a run is its maker's alone.
PERMISSIONS: Mapping[str, Permission] = {
    "students": Permission.STUDENTS_IMPORT,
    "users": Permission.USERS_IMPORT,
    "groups": Permission.GROUPS_IMPORT,
}


def is_large(run: models.ImportRun) -> bool:
    """Whether a worker checks and writes this run: it takes longer than people wait for a page."""
    return int(run.table.get("count", 0)) > LARGE
