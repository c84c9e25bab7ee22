"""What was sent with a progress sheet: the ratings and ticks that were chosen, and those that it showed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.pages import base
from app.rules.progress import Cell

RATING = re.compile(r"(was_)?(baseline|progress)_(\d{1,9})")
WAS_TICKED = re.compile(r"was_(\d{1,9})")


@dataclass(frozen=True)
class Typed:
    """`ratings` and `shown` by kind and work process; `ticks` and `ticks_shown` by assignment."""

    ratings: dict[Cell, int] = field(default_factory=dict)
    shown: dict[Cell, int] = field(default_factory=dict)
    ticks: dict[int, bool] = field(default_factory=dict)
    ticks_shown: dict[int, bool] = field(default_factory=dict)

    @property
    def touched(self) -> dict[int, bool]:
        """The assignments whose tick differs from what the form showed."""
        return {one: ticked for one, ticked in self.ticks.items() if ticked != self.ticks_shown[one]}

    def rating(self, cell: Cell, there: int | None) -> int | None:
        """What a form that is shown again has chosen: what the user changed, else what is there now."""
        chosen = self.ratings.get(cell)
        return there if chosen is None or chosen == self.shown.get(cell) else chosen

    def clashes(self, cell: Cell, there: int) -> bool:
        """Whether the user changed a rating that has become another meanwhile."""
        return there != self.shown.get(cell) and self.rating(cell, there) != there

    def ticked(self, assignment: int, *, there: bool) -> bool:
        return self.touched.get(assignment, there)


NOTHING = Typed()


def typed(fields: Mapping[str, str]) -> Typed:
    """A rating that is no number becomes -1, which the action refuses; a shown one that is none, nothing."""
    found = Typed()
    for name, value in fields.items():
        if match := RATING.fullmatch(name):
            cell = match[2], int(match[3])
            if match[1] is None:
                found.ratings[cell] = int(value) if base.is_number(value) else -1
            elif base.is_number(value):
                found.shown[cell] = int(value)
        elif match := WAS_TICKED.fullmatch(name):
            found.ticks[int(match[1])] = fields.get(f"done_{match[1]}") == "1"
            found.ticks_shown[int(match[1])] = value == "1"
    return found
