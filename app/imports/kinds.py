"""The kinds of import, by the name that a run carries."""

from collections.abc import Mapping

from app import models
from app.imports.groups import GROUPS
from app.imports.kind import Kind
from app.imports.students import STUDENTS
from app.imports.users import USERS
from app.rules.date_order import MonthFirst
from app.rules.mapping import ColumnMap, read_mapping

KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (STUDENTS, USERS, GROUPS)}


__all__ = ["GROUPS", "KINDS", "STUDENTS", "USERS", "kind_of", "mapping_of", "month_first_in"]


def kind_of(run: models.ImportRun) -> Kind:
    return KINDS[run.kind]


def mapping_of(run: models.ImportRun) -> dict[str, list[int]]:
    """Column key -> its places in the file; a field that no longer exists is left out."""
    known = kind_of(run).by_key
    return {key: places for key, places in read_mapping(run.mapping).items() if key in known}


def month_first_in(run: models.ImportRun, mapping: ColumnMap) -> dict[str, MonthFirst]:
    """Column key -> what proves that one of its columns in the file writes the month first."""
    found = {int(place): MonthFirst(*proof) for place, proof in run.table.get("month_first", {}).items()}
    return {key: found[place] for key, places in mapping.items() for place in places if place in found}
