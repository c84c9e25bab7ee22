"""Reads a form off a page: what a browser would send, and what each field is."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

ELSEWHERE = ("/afmelden", "/taal")  # forms of the frame around a page
BUTTONS = {"submit", "button", "image", "reset"}


@dataclass
class FormField:
    """One named control: `kind` is text, select, checkbox, radio, hidden, file or the input's own type."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)  # what would be sent now
    options: list[str] = field(default_factory=list)  # what is offered


class PageForms(HTMLParser):
    """The POST forms of a page by their address, frame left out: `forms[address][name]` -> FormField."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: dict[str, dict[str, FormField]] = {}
        self._current: dict[str, FormField] | None = None
        self._select: FormField | None = None
        self._area: FormField | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = given.get("action", "")
            ours = given.get("method", "get").lower() == "post" and not action.startswith(ELSEWHERE)
            self._current = self.forms.setdefault(action, {}) if ours else None
        elif self._current is None:
            return
        elif tag == "option" and self._select is not None:
            self._select.options.append(given.get("value", ""))
            if "selected" in given:
                self._select.values.append(given.get("value", ""))
        elif tag == "select":
            self._select = self._control(given, "select")
        elif tag == "textarea":
            self._area = self._control(given, "text")
        elif tag == "input":
            self._input(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._current = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            text = data.removeprefix("\r").removeprefix("\n") if not self._area.values else data
            self._area.values = ["".join([*self._area.values, text])]

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if not given.get("name") or kind in BUTTONS:
            return
        made = self._control(given, kind)
        if kind in {"checkbox", "radio"}:
            made.options.append(given.get("value", "on"))
            if "checked" in given:
                made.values.append(given.get("value", "on"))
        elif kind != "file":
            made.values.append(given.get("value", ""))

    def _control(self, given: dict[str, str], kind: str) -> FormField:
        assert self._current is not None
        return self._current.setdefault(given.get("name", ""), FormField(given.get("name", ""), kind))


def as_shown(page: str) -> dict[str, list[str]]:
    """What a browser would send of the forms of a page when nothing is typed, without the session's token."""
    found = {name: one for fields in forms_on(page).values() for name, one in fields.items()}
    return {name: one.values for name, one in found.items() if one.values and name != "csrf_token"}


def forms_on(page: str) -> dict[str, dict[str, FormField]]:
    return PageForms(page).forms
