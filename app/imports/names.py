"""Step 2: how a column with whole names is split, for a person to look at before it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app import models
from app.imports import columns as import_columns
from app.imports import common_columns
from app.imports.kept import rows_of
from app.imports.kinds import kind_of
from app.rules.mapping import ColumnMap
from app.rules.names import Split

SHOWN = 5
SHOWN_FIELD = "names_shown"


@dataclass(frozen=True)
class SplitName:
    text: str
    parts: Split


@dataclass(frozen=True)
class NamePreview:
    """The first names of the file and the first doubtful ones after these, split; how many are doubtful."""

    names: Sequence[SplitName]
    doubtful: int


def names_were_shown(mapping: ColumnMap, fields: Mapping[str, str]) -> bool:
    """Whether who sends step 2 saw how its names are split: a split is never taken on trust."""
    return fields.get(SHOWN_FIELD, "") == shown_of(mapping)


def shown_of(mapping: ColumnMap) -> str:
    """The columns that are split, as a page that shows it says so."""
    return ",".join(
        str(place)
        for key in (common_columns.FULL_NAME, common_columns.FAMILY_NAME)
        for place in mapping.get(key, ())
    )


def preview_of(run: models.ImportRun, mapping: ColumnMap) -> NamePreview | None:
    """None: no column holds whole names."""
    columns = [
        one
        for one in kind_of(run).columns
        if isinstance(one, common_columns.FullNameColumn) and mapping.get(one.key)
    ]
    if not columns:
        return None
    cells = (
        (column, import_columns.cell_text(cell))
        for _number, values in rows_of(run)
        for column in columns
        for cell in import_columns.cells_of(column, mapping[column.key], values)
    )
    names = [SplitName(text, column.split(text)) for column, text in dict.fromkeys(cells)]
    later = [name for name in names[SHOWN:] if name.parts.doubtful]
    return NamePreview([*names[:SHOWN], *later[:SHOWN]], sum(1 for name in names if name.parts.doubtful))
