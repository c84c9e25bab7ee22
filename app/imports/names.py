"""Step 2: shows how a column with whole names will be split, so that a person can look at it first."""

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
    """How the names of this run are split; None when no column holds whole names."""
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
