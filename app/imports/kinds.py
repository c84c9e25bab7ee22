"""The kinds of import, by the name that a run carries."""

from collections.abc import Mapping

from app import models
from app.imports.groups import GROUPS
from app.imports.kind import Kind
from app.imports.students import STUDENTS
from app.imports.users import USERS
from app.rules.mapping import read_mapping

KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (STUDENTS, USERS, GROUPS)}


__all__ = ["GROUPS", "KINDS", "STUDENTS", "USERS", "kind_of", "mapping_of"]


def kind_of(run: models.ImportRun) -> Kind:
    return KINDS[run.kind]


def mapping_of(run: models.ImportRun) -> dict[str, list[int]]:
    """Column key -> its places in the file; a field that no longer exists is left out."""
    known = kind_of(run).by_key
    return {key: places for key, places in read_mapping(run.mapping).items() if key in known}
