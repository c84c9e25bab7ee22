"""The kinds of import, by the name that a run carries."""

from __future__ import annotations

from collections.abc import Mapping

from app.entities.imports import ImportRun
from app.imports.groups import GROUPS
from app.imports.kind import Kind
from app.imports.students import STUDENTS
from app.imports.users import USERS

KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (STUDENTS, USERS, GROUPS)}


__all__ = ["GROUPS", "KINDS", "STUDENTS", "USERS", "kind_of"]


def kind_of(run: ImportRun) -> Kind:
    return KINDS[run.kind]
