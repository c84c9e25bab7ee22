"""A moment as it will be, beside what stands there now, and what changes between the two."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app import models
from app.queries.planning import facts
from app.queries.planning.when import when_label


@dataclass(frozen=True)
class PlannedMoment:
    """One task of one student as it will be. `present`: what stands there now, if anything."""

    task: models.ExamTask
    starts_at: dt.datetime
    ends_at: dt.datetime
    school_examiner_id: int | None
    company_examiner_id: int | None = None
    location: str = ""
    note: str = ""
    present: facts.PresentSitting | None = None

    @property
    def guest_id(self) -> int | None:
        """Somebody without an account, who stays until an examiner of the company is chosen."""
        return self.present.guest_id if self.present is not None and not self.company_examiner_id else None

    @property
    def people(self) -> Sequence[int]:
        """The examiners, the school's first."""
        both = (self.school_examiner_id, self.company_examiner_id or self.guest_id)
        return [user for user in both if user]

    @property
    def moved(self) -> bool:
        """Whether the time or place changes, so that people who knew the old moment must hear of it."""
        now = self.present
        return now is not None and (self.retimed or now.location != self.location)

    @property
    def retimed(self) -> bool:
        """Whether it is new, or at another time."""
        now = self.present
        return now is None or (now.starts_at, now.ends_at) != (self.starts_at, self.ends_at)

    @property
    def recrewed(self) -> bool:
        """Whether it is new, or with other examiners."""
        now = self.present
        return now is None or (now.school_examiner_id, now.company_examiner_id) != (
            self.school_examiner_id,
            self.company_examiner_id,
        )

    @property
    def same(self) -> bool:
        now = self.present
        return now is not None and not (
            self.retimed or self.recrewed or (now.location, now.note) != (self.location, self.note)
        )


@dataclass(frozen=True)
class StudentPlan:
    student: facts.Candidate
    attempt: int
    moments: Sequence[PlannedMoment]
    kept: Sequence[models.ExamTask] = ()  # already scored: stay as they are

    @property
    def changing(self) -> bool:
        return self.student.pending is not None

    @property
    def same(self) -> bool:
        return all(moment.same for moment in self.moments)


@dataclass(frozen=True)
class Change:
    """What one field was and will be, as a person reads it; None: nothing."""

    field: str
    old: str | int | None
    new: str | int | None


_EXAMINERS = ("school_examiner", "company_examiner")


def changes(moment: PlannedMoment, names: Mapping[int, str]) -> Sequence[Change]:
    """Every field of a moment that changes; of a new moment, every field that is filled."""
    new = _values(moment)
    old = _values(moment.present) if moment.present is not None else dict.fromkeys(new)
    return [
        Change(name, _read(name, old[name], names), _read(name, new[name], names))
        for name in new
        if (old[name] or None) != (new[name] or None)
    ]


def _values(moment: PlannedMoment | facts.PresentSitting) -> Mapping[str, Any]:
    return {
        "when": (moment.starts_at, moment.ends_at),
        "minutes": int((moment.ends_at - moment.starts_at).total_seconds() // 60),
        "school_examiner": moment.school_examiner_id,
        "company_examiner": moment.company_examiner_id or moment.guest_id,
        "location": moment.location,
        "note": moment.note,
    }


def _read(name: str, value: Any, names: Mapping[int, str]) -> str | int | None:
    if not value:
        return None
    if name == "when":
        return when_label(*value)
    found: str | int = names[value] if name in _EXAMINERS else value
    return found
