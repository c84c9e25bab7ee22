"""Works out a planning: each moment of each student, who is refused and why, and what to warn about.

It comes from the facts and from what was typed, before anything is written. The confirmation page shows it,
and the action writes it.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from app import models
from app.clock import utc_now
from app.errors import RuleBroken
from app.queries.planning import attempts, facts
from app.rules import attempts as attempts_rules
from app.rules import timetable
from app.rules.text import N_, Reason, reason
from app.school import current_school

MINUTES_MOST = 14 * 24 * 60
YEARS = dt.timedelta(days=731)


@dataclass(frozen=True)
class Slot:
    """What was typed for one task, or for all at once. `day` and `start` are on the school's clock."""

    school_examiner_id: int
    day: dt.date
    start: dt.time
    minutes: int
    company_examiner_id: int | None = None
    location: str = ""
    note: str = ""

    @property
    def first(self) -> dt.datetime:
        return dt.datetime.combine(self.day, self.start)


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


@dataclass(frozen=True)
class PlannedMoment:
    """One task of one student as it will be. `present`: what stands there now, if anything."""

    task: models.ExamTask
    starts_at: dt.datetime
    ends_at: dt.datetime
    slot: Slot
    present: facts.PresentSitting | None = None

    @property
    def people(self) -> Sequence[int]:
        """The examiners, the school's first; a guest stays until an examiner of the company is chosen."""
        guest = self.present.guest_id if self.present is not None else None
        both = (self.slot.school_examiner_id, self.slot.company_examiner_id or guest)
        return [user for user in both if user]

    @property
    def moved(self) -> bool:
        """Whether the time or place changes, so that people who knew the old moment must hear of it."""
        now = self.present
        return now is not None and (now.starts_at, now.ends_at, now.location) != (
            self.starts_at,
            self.ends_at,
            self.slot.location,
        )

    @property
    def same(self) -> bool:
        now = self.present
        return now is not None and (
            now.starts_at,
            now.ends_at,
            now.location,
            now.note,
            now.school_examiner_id,
            now.company_examiner_id,
        ) == (
            self.starts_at,
            self.ends_at,
            self.slot.location,
            self.slot.note,
            self.slot.school_examiner_id,
            self.slot.company_examiner_id,
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
class Plan:
    exam: models.Exam
    students: Sequence[StudentPlan]
    refused: Sequence[tuple[facts.Candidate, Reason]]
    warnings: Sequence[Reason]
    examiners: Mapping[int, facts.Examiner]

    @property
    def mark(self) -> str:
        """A hash of these students and moments, by which the action does what was shown, or nothing."""
        parts = [
            f"{one.student.id}.{one.attempt}.{m.task.id}.{m.starts_at.timestamp():.0f}.{m.ends_at.timestamp():.0f}"
            for one in self.students
            for m in one.moments
        ]
        return hashlib.sha256("|".join(sorted(parts)).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Circumstances:
    """What does not depend on the form: the school's clock and rules, and the present moment."""

    zone: ZoneInfo
    now: dt.datetime
    attempts: attempts_rules.AttemptRules


def make_plan(
    exam: models.Exam,
    candidates: Sequence[facts.Candidate],
    examiners: Sequence[facts.Examiner],
    wish: Wish,
    *,
    around: Circumstances,
) -> Plan:
    """The plan for these candidates. Raises RuleBroken, with the field, for what was typed wrong.

    Students whose exam cannot be planned are in `refused`.
    """
    known = {one.id: one for one in examiners}
    check_wish(exam, wish, known, around)
    allowed, refused = [], []
    for one in candidates:
        why = why_not(exam, one, wish, known, around.attempts)
        if why is None:
            allowed.append(one)
        else:
            refused.append((one, why))
    students = _lay_out(exam, allowed, wish, around)
    _check_span(students, around.now, wish)
    _check_order(students, wish)
    return Plan(exam, students, refused, list(_warnings(exam, students, wish, known, around.now)), known)


def check_wish(
    exam: models.Exam, wish: Wish, known: Mapping[int, facts.Examiner], around: Circumstances
) -> None:
    """Check what was typed: examiners of the right role, durations, a date within two years.

    Raises RuleBroken with the field.
    """
    slots = list(wish.slots())
    if not slots:
        raise RuleBroken(N_("Plan minstens één examenopdracht in."), field="way")
    for key, slot in slots:
        _check_examiners(key, slot, known)
        if not 1 <= slot.minutes <= MINUTES_MOST:
            raise RuleBroken(
                N_("De duur ligt tussen 1 en %(most)s minuten."), field=f"{key}_minutes", most=MINUTES_MOST
            )
        if wish.together is not None and slot.minutes < len(exam.tasks):
            raise RuleBroken(
                N_("De duur is te kort voor %(count)s examenopdrachten."),
                field=f"{key}_minutes",
                count=len(exam.tasks),
            )
        if abs(slot.first.replace(tzinfo=around.zone) - around.now) > YEARS:
            raise RuleBroken(N_("Kies een datum binnen twee jaar van vandaag."), field=f"{key}_day")
    if not 0 <= wish.pause <= MINUTES_MOST:
        raise RuleBroken(N_("De pauze ligt tussen 0 en %(most)s minuten."), field="pause", most=MINUTES_MOST)


def _check_examiners(key: str, slot: Slot, known: Mapping[int, facts.Examiner]) -> None:
    school = known.get(slot.school_examiner_id)
    if school is None or facts.SCHOOL not in school.roles:
        raise RuleBroken(
            N_("Kies een actieve examinator van school die aan deze opleiding is gekoppeld."),
            field=f"{key}_school_examiner",
        )
    if slot.company_examiner_id is None:
        return
    company = known.get(slot.company_examiner_id)
    if company is None or facts.COMPANY not in company.roles:
        raise RuleBroken(
            N_("Kies een actieve examinator van het bedrijf die aan deze opleiding is gekoppeld."),
            field=f"{key}_company_examiner",
        )
    if company.id == school.id:
        raise RuleBroken(
            N_("Kies twee verschillende examinatoren: %(name)s staat er twee keer."),
            field=f"{key}_company_examiner",
            name=company.name,
        )


def why_not(
    exam: models.Exam,
    one: facts.Candidate,
    wish: Wish,
    known: Mapping[int, facts.Examiner],
    rules: attempts_rules.AttemptRules,
) -> Reason | None:
    """Why this student's exam cannot be planned like this; None: it can."""
    refusal = why_not_at_all(exam, one, rules)
    if refusal is not None:
        return refusal
    for _key, slot in wish.slots():
        for user_id in filter(None, (slot.school_examiner_id, slot.company_examiner_id)):
            examiner = known[user_id]
            if exam.elective_id is not None and not examiner.programmes & one.programmes:
                return reason(
                    N_("%(name)s is niet gekoppeld aan een opleiding van deze student."), name=examiner.name
                )
    if wish.together is None and not any(task_id not in _locked(one) for task_id in wish.apart):
        return reason(N_("De gekozen examenopdrachten zijn al beoordeeld en blijven staan."))
    return None


def why_not_at_all(
    exam: models.Exam, one: facts.Candidate, rules: attempts_rules.AttemptRules
) -> Reason | None:
    """Why this exam cannot be planned for this student, whatever is typed."""
    if not one.active:
        return reason(N_("Deze student is niet meer actief."))
    if not one.enrolled:
        owner = exam.elective if exam.elective_id is not None else exam.programme
        return reason(N_("Niet gekoppeld aan %(target)s."), target=str(owner))
    if one.excluded:
        return reason(N_("Dit examen is niet-beschikbaar gemaakt voor deze student."))
    if one.asked and one.pending is None:
        return reason(
            N_("De planning van deze aanmelding ligt vast: zij heeft een uitslag, is gestopt of is weg.")
        )
    if one.pending is not None and one.pending.exam_id == exam.id:
        if len(_locked(one)) == len(exam.tasks):
            return reason(N_("Alle examenopdrachten zijn al beoordeeld; de planning blijft staan."))
        return None
    if not exam.current:
        return reason(N_("Dit is een oudere versie van het examen; kies de huidige versie."))
    return attempts_rules.next_attempt(one.attempts, rules).refused


def _locked(one: facts.Candidate) -> set[int]:
    """The tasks of the pending attempt that were scored, and so stay as they are."""
    return {s.task_id for s in one.pending.sittings.values() if s.locked} if one.pending else set()


def _lay_out(
    exam: models.Exam, allowed: Sequence[facts.Candidate], wish: Wish, around: Circumstances
) -> Sequence[StudentPlan]:
    """The moments of each student: all tasks in one block, or each task at its own time."""
    moments: dict[int, list[PlannedMoment]] = {one.id: [] for one in allowed}
    if wish.together is not None:
        _lay_out_together(exam, allowed, wish, slot=wish.together, zone=around.zone, moments=moments)
    else:
        for task in exam.tasks:
            if task.id in wish.apart:
                doing = [one for one in allowed if task.id not in _locked(one)]
                slot = wish.apart[task.id]
                starts = _starts(slot, [slot.minutes] * len(doing), wish)
                for one, start in zip(doing, starts, strict=True):
                    moments[one.id].append(_moment(one, task, slot, _utc(start, around.zone), slot.minutes))
    return [
        StudentPlan(
            one,
            one.pending.attempt
            if one.pending
            else attempts_rules.next_attempt(one.attempts, around.attempts).number,
            moments[one.id],
            [task for task in exam.tasks if task.id in _locked(one)],
        )
        for one in allowed
    ]


def _lay_out_together(
    exam: models.Exam,
    allowed: Sequence[facts.Candidate],
    wish: Wish,
    *,
    slot: Slot,
    zone: ZoneInfo,
    moments: dict[int, list[PlannedMoment]],
) -> None:
    """Add to `moments` one block of time per student: the tasks still to do, one after the other."""
    minutes = timetable.shares([task.duration_minutes for task in exam.tasks], slot.minutes)
    todo = {
        one.id: [(t, m) for t, m in zip(exam.tasks, minutes, strict=True) if t.id not in _locked(one)]
        for one in allowed
    }
    starts = _starts(slot, [sum(m for _, m in todo[one.id]) for one in allowed], wish)
    for one, computed in zip(allowed, starts, strict=True):
        own = wish.own_starts.get(one.id)
        at = _utc(dt.datetime.combine(computed.date(), own) if own else computed, zone)
        for task, length in todo[one.id]:
            moments[one.id].append(_moment(one, task, slot, at, length))
            at += dt.timedelta(minutes=length)


def _starts(slot: Slot, durations: Sequence[int], wish: Wish) -> Sequence[dt.datetime]:
    if not wish.one_by_one:
        return [slot.first] * len(durations)
    return timetable.one_after_another(slot.first, durations, pause=wish.pause, last_end=wish.last_end)


def _moment(
    one: facts.Candidate, task: models.ExamTask, slot: Slot, start: dt.datetime, minutes: int
) -> PlannedMoment:
    present = one.pending.sittings.get(task.id) if one.pending else None
    return PlannedMoment(task, start, start + dt.timedelta(minutes=minutes), slot, present)


def _utc(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return local.replace(tzinfo=zone).astimezone(dt.UTC)


def _check_span(students: Sequence[StudentPlan], now: dt.datetime, wish: Wish) -> None:
    last = max((m.ends_at for one in students for m in one.moments), default=now)
    if last - now > YEARS:
        key = next(wish.slots())[0]
        raise RuleBroken(
            N_("Zo veel studenten achter elkaar duurt langer dan twee jaar."), field=f"{key}_day"
        )


def _check_order(students: Sequence[StudentPlan], wish: Wish) -> None:
    """RuleBroken, at the day, when an attempt would come before one that it repeats."""
    keys = {id(slot): key for key, slot in wish.slots()}
    planned = [(one, moment) for one in students for moment in one.moments]
    for student, moment in planned:
        why = _out_of_order(student, moment)
        if why is not None:
            raise RuleBroken(why.message, field=f"{keys[id(moment.slot)]}_day", **why.params)


def _out_of_order(one: StudentPlan, moment: PlannedMoment) -> Reason | None:
    if moment.same:
        return None
    return attempts_rules.why_not_then(
        one.student.label,
        one.attempt,
        (moment.starts_at, moment.ends_at),
        (one.student.after, one.student.before),
        lambda at: f"{current_school().local(at):%d-%m-%Y %H:%M}",
    )


def _warnings(
    exam: models.Exam,
    students: Sequence[StudentPlan],
    wish: Wish,
    known: Mapping[int, facts.Examiner],
    now: dt.datetime,
) -> Iterator[Reason]:
    """What is allowed but unusual: a moment in the past, one examiner, an examiner who supervises."""
    past = sum(any(m.starts_at < now for m in one.moments) for one in students)
    if past:
        yield reason(
            N_("De planning ligt in het verleden (studenten: %(count)s). Dat mag, om alsnog vast te leggen."),
            count=past,
        )
    if any(len(moment.people) < 2 for one in students for moment in one.moments):
        yield reason(N_("Er is geen examinator van het bedrijf gekozen; twee examinatoren is gebruikelijk."))
    for one in students:
        people = {user for moment in one.moments for user in moment.people}
        for user_id in sorted(people & one.student.supervisors):
            yield reason(
                N_("%(name)s begeleidt %(student)s ook; wie begeleidt, beoordeelt liever niet."),
                name=known[user_id].name,
                student=one.student.label,
            )


def circumstances() -> Circumstances:
    return Circumstances(current_school().zone, utc_now(), attempts.school_rules())
