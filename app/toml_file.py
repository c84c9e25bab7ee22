"""Reading a TOML file by hand: every error names the file and the field (catalogue, school.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.errors import RuleBroken
from app.rules.text import N_


class DataFileError(RuleBroken):
    """A data file is wrong; `file` is its path and `where` the field, like `tasks[2].title`."""

    def __init__(self, message: str, *, file: str, where: str = "", **params: Any) -> None:
        super().__init__(message, field=where, file=file, where=where, **params)
        self.file = file
        self.where = where


def read_toml(path: Path, name: str) -> TomlTable:
    """The file as one table; `name` is how errors call it. DataFileError when it can't be read."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataFileError(N_("%(file)s is niet te lezen."), file=name) from error
    except UnicodeDecodeError as error:
        raise DataFileError(N_("%(file)s is geen tekst in UTF-8."), file=name) from error
    except tomllib.TOMLDecodeError as error:
        message = N_("%(file)s is geen geldige TOML: %(problem)s")
        raise DataFileError(message, file=name, problem=str(error)) from error
    return TomlTable(data, name)


class TomlTable:
    """One table of a file. Ask for its fields by type; `close` refuses what nobody asked for."""

    def __init__(self, data: Mapping[str, Any], file: str, where: str = "") -> None:
        self._data = data
        self._asked: set[str] = set()
        self.file = file
        self.where = where

    def path(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def error(self, message: str, name: str, **params: Any) -> DataFileError:
        return DataFileError(message, file=self.file, where=self.path(name), **params)

    def has(self, name: str) -> bool:
        return name in self._data

    def text(self, name: str, *, limit: int = 200, choices: Collection[str] = ()) -> str:
        """A text that isn't blank, of at most `limit` characters, one of `choices` if given."""
        value = self._value(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(N_("%(file)s: “%(where)s” moet tekst zijn en mag niet leeg zijn."), name)
        if len(value) > limit:
            message = N_("%(file)s: “%(where)s” is langer dan %(limit)s tekens.")
            raise self.error(message, name, limit=limit)
        if choices and value not in choices:
            message = N_("%(file)s: “%(where)s” is “%(value)s”; mogelijk zijn: %(choices)s.")
            raise self.error(message, name, value=value, choices=", ".join(sorted(choices)))
        return value.strip()

    def optional_text(self, name: str, *, limit: int = 200, choices: Collection[str] = ()) -> str:
        """As `text`; empty when the field isn't there."""
        return self.text(name, limit=limit, choices=choices) if self.has(name) else ""

    def texts(self, name: str, *, choices: Collection[str] = ()) -> tuple[str, ...]:
        """A list of at least one text, none of them twice."""
        values = self._list(name)
        inner = TomlTable({f"{name}[{i}]": v for i, v in enumerate(values, 1)}, self.file, self.where)
        texts = tuple(inner.text(f"{name}[{i}]", choices=choices) for i in range(1, len(values) + 1))
        if len(set(texts)) < len(texts):
            raise self.error(N_("%(file)s: “%(where)s” bevat een waarde dubbel."), name)
        return texts

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` up to and including `high`."""
        value = self._value(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            message = N_("%(file)s: “%(where)s” moet een geheel getal van %(low)s tot en met %(high)s zijn.")
            raise self.error(message, name, low=low, high=high)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        if not self.has(name):
            return default
        value = self._value(name)
        if not isinstance(value, bool):
            raise self.error(N_("%(file)s: “%(where)s” moet true of false zijn."), name)
        return value

    def day(self, name: str) -> date:
        value = self._value(name)
        if isinstance(value, datetime) or not isinstance(value, date):
            raise self.error(N_("%(file)s: “%(where)s” moet een datum zijn, zoals 2026-11-24."), name)
        return value

    def table(self, name: str) -> TomlTable:
        value = self._value(name)
        if not isinstance(value, dict):
            raise self.error(N_("%(file)s: “%(where)s” moet een tabel zijn."), name)
        return TomlTable(value, self.file, self.path(name))

    def tables(self, name: str) -> list[TomlTable]:
        """At least one table; they are called `name[1]`, `name[2]`, ..."""
        tables = []
        for index, value in enumerate(self._list(name), 1):
            if not isinstance(value, dict):
                raise self.error(N_("%(file)s: “%(where)s” moet een tabel zijn."), f"{name}[{index}]")
            tables.append(TomlTable(value, self.file, self.path(f"{name}[{index}]")))
        return tables

    def rest(self) -> dict[str, Any]:
        """The whole table as it stands, for whoever checks its fields elsewhere."""
        self._asked.update(self._data)
        return dict(self._data)

    def close(self) -> None:
        """Refuse a field that nobody asked for: most often a typing error."""
        if unknown := sorted(set(self._data) - self._asked):
            raise self.error(N_("%(file)s: het veld “%(where)s” bestaat niet."), unknown[0])

    def _value(self, name: str) -> Any:
        self._asked.add(name)
        if name not in self._data:
            raise self.error(N_("%(file)s: het veld “%(where)s” ontbreekt."), name)
        return self._data[name]

    def _list(self, name: str) -> list[Any]:
        value = self._value(name)
        if not isinstance(value, list) or not value:
            raise self.error(N_("%(file)s: “%(where)s” moet een lijst zijn en mag niet leeg zijn."), name)
        return value
