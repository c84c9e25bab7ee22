"""Every trigger and function that the database has today, per database, in the order in which they are made.

To change one, change it here and begin a migration. `make triggers` then writes all of them under its number
in migrations/triggers/, and says which two lines the migration needs. A test compares what is here with what
a migrated database has. No migration imports this: an old one would change with it.
"""

from __future__ import annotations

from app.entities.triggers import to_do, trail, words

TODAY = {
    "sqlite": (*trail.SQLITE, *words.SQLITE, *to_do.SQLITE),
    "postgresql": (*trail.POSTGRESQL, *words.POSTGRESQL, *to_do.POSTGRESQL),
}
