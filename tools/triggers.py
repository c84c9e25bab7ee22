"""Writes out today's triggers under the number of the newest migration. `make triggers` runs this."""

from __future__ import annotations

import sys
from pathlib import Path

from app.entities.triggers import TODAY
from migrations import triggers

VERSIONS = triggers.TEXTS.parent / "versions"


def newest(pattern: str, folder: Path) -> str:
    return max(file.name[:4] for file in folder.glob(pattern))


def main() -> int:
    """Write the texts, and say what the migration must call. Gives 1 when they need a new migration first."""
    migration = newest("[0-9]*.py", VERSIONS)
    before = newest("*.sql", triggers.TEXTS)
    if all(triggers.read(before, database) == list(statements) for database, statements in TODAY.items()):
        print(f"The triggers are as {before} left them.")
        return 0
    if migration == before:
        print(f"{before} has its triggers; those of today need a migration of their own.")
        return 1
    for database, statements in TODAY.items():
        triggers.write(migration, database, statements)
    print(f'upgrade:   drop_triggers("{before}") … make_triggers("{migration}")')
    print(f'downgrade: drop_triggers("{migration}") … make_triggers("{before}")')
    return 0


if __name__ == "__main__":
    sys.exit(main())
