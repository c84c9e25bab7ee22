"""Step 2: shows how a column with whole names will be split, so that a person can look at it first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app import models
from app.errors import RuleBroken
from app.imports import columns as import_columns
from app.imports import common_columns
from app.imports.kept import rows_of
from app.imports.kinds import kind_of
from app.imports.table import Value
from app.queries.imports import present
from app.rules.mapping import ColumnMap
from app.rules.names import Split
from app.school import current_school

OF_NAMES = ("first_name", "infix", "last_name", common_columns.FULL_NAME, common_columns.FAMILY_NAME)
Cells = tuple[tuple[Value, ...], ...]  # of the columns of a name, in their order
SHOWN = 5
SHOWN_FIELD = "names_shown"


@dataclass(frozen=True)
class SplitName:
    text: str
    parts: Split


@dataclass(frozen=True)
class NamePreview:
    """A few names of the file, split: the first ones and the first doubtful ones. `doubtful` counts all."""

    names: Sequence[SplitName]
    doubtful: int


def names_were_shown(mapping: ColumnMap, fields: Mapping[str, str]) -> bool:
    """Whether the sender of step 2 saw how the names are split: a split is never accepted unseen."""
    return fields.get(SHOWN_FIELD, "") == shown_of(mapping)


def shown_of(mapping: ColumnMap) -> str:
    """The places of the columns that are split, as the page that shows the split sends them: "2,5"."""
    return ",".join(
        str(place)
        for key in (common_columns.FULL_NAME, common_columns.FAMILY_NAME)
        for place in mapping.get(key, ())
    )


def preview_of(run: models.ImportRun, mapping: ColumnMap) -> NamePreview | None:
    """How the names of this run are written, by the columns that write them.

    None when no column holds whole names.
    """
    kind = kind_of(run)
    parts = [one for one in kind.columns if one.key in OF_NAMES and mapping.get(one.key)]
    whole = [one for one in parts if isinstance(one, common_columns.FullNameColumn)]
    if not whole:
        return None
    world = import_columns.World(present.Known(current_school().today()))
    shown: dict[Cells, None] = {}
    for _number, values in rows_of(run):
        cells = tuple(tuple(import_columns.cells_of(column, mapping[column.key], values)) for column in parts)
        if any(some for column, some in zip(parts, cells, strict=True) if column in whole):
            shown[cells] = None
    names = [_written(parts, cells, world) for cells in shown]
    later = [name for name in names[SHOWN:] if name.parts.doubtful]
    return NamePreview([*names[:SHOWN], *later[:SHOWN]], sum(1 for name in names if name.parts.doubtful))


def _written(parts: Sequence[import_columns.Column], cells: Cells, world: import_columns.World) -> SplitName:
    """A name as it is written: the whole one of the file, and what becomes of it."""
    kept: dict[str, Any] = {}
    text, doubtful = "", False
    for column, some in zip(parts, cells, strict=True):
        for cell in some[:1]:
            if isinstance(column, common_columns.FullNameColumn):
                text = import_columns.cell_text(cell)
                doubtful = doubtful or column.split(text).doubtful
            try:
                value = column.parse(cell, world)
            except RuleBroken:  # step 4 says what is wrong with it
                continue
            if value is not None:
                column.put(value, kept)
    first, infix, last = (kept.get(key, "") for key in ("first_name", "infix", "last_name"))
    return SplitName(text, Split(first, infix, last, doubtful))
