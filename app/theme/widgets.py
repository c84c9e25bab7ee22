"""What a page hands to the theme: plain data, without the request and without words of the domain.

A page builds one of these, and the template of the same name draws it. Text is already translated
and escaped by Jinja; `href` is always a path inside this application.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["neutral", "info", "good", "warn", "bad", "purple", "teal"]


@dataclass(frozen=True)
class Button:
    """A link that looks like a button; `icon` is a Bootstrap icon name ("plus-lg")."""

    label: str
    href: str
    icon: str = ""
    style: Literal["primary", "secondary", "danger", "icon"] = "secondary"
    name: str = ""  # full accessible name ("Wijzig Jansen, Fleur") where the label alone is not enough


@dataclass(frozen=True)
class Badge:
    text: str
    tone: Tone = "neutral"
    icon: str = ""


@dataclass(frozen=True)
class Cell:
    """One value of a row: text, perhaps a link, perhaps badges behind it."""

    text: str = ""
    href: str = ""
    badges: Sequence[Badge] = ()
    muted: str = ""  # a second, smaller line
    numeric: bool = False
    whole: bool = False  # on one line where there is room


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    sort_href: str = ""  # empty: not sortable
    sorted: Literal["", "ascending", "descending"] = ""
    numeric: bool = False
    wide_only: bool = False  # left out under 768 pixels


@dataclass(frozen=True)
class Row:
    id: int
    label: str  # names the row for a screen reader: "Jansen, Fleur (203118)"
    cells: Sequence[Cell]
    buttons: Sequence[Button] = ()


@dataclass(frozen=True)
class FilterInput:
    """One filter of a list: name is the URL argument, value what the URL says now."""

    name: str
    label: str
    value: str = ""
    value_label: str = ""  # how the chosen value reads in a chip
    choices: Sequence[tuple[str, str]] = ()  # empty: a free text input
    clear_href: str = ""  # the same page without this filter
    hint: str = ""  # in an empty text input


@dataclass(frozen=True)
class ViewLink:
    label: str
    href: str
    current: bool = False


@dataclass(frozen=True)
class ActionChoice:
    name: str
    label: str


@dataclass(frozen=True)
class Pager:
    page: int  # from 1; 0: pages have no number
    pages: int
    count: int
    first: int  # number of the first row on this page, from 1; 0 when empty
    last: int
    previous_href: str = ""
    next_href: str = ""
    first_href: str = ""
    last_href: str = ""


@dataclass(frozen=True)
class ListModel:
    """A list page: filters on top, ticked rows with an action list, rows, pager."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    pager: Pager
    filters: Sequence[FilterInput] = ()
    clear_href: str = ""
    filtered: bool = False
    actions: Sequence[ActionChoice] = ()  # empty: no tick boxes
    action_href: str = ""  # GET: action=<name>&id=1&id=2, or all=1 with the filters of this page
    action_button: str = ""  # "Voer uit", "Ga!"
    hidden: Sequence[tuple[str, str]] = ()  # the filters in force, to go with action_href
    buttons: Sequence[Button] = ()  # page buttons ("Nieuwe student invoeren")
    empty_title: str = ""
    empty_hint: str = ""
    empty_button: Button | None = None
    intro: str = ""  # a sentence under the title
    filter_hidden: Sequence[tuple[str, str]] = ()  # what the filter form must keep: sort order, page size
    live: bool = False  # searched while typing
    views: Sequence[ViewLink] = ()  # filters that the reader saved under a name
    columns_href: str = ""  # where the reader chooses columns
    save_href: str = ""  # where these filters get a name
    remove_href: str = ""
    undo_href: str = ""  # where the last change of many rows is undone


@dataclass(frozen=True)
class Fact:
    label: str
    value: str = ""
    cells: Sequence[Cell] = ()


@dataclass(frozen=True)
class Section:
    """A titled part of a show page: facts, a table (with a pager when it is long), or both."""

    title: str
    facts: Sequence[Fact] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    empty: str = ""
    buttons: Sequence[Button] = ()
    pager: Pager | None = None


@dataclass(frozen=True)
class ShowModel:
    title: str
    sections: Sequence[Section]
    back_href: str = ""
    back_label: str = ""
    buttons: Sequence[Button] = ()
    badges: Sequence[Badge] = ()


@dataclass(frozen=True)
class TargetSummary:
    """What an action is about to work on: the count and the first names."""

    count: int
    names: Sequence[str] = ()  # at most ten
    noun: str = ""  # "studenten"
    left_out: int = 0  # of all that match
    left_out_names: Sequence[str] = ()  # at most ten


@dataclass(frozen=True)
class RefusedRow:
    label: str
    reason: str


@dataclass(frozen=True)
class ActionModel:
    """The page of one action. step "form" asks, "confirm" tells what will happen, "done" reports."""

    title: str
    step: Literal["form", "confirm", "done"]
    submit_label: str
    cancel_href: str
    post_href: str = ""
    form: Any = None  # a WTForms form, drawn field by field
    targets: TargetSummary | None = None
    intro: str = ""
    will_text: str = ""  # confirm: what will change, in a sentence
    will: Sequence[str] = ()  # confirm: what will change, by name
    will_count: int = 0
    unchanged_count: int = 0
    refused: Sequence[RefusedRow] = ()
    refused_count: int = 0
    danger: bool = False
    hidden: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()  # errors that belong to no field
    changed: Sequence[str] | None = None  # what changed since the page was shown; None: it is new
    more: Sequence[Button] = ()  # done: what the user may want to do next
    can_adjust: bool = False  # `hidden` holds what was typed, to go back to the form


@dataclass(frozen=True)
class Again:
    """A form that is sent once more, as it was: to which address, and everything in it."""

    href: str
    label: str
    fields: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ErrorModel:
    """An error page: what happened and what to do next. No buttons: a link to the start page.

    `number`: of the request, for whoever reports it.
    """

    code: int
    title: str
    text: str
    hint: str = ""
    buttons: Sequence[Button] = ()
    number: str = ""
    again: Again | None = None


@dataclass(frozen=True)
class GoneModel:
    """A form whose row went: which row, who took it away, and what was typed (label and text)."""

    title: str
    text: str
    name: str
    told: str
    typed: Sequence[tuple[str, str]]
    files: Sequence[str]
    buttons: Sequence[Button]


@dataclass(frozen=True)
class NavItem:
    label: str
    href: str
    icon: str
    active: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Step:
    """One step of a wizard or a check-list."""

    label: str
    href: str = ""
    state: Literal["done", "current", "todo"] = "todo"
    hint: str = ""
    parts: Sequence[str] = field(default_factory=tuple)
