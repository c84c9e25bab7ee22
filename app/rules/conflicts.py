"""Finds the students and examiners who would be in two places at once.

Moments are half-open: one that starts when another ends does not clash.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.errors import RuleBroken
from app.rules.text import N_, Reason, reason

SubjectKind = Literal["student", "examiner"]


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A student or an examiner. `kind` and `id` decide who it is; `name` is for the sentence."""

    kind: SubjectKind
    id: int
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """The time in which a subject is busy: [start, end), aware; `label` says with what."""

    start: datetime
    end: datetime
    subject: Subject
    label: str

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a moment needs aware datetimes")
        if self.start >= self.end:
            raise RuleBroken(N_("De eindtijd moet na de begintijd liggen."))


@dataclass(frozen=True, slots=True, order=True)
class Clash:
    """Two overlapping moments of one subject; `first` starts first."""

    first: Moment
    second: Moment

    @property
    def reason(self) -> Reason:
        return reason(
            N_("%(name)s heeft op dat moment al iets anders: %(first)s en %(second)s overlappen."),
            name=self.first.subject.name,
            first=self.first.label,
            second=self.second.label,
        )


def clashes(planned: Sequence[Moment], new: Sequence[Moment]) -> list[Clash]:
    """Every overlap of a new moment with a planned one or with another new one, sorted, each once.

    Overlaps among the planned ones are not reported. A sweep: O(n log n), plus the clashes found.
    """
    by_subject: dict[tuple[str, int], list[tuple[Moment, bool]]] = defaultdict(list)
    for moments, is_new in ((planned, False), (new, True)):
        for moment in moments:
            by_subject[moment.subject.kind, moment.subject.id].append((moment, is_new))
    found = {clash for entries in by_subject.values() for clash in _sweep(entries)}
    return sorted(found)


def in_the_way(found: Sequence[Clash], new: Sequence[Moment]) -> set[str]:
    """Of clashes: the labels of the new moments that cannot be. Moments of one label stand and fall together.

    One that clashes with what was planned cannot; of two new ones the one that ends last cannot, unless the
    other cannot be either. So none gives way to one that itself is not to be.
    """
    fresh = set(new)
    beside: dict[str, set[str]] = defaultdict(set)
    out = set()
    for one, other in ((clash.first, clash.second) for clash in found):
        if one in fresh and other in fresh:
            beside[one.label].add(other.label)
            beside[other.label].add(one.label)
        else:
            out.add((one if one in fresh else other).label)
    for moment in sorted(new, key=lambda one: (one.end, one.start, one.label)):
        if moment.label not in out:
            out |= beside[moment.label]
    return out


def _sweep(entries: list[tuple[Moment, bool]]) -> Iterator[Clash]:
    busy_planned: list[tuple[datetime, Moment]] = []
    busy_new: list[tuple[datetime, Moment]] = []
    for moment, is_new in sorted(entries):
        for busy in (busy_planned, busy_new):
            while busy and busy[0][0] <= moment.start:
                heapq.heappop(busy)
        for _, other in busy_new:
            yield Clash(other, moment)
        if is_new:
            for _, other in busy_planned:
                yield Clash(other, moment)
        heapq.heappush(busy_new if is_new else busy_planned, (moment.end, moment))
