"""Fills a dataclass from a TOML file; each of its fields says where it stands and what it may hold."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from app.toml_file import TomlTable
from app.toml_kinds import Kind

T = TypeVar("T")
D = TypeVar("D")
_SETTING = "setting"


@dataclass(frozen=True)
class Setting:
    """`path`: “key”, or “table.key” of a table; without a default the file must hold it."""

    path: str
    kind: Kind[Any]
    default: Any = None
    required: bool = False

    @property
    def table(self) -> str:
        return self.path.rpartition(".")[0]

    @property
    def key(self) -> str:
        return self.path.rpartition(".")[2]

    def read(self, table: TomlTable) -> Any:
        """The value in the file, else the default. With an empty default, an empty text counts as absent."""
        absent = not table.has(self.key) or (self.default in (None, "") and table.is_empty(self.key))
        return self.default if absent and not self.required else table.read(self.key, self.kind)


def needed(path: str, kind: Kind[T]) -> T:
    """A field of a dataclass that the file must hold."""
    made: T = field(metadata={_SETTING: Setting(path, kind, required=True)})
    return made


def setting(path: str, kind: Kind[T], default: D) -> T | D:
    """A field of a dataclass that the file may hold."""
    made: T | D = field(default=default, metadata={_SETTING: Setting(path, kind, default)})
    return made


def settings_of(holder: type[Any]) -> dict[str, Setting]:
    """The settings of a dataclass by the name of the field that holds them."""
    return {one.name: one.metadata[_SETTING] for one in fields(holder) if _SETTING in one.metadata}


def refuse_unknown(file: TomlTable, holders: Iterable[type[Any]], lists: Collection[str] = ()) -> None:
    """Refuse each table and field that none of the dataclasses knows; `lists`: [[tables]] read elsewhere."""
    settings = [one for holder in holders for one in settings_of(holder).values()]
    paths = [one.path for one in settings]
    keys: dict[str, list[str]] = {}
    for one in settings:
        keys.setdefault(one.table, []).append(one.key)
    top = keys.pop("", [])
    file.only([*top, *keys, *lists], paths)
    for table, known in keys.items():
        file.optional_table(table).only(known, paths)


def filled(holder: type[D], file: TomlTable, **others: Any) -> D:
    """The dataclass, filled from the file; `others`: its fields that are no settings."""
    values = {
        name: one.read(file.optional_table(one.table) if one.table else file)
        for name, one in settings_of(holder).items()
    }
    return holder(**values, **others)
