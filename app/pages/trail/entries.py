"""An entry of the trail in words: who, when, what, on what and which changes, the same on every page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.pages.base.buttons import BACK
from app.pages.base.request import here, href_with
from app.pages.trail import words
from app.school import current_school
from app.theme import widgets

CHANGES_SHOWN = 3  # in a list; all of them on the page of the entry


@dataclass(frozen=True)
class Line:
    """A field of an entry and what it reads, which is worked out when it is asked for."""

    label: str
    text: Callable[[], str]


@dataclass(frozen=True)
class Told:
    """An entry in words. Each part is worked out when it is asked for: a cell needs one of them."""

    entry: models.AuditEntry
    of: int = 0  # the registration on whose page it stands: of a planning of several, only this one

    @property
    def who(self) -> str:
        return self.entry.actor_name

    @property
    def when(self) -> str:
        return moment_text(self.entry.at)

    @property
    def what(self) -> str:
        return actions.entry_label(self.entry.action)

    @property
    def about(self) -> str:
        return words.object_text(self.entry.object_type, self.entry.object_count)

    @property
    def changes(self) -> Sequence[tuple[str, str]]:
        """Each field with its change ("O → V"), or with the value alone."""
        return [(line.label, line.text()) for line in self.lines]

    @property
    def lines(self) -> Sequence[Line]:
        return list(_lines(self.entry, self.of))


def moment_text(at: datetime) -> str:
    """A moment to the second, because entries follow each other fast."""
    return f"{current_school().local(at):%d-%m-%Y %H:%M:%S}"


def _lines(entry: models.AuditEntry, of: int) -> Iterator[Line]:
    for name, value in entry.details.items():
        label = actions.own_word(entry.action, name) or words.field_label(name)
        if name == "way":
            yield Line(label, partial(words.way_text, value))
        elif name == "users":
            yield Line(label, partial(words.users_text, value))
        elif name == "registrations" and isinstance(value, list):
            yield from _planned(value, of)
        elif name in words.LISTS:
            yield Line(label, partial(words.list_text, value))
        else:
            reads = words.remark_text if name.rpartition(" ")[2] == "remark" else words.change_text
            yield Line(label, partial(reads, value))


def _planned(registrations: Sequence[dict[str, Any]], of: int) -> Iterator[Line]:
    """A line per moment that was planned or changed; on the page of a registration without the student."""
    for one in registrations:
        if of and one["id"] != of:
            continue
        for moment in one["moments"]:
            said = {**moment, **({"attempt": one["attempt"]} if "attempt" in one else {})}
            task = said.pop("task")
            yield Line(task if of else f"{one['student']}, {task}", partial(words.value_text, said))


# -- in a table


def _what(entry: models.AuditEntry) -> widgets.Cell:
    return widgets.Cell(Told(entry).what, f"/logboek/{entry.id}")


def _changed(entry: models.AuditEntry) -> widgets.Cell:
    return _shown(Told(entry))


def _shown(told: Told) -> widgets.Cell:
    lines = told.lines
    first = [(line.label, line.text()) for line in lines[:CHANGES_SHOWN]]
    found = [f"{name}: {text}" if name else text for name, text in first]
    rest = len(lines) - CHANGES_SHOWN
    return widgets.Cell("; ".join(found), muted=_("en nog %(count)s", count=rest) if rest > 0 else "")


ENTRY_CELLS: Sequence[tuple[str, LazyString, Callable[[models.AuditEntry], widgets.Cell]]] = (
    ("action", _l("Actie"), _what),
    ("at", _l("Moment"), lambda entry: widgets.Cell(Told(entry).when, whole=True)),
    ("actor", _l("Wie"), lambda entry: widgets.Cell(Told(entry).who, whole=True)),
    ("object", _l("Betreft"), lambda entry: widgets.Cell(Told(entry).about)),
    ("changes", _l("Wijziging"), _changed),
)


def entry_name(entry: models.AuditEntry) -> str:
    """An entry as a screen reader names it."""
    return f"{Told(entry).what}, {Told(entry).when}"


# On the page of a row nobody asks what an entry is about.
OF_ONE_ROW = [cell for cell in ENTRY_CELLS if cell[0] != "object"]


def trail_section(
    title: str,
    entries: Sequence[models.AuditEntry],
    empty: str,
    buttons: Sequence[widgets.Button] = (),
    registration: int = 0,
) -> widgets.Section:
    """What happened to one row, newest first; only for users who may read the trail.

    `registration`: of a planning of several students, tell only of this one.
    """
    return widgets.Section(
        title,
        columns=[widgets.Column(key, str(label)) for key, label, _cell in OF_ONE_ROW],
        rows=[
            widgets.Row(entry.id, entry_name(entry), _cells_here(entry, registration)) for entry in entries
        ],
        empty=empty,
        buttons=buttons,
    )


def _cells_here(entry: models.AuditEntry, registration: int) -> list[widgets.Cell]:
    """The cells on the page of a row; "Student (60)" tells of others. An entry leads back here."""
    what, *rest = (cell(entry) for key, _label, cell in OF_ONE_ROW if key != "changes")
    rest.append(_shown(Told(entry, registration)))
    address = href_with(what.href, [(BACK, here())])
    about = Told(entry).about if entry.object_count > 1 else ""
    return [replace(what, href=address, muted=about), *rest]
