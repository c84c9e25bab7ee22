"""What a planner asks for, before it is known what that means for each student."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

NOBODY = 0  # chosen: no examiner of the company


@dataclass(frozen=True)
class Slot:
    """What was filled in for one task, or for all at once. `day` and `start` are on the school's clock.

    None: whoever is planned keeps what they have. So do the fields of `untouched`, which only showed what the
    planned students share: those count for a student who has nothing planned yet.
    """

    school_examiner_id: int | None = None
    company_examiner_id: int | None = None
    day: dt.date | None = None
    start: dt.time | None = None
    minutes: int | None = None
    location: str | None = None
    note: str | None = None
    untouched: frozenset[str] = frozenset()

    @cached_property
    def touched(self) -> "Slot":
        """Only what changes for whoever is planned."""
        return replace(self, **dict.fromkeys(self.untouched), untouched=frozenset())

    @property
    def idle(self) -> bool:
        """Whether it changes nothing for whoever is planned."""
        return self.touched == Slot()

    @property
    def timed(self) -> bool:
        """Whether it says when."""
        return self.day is not None or self.start is not None


@dataclass(frozen=True)
class Wish:
    """The whole form: one slot for all tasks, or a slot per task; and how several students follow each other.

    `own_starts` (student -> time) holds only when all tasks are planned at once.
    """

    together: Slot | None = None
    apart: Mapping[int, Slot] = field(default_factory=dict)
    one_by_one: bool = True
    pause: int = 0
    last_end: dt.time | None = None
    own_starts: Mapping[int, dt.time] = field(default_factory=dict)

    def slots(self) -> Iterator[tuple[str, Slot]]:
        """(key of the form's fields, slot) for each slot that was filled in."""
        if self.together is not None:
            yield "all", self.together
        else:
            for task_id, slot in self.apart.items():
                yield f"task{task_id}", slot
