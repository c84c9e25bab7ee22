"""Finds texts that a user reads and that did not go through gettext, in our Python and our templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

GETTEXT = {"_", "_l", "N_", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext"}
# Call -> the arguments that a user reads: their positions and their names.
TOLD: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "tell": ((0,), ("message",)),
    "Button": ((0,), ("label", "name")),
    "Badge": ((0,), ("text",)),
    "Column": ((1,), ("label",)),
    "ListColumn": ((1,), ("label",)),
    "ListFilter": ((1,), ("label",)),
    "FilterInput": ((1,), ("label",)),
    "Fact": ((0,), ("label",)),
    "Section": ((0,), ("title", "empty")),
    "Step": ((0,), ("label", "hint")),
    "Tile": ((1,), ("label",)),
    "Refused": ((1,), ("reason",)),
    "Outcome": ((), ("summary",)),
    "action": ((0,), ("label", "submit", "noun", "intro")),
    "RuleBroken": ((0,), ("message",)),
    "NotAllowed": ((0,), ("message",)),
    "NotFound": ((0,), ("message",)),
    "Conflict": ((0,), ("message",)),
    "ValidationError": ((0,), ("message",)),
    "reason": ((0,), ("message",)),
}
FIELD = re.compile(r"^[A-Z]\w*Field$")
# Words that no English sentence and no code has; two of them in one text make it Dutch.
DUTCH = frozenset(
    {
        "de",
        "het",
        "een",
        "van",
        "niet",
        "geen",
        "nog",
        "naar",
        "voor",
        "met",
        "wordt",
        "worden",
        "zijn",
        "bij",
    }
    | {
        "deze",
        "dit",
        "al",
        "er",
        "aan",
        "uit",
        "kies",
        "alle",
        "door",
        "wie",
        "u",
        "uw",
        "eerst",
        "gewijzigd",
    }
    | {"studenten", "opleiding", "opleidingen", "keuzedeel", "gebruiker", "gebruikers", "wachtwoord"}
)
WORD = re.compile(r"[a-zà-ÿ]+")
SENTENCE = re.compile(r"[A-ZÀ-Ý][a-zà-ÿ]")
LETTERS = re.compile(r"[^\W\d_]{2,}")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
READ_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description", "data-label"}


def dutch(text: str) -> bool:
    return len(DUTCH & set(WORD.findall(text.lower()))) > 1


def untranslated_python(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every literal that a user reads and that no gettext has seen."""
    tree = ast.parse(source)
    hidden = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            if name in GETTEXT:
                hidden.update(id(part) for argument in node.args for part in ast.walk(argument))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for argument in _told(node):
                yield from _literals(argument, hidden, LETTERS.search)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _literals(node, hidden, dutch)


def _told(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of this call that a user reads."""
    name = _name(call.func)
    positions, names = TOLD.get(name, ((), ()))
    if FIELD.match(name):
        positions, names = (0,), ("label", "description")
    yield from (call.args[at] for at in positions if at < len(call.args))
    yield from (one.value for one in call.keywords if one.arg in names)


def _literals(node: ast.expr, hidden: set[int], wrong: object) -> Iterator[tuple[int, str]]:
    """The string, or the strings of a choice or an f-string, that are `wrong`."""
    parts: list[ast.expr] = [node]
    if isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.JoinedStr):
        parts = list(node.values)
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in hidden:
            text = PLACEHOLDER.sub("", part.value)
            if callable(wrong) and wrong(text):
                hidden.add(id(part))
                yield part.lineno, part.value


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _docstrings(tree: ast.Module) -> set[int]:
    """Strings that stand alone as a statement."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def untranslated_template(source: str, environment: Environment) -> list[str]:
    """The texts that no gettext has seen: between tags, in attributes that are read, and in expressions."""
    tree = environment.parse(source)
    reader = _Reader()
    reader.feed("".join(_text(tree)))
    reader.close()
    return [text for text in (*reader.found, *_spoken(tree, False)) if LETTERS.search(text)]


def _text(node: nodes.Node) -> Iterator[str]:
    """The literal text of the template; an expression leaves nothing."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    for child in node.iter_child_nodes():
        yield from _text(child)


def _spoken(node: nodes.Node, translated: bool) -> Iterator[str]:
    """The strings in expressions that begin like a sentence; class names and keys do not."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT:
        translated = True
    text = node.value if isinstance(node, nodes.Const) and not translated else None
    if isinstance(text, str) and (SENTENCE.match(text) or dutch(text)):
        yield text
    for child in node.iter_child_nodes():
        yield from _spoken(child, translated)


# Not read, or quoted: a mail on a page is in the language of its reader, not of the page.
SILENT = {"script", "style", "svg", "blockquote"}


class _Reader(HTMLParser):
    """Collects what a person reads or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.found += [value.strip() for name, value in attrs if value and name in READ_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.found.append(" ".join(data.split()))


def readable(html: str) -> list[str]:
    """Every text of a page: between tags and in the attributes that are read aloud."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found
