"""Lays out the moments of each student: all tasks in one block, or each task at its own time.

Who is planned already keeps what the slot leaves alone. A moment that is not there yet is made when a day or
an hour was filled in, or when the student has nothing planned at all.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app import models
from app.errors import RuleBroken
from app.queries.planning import facts
from app.queries.planning.moments import PlannedMoment
from app.queries.planning.wish import Slot, Wish
from app.rules import clock_times, timetable
from app.rules.text import N_

MISSING = {
    "school_examiner": N_("Kies een examinator van school: %(student)s heeft hiervoor nog geen planning."),
    "day": N_("Vul een datum in: %(student)s heeft hiervoor nog geen planning."),
    "start": N_("Vul een begintijd in: %(student)s heeft hiervoor nog geen planning."),
    "minutes": N_("Vul een duur in: %(student)s heeft hiervoor nog geen planning."),
}
Present = Mapping[int, facts.PresentSitting]


def locked_tasks(one: facts.Candidate) -> set[int]:
    """The tasks of the pending attempt that were scored, and so stay as they are."""
    return {s.task_id for s in one.pending.sittings.values() if s.locked} if one.pending else set()


def open_moments(one: facts.Candidate) -> Present:
    """Task id -> the moment that stands there now and can still change."""
    there = one.pending.sittings if one.pending else {}
    return {task_id: sitting for task_id, sitting in there.items() if not sitting.locked}


def counting(slot: Slot, one: facts.Candidate, task_id: int) -> Slot:
    """What counts of a slot for this task of this student: all of it where the moment is new."""
    if task_id in locked_tasks(one):
        return Slot()
    there = open_moments(one)
    new = task_id not in there and (slot.touched.timed or not there)
    return slot if new else slot.touched


@dataclass(frozen=True)
class _Section:
    """A slot with the tasks that it is for; `key` begins the names of its fields."""

    key: str
    slot: Slot
    tasks: Sequence[models.ExamTask]

    def todo(self, one: facts.Candidate) -> Sequence[models.ExamTask]:
        return [task for task in self.tasks if task.id not in locked_tasks(one)]

    def missing(self, name: str, one: facts.Candidate) -> RuleBroken:
        return RuleBroken(MISSING[name], field=f"{self.key}_{name}", student=one.label)

    @property
    def lacks(self) -> str:
        """The first field without which nothing new can be planned."""
        slot = self.slot
        needed = {
            "school_examiner": slot.school_examiner_id,
            "day": slot.day,
            "start": slot.start,
            "minutes": slot.minutes,
        }
        return next((name for name, value in needed.items() if value is None), "")


@dataclass(frozen=True)
class _Block:
    """Tasks of one student that follow each other from `begins`; `free`: others may push it on."""

    student: facts.Candidate
    tasks: Sequence[tuple[models.ExamTask, int]]
    begins: dt.datetime
    free: bool = False

    @property
    def minutes(self) -> int:
        return sum(minutes for _task, minutes in self.tasks)

    def spans(self, begins: dt.datetime) -> Iterator[tuple[models.ExamTask, timetable.Span]]:
        for task, minutes in self.tasks:
            ends = begins + dt.timedelta(minutes=minutes)
            yield task, (begins, ends)
            begins = ends


def lay_out(
    exam: models.Exam, allowed: Sequence[facts.Candidate], wish: Wish, zone: ZoneInfo
) -> Mapping[int, Sequence[PlannedMoment]]:
    """Student id -> the moments, in the order of the tasks. RuleBroken names the field that lacks."""
    found: dict[int, list[PlannedMoment]] = defaultdict(list)
    sections = list(_sections(exam, wish))
    for section in sections:
        for one, task, span in _times(section, allowed, wish, zone):
            found[one.id].append(_moment(section, one, task, span))
    for one in allowed:
        asked = next((s for s in sections if s.lacks and s.todo(one)), None)
        if asked is not None and not found[one.id] and not open_moments(one):
            raise asked.missing(asked.lacks, one)
    return found


def _sections(exam: models.Exam, wish: Wish) -> Iterator[_Section]:
    if wish.together is not None:
        yield _Section("all", wish.together, exam.tasks)
    else:
        for task in exam.tasks:
            if task.id in wish.apart:
                yield _Section(f"task{task.id}", wish.apart[task.id], [task])


# -- when


def _times(
    section: _Section, allowed: Sequence[facts.Candidate], wish: Wish, zone: ZoneInfo
) -> Iterator[tuple[facts.Candidate, models.ExamTask, timetable.Span]]:
    """Every (student, task, time) of a section: what stays, and what gets another time."""
    own = wish.own_starts if section.key == "all" else {}
    blocks: list[_Block] = []
    staying: list[timetable.Span] = []
    for one in allowed:
        block = _block(section, one, own.get(one.id), zone)
        if block is not None:
            blocks.append(block)
            continue
        for task in section.tasks:
            now = open_moments(one).get(task.id)
            if now is not None:
                staying.append((now.starts_at, now.ends_at))
                yield one, task, staying[-1]
    free = [block for block in blocks if block.free and wish.one_by_one]
    fixed = [block for block in blocks if not (block.free and wish.one_by_one)]
    staying += [(block.begins, block.begins + dt.timedelta(minutes=block.minutes)) for block in fixed]
    try:
        starts = timetable.one_after_another(
            [block.begins for block in free],
            [block.minutes for block in free],
            zone=zone,
            pause=wish.pause,
            last_end=wish.last_end,
            taken=staying,
        )
    except RuleBroken as error:
        raise _at(f"{section.key}_start", error) from error
    begun = [*zip(free, starts, strict=True), *((block, block.begins) for block in fixed)]
    for block, begins in begun:
        for task, span in block.spans(begins):
            yield block.student, task, span


def _block(section: _Section, one: facts.Candidate, own: dt.time | None, zone: ZoneInfo) -> _Block | None:
    """What this student does at another time than now; None when the times stay, or nothing is planned."""
    slot, touched = section.slot, section.slot.touched
    todo = section.todo(one)
    there = {task.id: now for task in todo if (now := open_moments(one).get(task.id)) is not None}
    if not todo:
        return None
    timed = touched.timed or own is not None
    if not there and not timed and (open_moments(one) or (slot.idle and section.lacks)):
        return None
    if there and not timed:
        if touched.minutes is None:
            return None
        todo = [task for task in todo if task.id in there]
        begins = min(now.starts_at for now in there.values())
        return _Block(one, list(zip(todo, _minutes(section, one, todo, there), strict=True)), begins)
    begins = _begins(section, one, there, own, zone)
    tasks = list(zip(todo, _minutes(section, one, todo, there), strict=True))
    return _Block(one, tasks, begins, free=own is None)


def _begins(
    section: _Section, one: facts.Candidate, there: Present, own: dt.time | None, zone: ZoneInfo
) -> dt.datetime:
    """The typed day and hour; what was left alone is as it is now, or as the form showed it."""
    slot, touched = section.slot, section.slot.touched
    first = min((now.starts_at for now in there.values()), default=None)
    now = first.astimezone(zone).replace(tzinfo=None) if first is not None else None
    day = touched.day or (now.date() if now else slot.day)
    start = own or touched.start or (now.time() if now else slot.start)
    if day is None or start is None:
        raise section.missing("day" if day is None else "start", one)
    typed = f"start{one.id}" if own else f"{section.key}_day"
    if not own and (touched.start or now is None):
        typed = f"{section.key}_start"
    try:
        return clock_times.moment_of(day, start, zone)
    except RuleBroken as error:
        raise _at(typed, error) from error


def _minutes(
    section: _Section, one: facts.Candidate, todo: Sequence[models.ExamTask], there: Present
) -> Sequence[int]:
    """How long each of these tasks takes: as typed, else as now, else as the form showed or the exam says."""
    slot, touched = section.slot, section.slot.touched
    if slot.minutes is None and not there and not open_moments(one):
        raise section.missing("minutes", one)
    shown = {task.id: task.duration_minutes for task in section.tasks}
    if slot.minutes is not None:
        shown = dict(zip(shown, timetable.shares(list(shown.values()), slot.minutes), strict=True))
    if touched.minutes is not None:
        return [shown[task.id] for task in todo]
    return [there[task.id].minutes if task.id in there else shown[task.id] for task in todo]


def _at(field: str, error: RuleBroken) -> RuleBroken:
    return RuleBroken(error.message, field=field, **error.params)


# -- who and where


def _moment(
    section: _Section, one: facts.Candidate, task: models.ExamTask, span: timetable.Span
) -> PlannedMoment:
    """The moment with its people and place: as typed, else as now, else as the form showed."""
    slot, touched, there = section.slot, section.slot.touched, open_moments(one)
    now = there.get(task.id)
    # A task that is added to others is with the people and at the place of those, where the form is silent.
    other = next(iter(there.values()), None)
    fields = ("school_examiner_id", "company_examiner_id", "location", "note")
    values = {name: _value(name, touched, now, slot, other) for name in fields}
    if values["school_examiner_id"] is None and now is None:
        raise section.missing("school_examiner", one)
    return PlannedMoment(
        task,
        *span,
        school_examiner_id=values["school_examiner_id"],
        company_examiner_id=values["company_examiner_id"] or None,
        location=values["location"] or "",
        note=values["note"] or "",
        present=now,
    )


def _value(
    name: str,
    typed: Slot,
    now: facts.PresentSitting | None,
    shown: Slot,
    other: facts.PresentSitting | None,
) -> Any:
    found = getattr(typed, name)
    if found is None and now is not None:
        return getattr(now, name)
    if found is None:
        found = getattr(shown, name)
    return getattr(other, name) if found is None and other is not None else found
