"""What an action did: for the page that tells it, for the trail, and for the mark of what was announced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

K = TypeVar("K", bound=Any)  # what can be put in order
KEPT_REFUSED = 200  # refused rows that are kept, to show again when the same form is sent twice


@dataclass(frozen=True)
class Refused:
    label: str  # the row that the action left alone, by name
    reason: str


@dataclass(frozen=True)
class Part:
    """An entry of its own in the trail, for rows for which not the same was written as for the others."""

    ids: Sequence[int]
    details: dict[str, Any]
    also: Mapping[str, Sequence[int]] = field(default_factory=dict)


def parts_of(
    pairs: Iterable[tuple[int, K]],
    told: Callable[[Sequence[K]], dict[str, Any]],
    also: Callable[[Sequence[K]], Mapping[str, Sequence[int]]] = lambda _written: {},
) -> list[Part]:
    """The entries for these (row, what was written for it): one for all that the same rows have.

    `told` and `also` get what was written for all rows of an entry, in order. There are never more entries
    than things that were written.
    """
    rows: dict[K, set[int]] = {}
    for row, written in pairs:
        rows.setdefault(written, set()).add(row)
    same: dict[frozenset[int], list[K]] = {}
    for written in sorted(rows):
        same.setdefault(frozenset(rows[written]), []).append(written)
    return [Part(sorted(ids), told(all_of), also(all_of)) for ids, all_of in same.items()]


@dataclass
class Outcome:
    """What happened: rows changed, rows that already were so, rows refused and why.

    `ids` are the changed rows (for the trail) and `details` what changed in them (old -> new).
    `names` are the first few changed rows, for people to read. `goto` is the id of a row just made.
    `shown` is extra data for the action's own confirm page; it is not kept.
    `entry` is the name in the trail, when that is not the action's own name (OTHER_ENTRIES).
    `rests_on`: which rows the announcement stands for besides those of the action, where it only counts or
    sums them up. Rows that were there before, by what no later row has; `mark` is its mark.
    `also` are rows of another kind that the entry is about too: kind -> ids.
    `again`: it was an earlier sending of the same form that did this.
    `parts`, when given, are the entries in the trail, instead of one of `ids`, `details` and `also`.
    """

    done: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    summary: str = ""
    names: list[str] = field(default_factory=list)
    ids: Sequence[int] = ()
    object_type: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    goto: int | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    entry: str = ""
    rests_on: Sequence[Any] = ()
    mark: str = ""
    also: Mapping[str, Sequence[int]] = field(default_factory=dict)
    parts: Sequence[Part] = ()
    again: bool = False

    def as_json(self) -> dict[str, Any]:
        nothing: dict[str, Any] = {
            "ids": [],
            "details": {},
            "shown": {},
            "rests_on": (),
            "also": {},
            "parts": (),
        }
        # `asdict` copies everything, so the ids are left out first: there may be 100,000.
        kept = asdict(replace(self, **nothing, refused=self.refused[:KEPT_REFUSED]))
        for name in ("details", "shown", "rests_on", "mark", "also", "parts", "again"):
            del kept[name]
        return kept

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Outcome:
        return cls(**{**kept, "refused": [Refused(**row) for row in kept["refused"]]})
