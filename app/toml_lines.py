"""Finds the line of a TOML file on which a field stands, since tomllib does not tell.

Fields are called as errors call them: `name`, `exams.max_attempts`, `tasks[2].criteria[1].text`.
"""

import re
import tomllib
from collections.abc import Iterator

_TOKEN = re.compile(
    r'(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<skip>#[^\n]*|[^\S\n]+)"
    r"|(?P<sign>[\[\]{}=,.\n])"
    r"|(?P<bare>[^\s\[\]{}=,.#\"']+|.)",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
Token = tuple[str, int]  # as it is written, and its line


def shown_key(key: str) -> str:
    """A key as errors write it: between quotes where it would be taken for a path."""
    if _BARE.fullmatch(key):
        return key
    escaped = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in key)
    return f'"{escaped}"'


def field_lines(text: str) -> Iterator[tuple[str, int]]:
    """(path, line) of every table, field and value in a list, in the order of a valid TOML text."""
    return _Walk(text).document()


class _Walk:
    """Walks through the tokens one at a time; `_here` is the token where it stands."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._here: Token = next(self._tokens)
        self._counts: dict[str, int] = {}  # [[table]] -> how many there were

    def document(self) -> Iterator[tuple[str, int]]:
        table = ""
        while self._here[0]:
            if self._here[0] == "\n":
                self._step()
            elif self._here[0] == "[":
                line = self._here[1]
                table, is_first = self._head()
                if is_first:
                    yield table.removesuffix("[1]"), line
                yield table, line
            else:
                yield from self._pair(table)

    def _step(self) -> Token:
        was = self._here
        self._here = next(self._tokens, ("", was[1]))
        return was

    def _head(self) -> tuple[str, bool]:
        """Read [table] or [[table]]: the path of the fields below it, and whether a list begins here."""
        self._step()
        is_list = self._here[0] == "["
        if is_list:
            self._step()
        *parents, last = self._keys()
        while self._here[0] == "]":
            self._step()
        path = ""
        for key in parents:
            path = _within(path, key)
            path += f"[{self._counts[path]}]" if path in self._counts else ""
        path = _within(path, last)
        if not is_list:
            return path, False
        self._counts[path] = self._counts.get(path, 0) + 1
        return f"{path}[{self._counts[path]}]", self._counts[path] == 1

    def _pair(self, table: str) -> Iterator[tuple[str, int]]:
        line = self._here[1]
        path = table
        for key in self._keys():
            path = _within(path, key)
        yield path, line
        if self._here[0] == "=":
            self._step()
        yield from self._value(path)

    def _keys(self) -> list[str]:
        """Read a key, dotted or not. It always takes a step, so that the walk comes to an end."""
        keys = [_key(self._step()[0])]
        while self._here[0] == ".":
            self._step()
            keys.append(_key(self._step()[0]))
        return keys

    def _value(self, path: str) -> Iterator[tuple[str, int]]:
        if self._here[0] == "[":
            yield from self._list(path)
        elif self._here[0] == "{":
            yield from self._inline(path)
        else:
            while self._here[0] not in {"", "\n", ",", "]", "}"}:
                self._step()

    def _list(self, path: str) -> Iterator[tuple[str, int]]:
        self._step()
        index = 0
        while self._here[0] not in {"", "]"}:
            if self._here[0] in {"\n", ",", "}"}:
                self._step()
                continue
            index += 1
            yield f"{path}[{index}]", self._here[1]
            yield from self._value(f"{path}[{index}]")
        self._step()

    def _inline(self, path: str) -> Iterator[tuple[str, int]]:
        self._step()
        while self._here[0] not in {"", "}"}:
            if self._here[0] in {"\n", ",", "]"}:
                self._step()
                continue
            yield from self._pair(path)
        self._step()


def _tokens(text: str) -> Iterator[Token]:
    """The tokens without spaces and comments; the last one is empty."""
    line = 1
    for found in _TOKEN.finditer(text):
        if found.lastgroup != "skip":
            yield found[0], line
        line += found[0].count("\n")
    yield "", line


def _key(written: str) -> str:
    return str(tomllib.loads(f"key = {written}")["key"]) if written[:1] in {'"', "'"} else written


def _within(path: str, key: str) -> str:
    return f"{path}.{shown_key(key)}" if path else shown_key(key)
