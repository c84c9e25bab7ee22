"""Finds where a student or an examiner would be in two places at once, and refuses it.

A person is known by e-mail address: a guest and an account of one address are one person.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from dataclasses import field as filled
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from app import errors
from app.actions import base
from app.permissions import Actor
from app.queries.planning.busy import Busy, busy_moments
from app.queries.planning.persons import same_person
from app.queries.planning.when import when_label
from app.rules import conflicts
from app.rules.text import N_

CLASHES_NAMED = 5


@dataclass(frozen=True)
class Wanted:
    """A moment that is to be: with its student and examiners, id -> name, as far as they are new to it."""

    starts_at: datetime
    ends_at: datetime
    label: str
    students: Mapping[int, str] = filled(default_factory=dict)
    examiners: Mapping[int, str] = filled(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """The clashes of moments that are to be, with each other and with what is `planned`."""

    clashes: Sequence[conflicts.Clash]
    planned: Set[conflicts.Moment]
    new: Sequence[conflicts.Moment]

    @property
    def in_the_way(self) -> Set[str]:
        """The labels of those that cannot be: no more than needed for the others."""
        return conflicts.in_the_way(self.clashes, self.new)


def refuse_clashes(
    actor: Actor, wanted: Sequence[Wanted], *, leaving_out: Collection[int], field: str = "clash"
) -> None:
    """RuleBroken when somebody would be in two places. `leaving_out`: the sittings that these moments are."""
    found = find_clashes(actor, wanted, leaving_out=leaving_out)
    if found.clashes:
        raise errors.RuleBroken(N_("%(clashes)s"), field=field, clashes=_told(found))


def find_clashes(actor: Actor, wanted: Sequence[Wanted], *, leaving_out: Collection[int] = ()) -> Found:
    """Where somebody would be in two places. Three queries, or none for nothing."""
    if not wanted:
        return Found((), frozenset(), ())
    person = same_person({user for one in wanted for user in one.examiners})
    busy = busy_moments(
        actor,
        users=person.keys(),
        students={student for one in wanted for student in one.students},
        start=min(one.starts_at for one in wanted),
        end=max(one.ends_at for one in wanted),
        leaving_out=leaving_out,
    )
    who = _Names(wanted, person)
    planned = [moment for other in busy for moment in who.busy(other)]
    new = [moment for one in wanted for moment in who.new(one)]
    return Found(conflicts.clashes(planned, new), frozenset(planned), new)


class _Names:
    """The students and the persons of the wanted moments, as the subjects of a clash."""

    def __init__(self, wanted: Sequence[Wanted], person: Mapping[int, int]) -> None:
        self.person = person
        self.students = {key: name for one in wanted for key, name in one.students.items()}
        self.persons = {person[key]: name for one in wanted for key, name in one.examiners.items()}

    def new(self, one: Wanted) -> Iterable[conflicts.Moment]:
        subjects = [
            *(conflicts.Subject("student", key, name) for key, name in one.students.items()),
            *(self._examiner(self.person[key]) for key in one.examiners),
        ]
        for subject in subjects:
            yield conflicts.Moment(one.starts_at, one.ends_at, subject, one.label)

    def busy(self, other: Busy) -> Iterable[conflicts.Moment]:
        """The moments of these people in another sitting. One that the actor may not see shows its time."""
        if other.seen:
            label = moment_label(other.starts_at, other.ends_at, other.exam, other.task, other.student)
        else:
            when = when_label(other.starts_at, other.ends_at)
            label = _("een ander examenmoment (%(when)s)", when=when)
        there = {self.person[key] for key in other.examiner_ids if key in self.person}
        subjects = [self._examiner(key) for key in sorted(there)]
        if other.student_id in self.students:
            name = self.students[other.student_id]
            subjects.insert(0, conflicts.Subject("student", other.student_id, name))
        for subject in subjects:
            yield conflicts.Moment(other.starts_at, other.ends_at, subject, label)

    def _examiner(self, person: int) -> conflicts.Subject:
        return conflicts.Subject("examiner", person, self.persons[person])


def _told(found: Found) -> str:
    """A line per moment that is in the way, each once: several tasks may clash with the same one."""
    lines = list(dict.fromkeys(_clash_line(clash, found.planned) for clash in found.clashes))
    told = lines[:CLASHES_NAMED]
    if len(lines) > CLASHES_NAMED:
        more = len(lines) - CLASHES_NAMED
        told.append(ngettext("En nog %(num)s overlapping.", "En nog %(num)s overlappingen.", more))
    return "\n".join(told)


def _clash_line(clash: conflicts.Clash, planned: Set[conflicts.Moment]) -> str:
    for other in (clash.first, clash.second):
        if other in planned:
            return _(
                "%(name)s heeft op dat moment al iets anders: %(other)s.",
                name=other.subject.name,
                other=other.label,
            )
    return base.say(clash.reason)


def moment_label(start: datetime, end: datetime, exam: str, task: str, student: str) -> str:
    return f"“{exam}, {task}, {student}, {when_label(start, end)}”"
