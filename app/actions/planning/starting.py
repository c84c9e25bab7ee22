"""What the planning form shows at first: of every field what the students share, or that it differs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import Any

from app import models
from app.queries.planning import facts as fact_queries
from app.queries.planning.layout import locked_tasks, open_moments
from app.rules import timetable
from app.school import current_school

WORKING_DAY = 8 * 60
ABSENT = object()  # a moment that some have and this one has not
Sittings = Sequence[fact_queries.PresentSitting]


@dataclass(frozen=True)
class Section:
    """The fields of one section. `common`: what is the same everywhere; `differing`: the names of the others.

    `planned`: whether anything of it stands there now.
    """

    common: Mapping[str, Any]
    differing: frozenset[str]
    planned: bool


def sections(facts: fact_queries.PlanFacts) -> Mapping[str, Section]:
    """Key -> section: "all", and one per task."""
    tasks = facts.exam.tasks
    return {"all": _together(facts), **{f"task{task.id}": _apart(facts, task) for task in tasks}}


def starting_values(facts: fact_queries.PlanFacts, shown: Mapping[str, Section]) -> dict[str, Any]:
    values = {
        f"{key}_{name}": value for key, section in shown.items() for name, value in section.common.items()
    }
    minutes = sum(task.duration_minutes for task in facts.exam.tasks)
    blocks = [_is_block(facts.exam, one) for one in facts.allowed if one.pending and one.pending.sittings]
    together = all(blocks) if blocks else minutes <= WORKING_DAY
    return {
        **values,
        "seen": fact_queries.fingerprint(facts.candidates),
        "began": as_text(values),
        "way": timetable.TOGETHER if together else timetable.APART,
        "order": "same_time" if _side_by_side(facts.allowed) else "one_by_one",
        **({"last_end": time(17, 0)} if minutes <= WORKING_DAY else {}),
    }


# -- the values as the form carries them, to see later which ones were touched


def as_text(values: Mapping[str, Any]) -> str:
    return json.dumps({name: text_of(value) for name, value in values.items()}, sort_keys=True)


def of_text(text: str) -> Mapping[str, str] | None:
    """What `as_text` wrote; None for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        return None
    return found


def text_of(value: Any) -> str:
    """A value of a field as text, the same for what was shown and what came back."""
    if value is None:
        return ""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return "\n".join(str(value).splitlines()).strip()


# -- what stands there now


def _together(facts: fact_queries.PlanFacts) -> Section:
    tasks, planned = facts.exam.tasks, [one for one in facts.allowed if open_moments(one)]
    if not planned:
        return Section({"minutes": sum(task.duration_minutes for task in tasks)}, frozenset(), planned=False)
    found = _values([sitting for one in planned for sitting in _in_order(facts.exam, one)])
    for one in planned:
        moments = _in_order(facts.exam, one)
        first = moments[:1] if _follow(moments) else moments
        found["day"] |= {_local(sitting).date() for sitting in first}
        found["start"] |= {_clock(sitting) for sitting in first}
        if len(moments) + len(locked_tasks(one)) < len(tasks):
            found["day"].add(ABSENT)
            found["start"].add(ABSENT)
        sittings = one.pending.sittings if one.pending else {}
        found["minutes"].add(
            sum(sittings[t.id].minutes if t.id in sittings else t.duration_minutes for t in tasks)
        )
    return _section(found)


def _apart(facts: fact_queries.PlanFacts, task: models.ExamTask) -> Section:
    planned = [one for one in facts.allowed if open_moments(one) and task.id not in locked_tasks(one)]
    moments = [open_moments(one)[task.id] for one in planned if task.id in open_moments(one)]
    if not moments:
        return Section({"minutes": task.duration_minutes}, frozenset(), planned=False)
    found = _values(moments)
    absent = {ABSENT} if len(moments) < len(planned) else set()
    found["day"] = {_local(sitting).date() for sitting in moments} | absent
    found["start"] = {_clock(sitting) for sitting in moments} | absent
    found["minutes"] = {sitting.minutes for sitting in moments}
    return _section(found)


def _values(moments: Sittings) -> dict[str, set[Any]]:
    return {
        "school_examiner": {str(s.school_examiner_id or "") for s in moments},
        "company_examiner": {str(s.company_examiner_id or "") for s in moments},
        "location": {s.location for s in moments},
        "note": {s.note for s in moments},
        "day": set(),
        "start": set(),
        "minutes": set(),
    }


def _section(found: Mapping[str, set[Any]]) -> Section:
    common = {name: next(iter(values)) for name, values in found.items() if len(values) == 1}
    return Section(common, frozenset(found.keys() - common.keys()), planned=True)


def _in_order(exam: models.Exam, one: fact_queries.Candidate) -> Sittings:
    there = open_moments(one)
    return [there[task.id] for task in exam.tasks if task.id in there]


def _follow(moments: Sittings) -> bool:
    return all(a.ends_at == b.starts_at for a, b in pairwise(moments))


def _is_block(exam: models.Exam, one: fact_queries.Candidate) -> bool:
    """Whether the exam of this student stands in one piece: without gaps, with the same people and place."""
    moments = _in_order(exam, one)
    crews = {(s.school_examiner_id, s.company_examiner_id, s.location, s.note) for s in moments}
    return len(moments) == len(exam.tasks) and len(crews) == 1 and _follow(moments)


def _side_by_side(candidates: Sequence[fact_queries.Candidate]) -> bool:
    """Whether two of these students are examined at the same time now."""
    spans = sorted((s.starts_at, s.ends_at, one.id) for one in candidates for s in open_moments(one).values())
    until, whose = None, 0
    for start, end, student in spans:
        if until is not None and start < until and student != whose:
            return True
        if until is None or end > until:
            until, whose = end, student
    return False


def _local(sitting: fact_queries.PresentSitting) -> Any:
    return current_school().local(sitting.starts_at)


def _clock(sitting: fact_queries.PresentSitting) -> time:
    moment: time = _local(sitting).time().replace(second=0, microsecond=0, fold=0)
    return moment
