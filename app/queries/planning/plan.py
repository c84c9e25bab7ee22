"""Works out a planning: each moment of each student, who is refused and why, and what to warn about.

It comes from the facts and from what was typed, before anything is written. The confirmation page shows it,
and the action writes it.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app import models
from app.clock import utc_now
from app.errors import RuleBroken
from app.queries.planning import attempts, facts, layout
from app.queries.planning.moments import PlannedMoment, StudentPlan, changes
from app.queries.planning.wish import NOBODY, Slot, Wish
from app.rules import attempts as attempts_rules
from app.rules import sides, steps
from app.rules.examiners import why_not_examiner
from app.rules.text import N_, Reason, reason
from app.school import current_school

MINUTES_MOST = 14 * 24 * 60
YEARS = dt.timedelta(days=731)
NOON = dt.time(12)
EXAMINERS = 2

__all__ = [
    "NOBODY",
    "Circumstances",
    "Examining",
    "Plan",
    "Slot",
    "Wish",
    "circumstances",
    "make_plan",
    "why_not_at_all",
]


@dataclass(frozen=True)
class Plan:
    exam: models.Exam
    students: Sequence[StudentPlan]
    refused: Sequence[tuple[facts.Candidate, Reason]]
    warnings: Sequence[Reason]
    names: Mapping[int, str]  # of everybody who examines, now or then

    @property
    def mark(self) -> str:
        """A hash of these students and moments, by which the action does what was shown, or nothing.

        What a moment was is in it too, in the words of the page: who goes stands there by name.
        """
        parts = [
            f"{one.student.id}.{one.attempt}.{m.task.id}.{m.starts_at.timestamp():.0f}.{m.ends_at.timestamp():.0f}"
            f".{'+'.join(map(str, m.people))}.{m.location}.{m.note}.{changes(m, self.names)}"
            for one in self.students
            for m in one.moments
        ]
        people = {user for one in self.students for m in one.moments for user in m.people if user}
        parts += [f"{user}={self.names.get(user, '')}" for user in people]
        return hashlib.sha256("|".join(sorted(parts)).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Examining:
    """Whoever may examine here, and the names of everybody who does, now or then."""

    known: Mapping[int, facts.Examiner]
    names: Mapping[int, str]
    person: Mapping[int, int]  # user id -> one id for whoever that is

    def may(self, role: str, user_id: int | None) -> bool:
        found = self.known.get(user_id) if user_id else None
        return found is not None and role in found.roles

    def twice_at(self, moment: PlannedMoment) -> str | None:
        """The name of who would examine this moment for both sides; None: nobody."""
        school, company = moment.people[:1], moment.people[1:]
        there = {user: self.names[user] for user in school}
        return next((sides.on_other_side(user, there, self.person) for user in company), None)


@dataclass(frozen=True)
class Circumstances:
    """What does not depend on the form: the school's clock and rules, and the present moment."""

    zone: ZoneInfo
    now: dt.datetime
    attempts: attempts_rules.AttemptRules


def make_plan(
    exam: models.Exam,
    candidates: Sequence[facts.Candidate],
    people: Examining,
    wish: Wish,
    *,
    around: Circumstances,
) -> Plan:
    """The plan for these candidates. Raises RuleBroken, with the field, for what was typed wrong.

    Students whose exam cannot be planned are in `refused`.
    """
    check_wish(exam, candidates, wish, around)
    allowed, refused = [], []
    for one in candidates:
        why = why_not(exam, one, wish, people.known, around.attempts)
        if why is None:
            allowed.append(one)
        else:
            refused.append((one, why))
    moments = layout.lay_out(exam, allowed, wish, around.zone)
    students = [_student_plan(exam, one, moments[one.id], around) for one in allowed]
    _check_examiners(students, wish, people)
    _check_span(students, around.now, wish)
    _check_order(students, wish)
    return Plan(exam, students, refused, list(_warnings(students, people.names, around.now)), people.names)


def _student_plan(
    exam: models.Exam, one: facts.Candidate, moments: Sequence[PlannedMoment], around: Circumstances
) -> StudentPlan:
    pending, locked = one.pending, layout.locked_tasks(one)
    attempt = (
        pending.attempt if pending else attempts_rules.next_attempt(one.attempts, around.attempts).number
    )
    return StudentPlan(one, attempt, moments, [task for task in exam.tasks if task.id in locked])


def check_wish(
    exam: models.Exam, candidates: Sequence[facts.Candidate], wish: Wish, around: Circumstances
) -> None:
    """Check what was typed: durations, a date within two years. Raises RuleBroken with the field."""
    slots = list(wish.slots())
    if not slots:
        raise RuleBroken(N_("Plan minstens één examenopdracht in."), field="way")
    fresh = not all(layout.open_moments(one) for one in candidates)
    for key, slot in slots:
        counting = slot if fresh else slot.touched
        minutes, day = counting.minutes, counting.day
        if minutes is not None and not 1 <= minutes <= MINUTES_MOST:
            raise RuleBroken(
                N_("De duur ligt tussen 1 en %(most)s minuten."), field=f"{key}_minutes", most=MINUTES_MOST
            )
        if wish.together is not None and minutes is not None and minutes < len(exam.tasks):
            raise RuleBroken(
                N_("De duur is te kort voor %(count)s examenopdrachten."),
                field=f"{key}_minutes",
                count=len(exam.tasks),
            )
        if day is not None and abs(dt.datetime.combine(day, NOON, around.zone) - around.now) > YEARS:
            raise RuleBroken(N_("Kies een datum binnen twee jaar van vandaag."), field=f"{key}_day")
    if not 0 <= wish.pause <= MINUTES_MOST:
        raise RuleBroken(N_("De pauze ligt tussen 0 en %(most)s minuten."), field="pause", most=MINUTES_MOST)


def _check_examiners(students: Sequence[StudentPlan], wish: Wish, people: Examining) -> None:
    """Check whoever was put at a moment. Who was there already stays, closed account or not.

    Not who is there for both sides: an address that changed may have made two people one.
    """
    for one in students:
        for moment in one.moments:
            if moment.same:
                continue
            key = "all" if wish.together is not None else f"task{moment.task.id}"
            school, company = moment.school_examiner_id, moment.company_examiner_id
            now = moment.present
            if (now is None or now.school_examiner_id != school) and not people.may(facts.SCHOOL, school):
                raise _not_an_examiner(one.student, facts.SCHOOL, f"{key}_school_examiner")
            added = company and (now is None or now.company_examiner_id != company)
            if added and not people.may(facts.COMPANY, company):
                raise _not_an_examiner(one.student, facts.COMPANY, f"{key}_company_examiner")
            twice = people.twice_at(moment)
            if twice is not None:
                raise RuleBroken(
                    N_("Kies twee verschillende examinatoren: %(name)s staat er bij %(student)s twee keer."),
                    field=f"{key}_company_examiner" if added else f"{key}_school_examiner",
                    name=twice,
                    student=one.student.label,
                )


def _not_an_examiner(one: facts.Candidate, role: str, field: str) -> RuleBroken:
    alone = [one.label] if one.elective and not one.programmes else []
    why = why_not_examiner(role, elective=one.elective, alone=alone)
    return RuleBroken(why.message, field=field, **why.params)


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
    for examiner in _chosen(exam, one, wish, known) if exam.elective_id is not None else ():
        if not examiner.programmes & one.programmes:
            return reason(
                N_("%(name)s is niet gekoppeld aan een opleiding van deze student."), name=examiner.name
            )
    if wish.together is None and wish.apart.keys() <= layout.locked_tasks(one):
        return reason(N_("De gekozen examenopdrachten zijn al beoordeeld en blijven staan."))
    return None


def _chosen(
    exam: models.Exam, one: facts.Candidate, wish: Wish, known: Mapping[int, facts.Examiner]
) -> Iterator[facts.Examiner]:
    """The examiners that this wish puts at moments of this student."""
    slots = wish.apart if wish.together is None else dict.fromkeys((t.id for t in exam.tasks), wish.together)
    for task_id, slot in slots.items():
        counting = layout.counting(slot, one, task_id)
        for user_id in (counting.school_examiner_id, counting.company_examiner_id):
            if user_id and user_id in known:
                yield known[user_id]


def why_not_at_all(
    exam: models.Exam, one: facts.Candidate, rules: attempts_rules.AttemptRules
) -> Reason | None:
    """Why this exam cannot be planned for this student, whatever is typed."""
    if not one.active:
        return reason(N_("Deze student is niet meer actief."))
    not_theirs = steps.why_not_theirs(
        coupled=one.enrolled, excluded=one.excluded, owner=str(exam.elective or exam.programme)
    )
    if not_theirs is not None:
        return not_theirs
    if one.asked and one.pending is None:
        return reason(
            N_("De planning van deze aanmelding ligt vast: zij heeft een uitslag, is gestopt of is weg.")
        )
    if one.pending is not None and one.pending.exam_id == exam.id:
        if len(layout.locked_tasks(one)) == len(exam.tasks):
            return reason(N_("Alle examenopdrachten zijn al beoordeeld; de planning blijft staan."))
        return None
    if not exam.current:
        return reason(N_("Dit is een oudere versie van het examen; kies de huidige versie."))
    return attempts_rules.next_attempt(one.attempts, rules).refused


def _check_span(students: Sequence[StudentPlan], now: dt.datetime, wish: Wish) -> None:
    last = max((m.ends_at for one in students for m in one.moments if m.retimed), default=now)
    if last - now > YEARS:
        key = next(wish.slots())[0]
        raise RuleBroken(
            N_("Zo veel studenten achter elkaar duurt langer dan twee jaar."), field=f"{key}_day"
        )


def _check_order(students: Sequence[StudentPlan], wish: Wish) -> None:
    """RuleBroken, at the day, when an attempt would come before one that it repeats."""
    for one in students:
        for moment in one.moments:
            why = _out_of_order(one, moment)
            if why is not None:
                key = "all" if wish.together is not None else f"task{moment.task.id}"
                raise RuleBroken(why.message, field=f"{key}_day", **why.params)


def _out_of_order(one: StudentPlan, moment: PlannedMoment) -> Reason | None:
    if not moment.retimed:
        return None
    return attempts_rules.why_not_then(
        one.student.label,
        one.attempt,
        (moment.starts_at, moment.ends_at),
        (one.student.after, one.student.before),
        lambda at: f"{current_school().local(at):%d-%m-%Y %H:%M}",
    )


def _warnings(
    students: Sequence[StudentPlan], names: Mapping[int, str], now: dt.datetime
) -> Iterator[Reason]:
    """What is allowed but unusual: a moment in the past, one examiner, an examiner who supervises."""
    past = sum(any(m.retimed and m.starts_at < now for m in one.moments) for one in students)
    if past:
        yield reason(
            N_("De planning ligt in het verleden (studenten: %(count)s). Dat mag, om alsnog vast te leggen."),
            count=past,
        )
    put = [(one.student, moment) for one in students for moment in one.moments if moment.recrewed]
    if any(len(moment.people) < EXAMINERS for _student, moment in put):
        yield reason(N_("Er is geen examinator van het bedrijf gekozen; twee examinatoren is gebruikelijk."))
    helping = {
        (student.label, user): None
        for student, moment in put
        for user in sorted(set(moment.people) & student.supervisors)
    }
    for label, user_id in helping:
        yield reason(
            N_("%(name)s begeleidt %(student)s ook; wie begeleidt, beoordeelt liever niet."),
            name=names[user_id],
            student=label,
        )


def circumstances() -> Circumstances:
    return Circumstances(current_school().zone, utc_now(), attempts.school_rules())
