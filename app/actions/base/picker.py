"""Fields to choose rows with, which never load a whole table: a short list, or a search box for many rows.

`offer` fills such fields: with all rows when they are few, else with the chosen ones and what was searched
(app/queries/base/picker.py).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import wtforms
from flask_babel import gettext as _
from wtforms.fields.choices import SelectFieldBase

from app.actions.base.forms import SelectChoice
from app.permissions import Actor
from app.queries.base import asked as asked_queries
from app.queries.base import picker

PICK_PATH = "/kies"  # the address that a search box asks
SEARCH = "zoek"  # name of the button that searches without JavaScript; its box's name ends in it


class Picking(SelectFieldBase):
    """What the two fields share. The template looks at `many` to draw a search box or a list."""

    many = False  # True: a search box; False: an ordinary list
    few = picker.MOST
    multiple = False
    href = ""  # the address that the search box asks
    words = ""  # what was typed in the search box
    more = False  # whether more rows match the words than are shown
    blank: Sequence[Any] = ()
    coerce: Callable[[Any], Any]
    choices: Any

    def __init__(self, label: Any = None, validators: Any = None, *, source: str, **given: Any) -> None:
        super().__init__(label, validators, **given)
        self.source = source

    def process(self, formdata: Any, *args: Any, **given: Any) -> None:
        super().process(formdata, *args, **given)
        typed = formdata.getlist(f"{self.name}-{SEARCH}") if formdata else []
        self.words = typed[0].strip() if typed else ""

    def chosen(self) -> list[str]:
        """The keys that are chosen now."""
        data = self.data if self.multiple else [self.data]
        return [str(one) for one in data or () if one]

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all to choose."""
        return not self.many and len(self.choices) == (1 if self.blank else 0)

    def fill(self, options: Sequence[picker.Option], *, many: bool, within: Collection[int]) -> None:
        self.many = many
        query = urlencode([("binnen", one) for one in within])
        self.href = f"{PICK_PATH}/{self.source}" + (f"?{query}" if query else "")
        self.choices = [
            *([SelectChoice(self.blank[0], str(self.blank[1]))] if self.blank else []),
            *(self._choice(one) for one in options),
        ]

    def _choice(self, one: picker.Option) -> Any:
        """One option. In a list it stands under its heading; in a search box the heading follows it."""
        key, group = self.coerce(one.key), _(one.group) if one.group else ""
        if self.many and group:
            return SelectChoice(key, f"{one.label} · {group}")
        return SelectChoice(key, one.label, optgroup=group or None)


class Picked(Picking, wtforms.SelectMultipleField):
    """Choose any number of rows."""

    few = picker.FEW
    multiple = True


class PickedOne(Picking, wtforms.SelectField):
    """Choose one row, or none. `blank` is the value and the label for none."""

    def __init__(self, *args: Any, blank: tuple[Any, Any], **given: Any) -> None:
        self.blank = blank
        super().__init__(*args, default=blank[0], **given)


def offer(
    actor: Actor,
    *fields: Picking,
    asked: asked_queries.Asked = asked_queries.EVERYTHING,
    present: Mapping[str, str] | None = None,
) -> None:
    """Fill fields of one source. With `asked.having`, the list shows only what these rows have.

    `present` (key -> label) may stay chosen, whether the source has it or not.
    """
    source, stays = fields[0].source, dict(present or {})
    most = fields[0].few if asked.having is None else picker.OF_THESE
    # One row more than a list holds shows whether a search box is needed.
    few = picker.SOURCES[source].find(actor, replace(asked, most=most + 1))
    many = len(few) > most
    chosen = {key for field in fields for key in field.chosen()} - set(stays) if many else set()
    known = picker.named(actor, source, chosen, asked_queries.Asked(within=asked.within))
    for field in fields:
        options = [picker.Option(key, label) for key, label in stays.items()]
        if many:
            keys = set(field.chosen())
            options = [one for one in (*options, *known.values()) if one.key in keys]
            if field.words:
                found, field.more = picker.search(actor, source, field.words, asked.within)
                options += found
        else:
            options += few
        once = {one.key: one for one in reversed(options)}
        field.fill(list(reversed(once.values())), many=many, within=asked.within)
