"""Reads a TOML file field by field; an error names the file, the line, the field and what is allowed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l

from app import toml_kinds, toml_lines
from app.errors import RuleBroken
from app.rules.text import N_

T = TypeVar("T")

LONG_KEY = 200  # characters of a field's path in a sentence
SHOWN = 60  # characters of a refused text in a sentence, bits of a refused number
A_TABLE = _l("een tabel")
A_LIST = _l("een lijst die niet leeg is")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_DOUBLE = re.compile(r"overwrite|twice|[Dd]uplicate|mutate|redefine")


class DataFileError(RuleBroken):
    """A data file is wrong; `file` is its path and `where` the field, like `tasks[2].title`."""

    def __init__(self, message: str, *, file: str, where: str = "", line: int = 0, **params: Any) -> None:
        place = _l("%(file)s, regel %(line)s", file=file, line=line) if line else file
        shown = where if len(where) <= LONG_KEY else f"{where[:LONG_KEY]}…"
        super().__init__(message, field=where, file=place, where=shown, **params)
        self.file = file
        self.where = where


@dataclass(frozen=True)
class TomlFile:
    """The file that a table comes from; errors call it `name`."""

    name: str
    text: str = ""
    folder: Path = Path()

    def line(self, where: str) -> int:
        """The line of a field, or of the table that it should be in; 0 when there is no text."""
        lines: dict[str, int] = {}
        with suppress(RecursionError):  # nested so deep that tomllib alone can follow: no line then
            for path, line in toml_lines.field_lines(self.text):
                lines.setdefault(path, line)
        while where and where not in lines:
            where = where[: max(where.rfind("."), where.rfind("["), 0)]
        return lines.get(where, 1 if self.text else 0)

    def error(self, message: str, where: str, **params: Any) -> DataFileError:
        return DataFileError(message, file=self.name, where=where, line=self.line(where), **params)

    def broken(self, problem: Any) -> DataFileError:
        """The error for a text that tomllib refused, with tomllib's own words at the end."""
        found = _AT_LINE.search(str(problem))
        line = int(found[1] or self.text.count("\n") + 1) if found else 0
        if found and _DOUBLE.search(problem) and (twice := self._twice(line)):
            where, first, again = twice
            message = N_("%(file)s: “%(where)s” staat al op regel %(first)s; toegestaan: één keer.")
            return DataFileError(message, file=self.name, where=where, line=again, first=first)
        message = N_(
            "%(file)s: dit is geen geldige TOML; toegestaan: [tabel], naam = 12, naam = true of "
            'naam = "tekst" (%(problem)s).'
        )
        return DataFileError(
            message, file=self.name, line=line, problem=_AT_LINE.sub("", problem) if found else problem
        )

    def _twice(self, line: int) -> tuple[str, int, int] | None:
        """(field, first line, second line) of a field that stands twice up to and including this line."""
        above = "\n".join(self.text.split("\n")[:line])
        seen: dict[str, int] = {}
        for path, at in toml_lines.field_lines(above):
            if path in seen:
                return path, seen[path], at
            seen[path] = at
        return None


def read_toml(path: Path, name: str) -> TomlTable:
    """The file as one table; errors call it `name`. DataFileError when it can't be read."""
    try:
        file = TomlFile(name, path.read_text(encoding="utf-8-sig"), path.parent)
    except OSError as error:
        raise DataFileError(N_("%(file)s is niet te lezen."), file=name) from error
    except UnicodeDecodeError as error:
        raise not_utf8(name, error) from error
    try:
        return TomlTable(tomllib.loads(file.text), file)
    except tomllib.TOMLDecodeError as error:
        raise file.broken(str(error)) from error
    except (ValueError, RecursionError) as error:  # valid TOML, but too much for Python itself
        raise file.broken(_l("een getal of een waarde tussen haken is te lang")) from error


def not_utf8(name: str, error: UnicodeDecodeError) -> DataFileError:
    """The error for a file that is no UTF-8, with the line where it goes wrong."""
    line = error.object.count(b"\n", 0, error.start) + 1
    message = N_("%(file)s: dit is geen tekst in UTF-8; toegestaan: een bestand dat als UTF-8 is bewaard.")
    return DataFileError(message, file=name, line=line)


class TomlTable:
    """One table of a file. Ask for its fields by kind; `close` refuses the fields that nobody asked for."""

    def __init__(self, data: Mapping[str, Any], file: TomlFile, where: str = "") -> None:
        self._data = data
        self._asked: set[str] = set()
        self.file = file
        self.where = where

    def path(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def error(self, message: str, name: str, **params: Any) -> DataFileError:
        return self.file.error(message, self.path(name), **params)

    def has(self, name: str) -> bool:
        return name in self._data

    def is_empty(self, name: str) -> bool:
        """Whether the field is an empty text."""
        return self._data.get(name) == ""

    def read(self, name: str, kind: toml_kinds.Kind[T]) -> T:
        """The value of a field that must be there."""
        return self._as(kind, name, self._value(name, kind.allowed))

    def text(self, name: str, *, limit: int = 200, lines: bool = False) -> str:
        return self.read(name, toml_kinds.Text(limit, lines))

    def optional_text(self, name: str, *, limit: int = 200) -> str:
        """As `text`; empty when the field isn't there."""
        return self.text(name, limit=limit) if self.has(name) else ""

    def choice(self, name: str, choices: Collection[str]) -> str:
        return self.read(name, toml_kinds.Choice(choices))

    def texts(self, name: str, kind: toml_kinds.Kind[str] = toml_kinds.Text()) -> tuple[str, ...]:
        """A list of at least one text, none of them twice."""
        texts = tuple(
            self._as(kind, f"{name}[{number}]", value) for number, value in enumerate(self._list(name), 1)
        )
        if len(set(texts)) < len(texts):
            raise self.error(N_("%(file)s: “%(where)s” bevat een waarde dubbel."), name)
        return texts

    def whole(self, name: str, low: int, high: int) -> int:
        return self.read(name, toml_kinds.Whole(low, high))

    def flag(self, name: str, *, default: bool = False) -> bool:
        return self.read(name, toml_kinds.Flag()) if self.has(name) else default

    def day(self, name: str) -> date:
        return self.read(name, toml_kinds.Day())

    def table(self, name: str) -> TomlTable:
        return self._inner(name, self._value(name, A_TABLE))

    def optional_table(self, name: str) -> TomlTable:
        """As `table`; empty when it isn't there."""
        return self.table(name) if self.has(name) else TomlTable({}, self.file, self.path(name))

    def tables(self, name: str) -> list[TomlTable]:
        """At least one table; they are called `name[1]`, `name[2]`, ..."""
        head = re.sub(r"\[\d+\]", "", self.path(name))
        allowed = _l("een of meer tabellen, elk onder [[%(head)s]]", head=head)
        return [
            self._inner(f"{name}[{number}]", value)
            for number, value in enumerate(self._list(name, allowed), 1)
        ]

    def rest(self) -> dict[str, Any]:
        """The whole table as it stands, for a caller that checks its fields itself."""
        self._asked.update(self._data)
        return dict(self._data)

    def only(self, known: Collection[str], elsewhere: Collection[str] = ()) -> None:
        """Refuse any other field: most often a typing error. `elsewhere`: paths of fields of other tables."""
        for name in self._data:
            if name not in known:
                message = N_("%(file)s: het veld “%(where)s” bestaat niet; toegestaan: %(allowed)s.")
                moved = next((path for path in elsewhere if path.rpartition(".")[2] == name), "")
                near = toml_kinds.nearest(name, known)
                allowed = _moved(known, moved) if moved else hinted(", ".join(known), near)
                raise self.error(message, toml_lines.shown_key(name), allowed=allowed)

    def close(self) -> None:
        """Refuse a field that nobody asked for."""
        self.only(sorted(self._asked))

    def _as(self, kind: toml_kinds.Kind[T], name: str, value: object) -> T:
        read = kind.read(value, self.file.folder)
        if read is None:
            raise self._refused(name, value, hinted(kind.allowed, kind.near(value)))
        return read

    def _inner(self, name: str, value: object) -> TomlTable:
        if not isinstance(value, dict):
            raise self._refused(name, value, A_TABLE)
        return TomlTable(value, self.file, self.path(name))

    def _refused(self, name: str, value: object, allowed: Any) -> DataFileError:
        message = N_("%(file)s: “%(where)s” is %(value)s; toegestaan: %(allowed)s.")
        return self.error(message, name, value=_shown(value), allowed=allowed)

    def _value(self, name: str, allowed: Any) -> Any:
        self._asked.add(name)
        if name not in self._data:
            message = N_("%(file)s: het veld “%(where)s” ontbreekt; toegestaan: %(allowed)s.")
            raise self.error(message, name, allowed=allowed)
        return self._data[name]

    def _list(self, name: str, allowed: Any = A_LIST) -> list[Any]:
        value = self._value(name, allowed)
        if not isinstance(value, list) or not value:
            raise self._refused(name, value, allowed)
        return value


def hinted(allowed: Any, near: str) -> Any:
    """The words for what is allowed, with the value that was probably meant."""
    return _l("%(allowed)s; misschien bedoelt u “%(near)s”", allowed=allowed, near=near) if near else allowed


def _moved(known: Collection[str], path: str) -> Any:
    """The words for a field that stands in the wrong table: a table goes on until the next one begins."""
    table, _dot, name = path.rpartition(".")
    allowed = ", ".join(known)
    if table:
        return _l("%(allowed)s; “%(name)s” hoort onder [%(table)s]", allowed=allowed, name=name, table=table)
    return _l("%(allowed)s; “%(name)s” hoort boven de eerste [tabel]", allowed=allowed, name=name)


def _shown(value: object) -> Any:
    """A refused value, about as it stands in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        written = json.dumps(value if len(value) <= SHOWN else f"{value[:SHOWN]}…", ensure_ascii=False)
        return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in written)
    if isinstance(value, dict):
        return _l("een tabel")
    if isinstance(value, list):
        return _l("een lijst") if value else _l("een lege lijst")
    large = isinstance(value, int) and value.bit_length() > SHOWN
    return _l("een heel groot getal") if large else str(value)
