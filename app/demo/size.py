"""Students in any number, for trials at size: with users, enrolments, groups, supervisors and planned exams.

Nobody is in two places at once: an examiner has at most TO_ONE students, and each of those has workdays
of their own in the examiner's timetable.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.demo import bulk, diary, people, students
from app.demo import offers as demo_offers
from app.demo import users as demo_users
from app.entities.base import db
from app.permissions import Role

TO_ONE = 40  # students to a supervisor or examiner
GROUP = 25
Report = Callable[[str], None]
Slot = tuple[dt.datetime, dt.datetime]
# Programme id -> its first exam, and for each of an examiner's students the moments of the tasks.
Timetables = dict[int, tuple["Course", list[list[Slot]]]]


@dataclass(frozen=True, slots=True)
class Course:
    """How the tasks of an exam are spread over days: per task (day from 0, start and end in minutes)."""

    exam: demo_offers.ExamOffer
    spread: tuple[tuple[int, int, int], ...]

    @property
    def days(self) -> int:
        return self.spread[-1][0] + 1


def write_many(number: int, *, today: dt.date, clock: diary.Clock, report: Report) -> Sequence[int]:
    """Add `number` students to a school that has its catalogue; their ids. In the caller's transaction."""
    offers = demo_offers.load_offers()
    report(f"{number} studenten bedenken")
    found = list(students.fresh_people(number, today=today))
    report("gebruikers")
    users = students.write_student_users(found, lambda _number: True)
    teams = _write_teams(offers, number)
    report("studenten en koppelingen")
    placed = students.place(found, offers, users)
    students.write_students(placed)
    students.write_groups(placed, teams, today=today, size=GROUP)
    students.write_supervisions(placed, teams, size=TO_ONE)
    report("examens")
    _write_exams(placed, teams, _timetables(offers, today, clock))
    return [one.id for one in placed]


def _write_teams(offers: Sequence[demo_offers.Offer], number: int) -> dict[int, demo_users.Team]:
    """Write so many people per programme and role that each has TO_ONE students."""
    teams = {offer.id: demo_users.Team() for offer in offers}
    per_role = -(-number // (len(offers) * TO_ONE))
    wanted = [(offer, role) for offer in offers for role in demo_users.PER_PROGRAMME for _ in range(per_role)]
    already = db.session.scalar(sa.select(sa.func.max(models.User.id))) or 0
    staff = people.staff(len(wanted), domain=f"personeel{already}.{people.DOMAIN}")
    ids, roles = bulk.new_ids(models.User, len(wanted)), demo_users.role_ids()
    rows, links, coupled = [], [], []
    for user_id, who, (offer, role) in zip(ids, staff, wanted, strict=True):
        row = demo_users.user_row(user_id, f"medewerker{user_id}", who)
        company = _company(offer, user_id) if role in demo_users.COMPANY_ROLES else ""
        rows.append({**row, "organisation": company})
        links.append((user_id, roles[role.value]))
        coupled.append({"user_id": user_id, "programme_id": offer.id})
        teams[offer.id].members[role].append(demo_users.Person(user_id, who.last_name, company, who.email))
    demo_users.write_users(rows, links)
    bulk.write(models.user_programme, coupled)
    return teams


def _company(offer: demo_offers.Offer, number: int) -> str:
    every = people.companies(offer.crebo, 60)
    return every[number % len(every)].name


# --- exams ------------------------------------------------------------------------------------


def _spread(exam: demo_offers.ExamOffer) -> Course:
    """The tasks one after the other from the morning on; what does not fit goes to the next day."""
    found, day, at = [], 0, diary.FIRST
    for task in exam.tasks:
        if at + task.minutes > diary.LAST:
            day, at = day + 1, diary.FIRST
        found.append((day, at, at + task.minutes))
        at += task.minutes
    return Course(exam, tuple(found))


def _timetables(offers: Sequence[demo_offers.Offer], today: dt.date, clock: diary.Clock) -> Timetables:
    made = {}
    for offer in offers:
        if not offer.exams:
            continue
        course = _spread(offer.exams[0])
        days = [diary.workday(today, number) for number in range(1, TO_ONE * course.days + 1)]
        slots = [
            [_slot(clock, days[seat * course.days + day], start, end) for day, start, end in course.spread]
            for seat in range(TO_ONE)
        ]
        made[offer.id] = (course, slots)
    return made


def _slot(clock: diary.Clock, day: dt.date, start: int, end: int) -> Slot:
    begin = clock(day, dt.time(start // 60, start % 60))
    return begin, begin + dt.timedelta(minutes=end - start)


def _write_exams(
    placed: Sequence[students.Placed], teams: dict[int, demo_users.Team], timetables: Timetables
) -> None:
    """One registration per student with all its tasks planned; written table by table."""
    planned = [one for one in placed if one.offer.id in timetables]
    registrations = bulk.new_ids(models.Registration, len(planned))
    total = sum(len(timetables[one.offer.id][0].exam.tasks) for one in planned)
    sittings, now = bulk.new_ids(models.Sitting, total), utc_now()
    bulk.write(
        models.Registration,
        (
            {
                "id": registration,
                "student_id": one.id,
                "exam_id": timetables[one.offer.id][0].exam.id,
                "attempt": 1,
                "created_at": now,
                "version": 1,
            }
            for registration, one in zip(registrations, planned, strict=True)
        ),
    )
    bulk.write(models.Sitting, _sitting_rows(planned, teams, timetables, registrations, sittings))
    bulk.write(models.SittingExaminer, _examiner_rows(planned, teams, timetables, sittings))


def _sitting_rows(
    planned: Sequence[students.Placed],
    teams: dict[int, demo_users.Team],
    timetables: Timetables,
    registrations: Sequence[int],
    sittings: Sequence[int],
) -> Iterator[dict[str, Any]]:
    at = count()
    for registration, one in zip(registrations, planned, strict=True):
        course, slots = timetables[one.offer.id]
        location = _examiner(teams, one, Role.COMPANY_EXAMINER).organisation
        moments = slots[one.place % TO_ONE]
        for task, (start, end) in zip(course.exam.tasks, moments, strict=True):
            yield {
                "id": sittings[next(at)],
                "registration_id": registration,
                "exam_task_id": task.id,
                "starts_at": start,
                "ends_at": end,
                "location": location,
                "note": "",
            }


def _examiner_rows(
    planned: Sequence[students.Placed],
    teams: dict[int, demo_users.Team],
    timetables: Timetables,
    sittings: Sequence[int],
) -> Iterator[dict[str, Any]]:
    at = count()
    for one in planned:
        exam = timetables[one.offer.id][0].exam
        roles = [Role.SCHOOL_EXAMINER, *([Role.COMPANY_EXAMINER] if exam.in_practice else [])]
        people_of = [(role.value, _examiner(teams, one, role).id) for role in roles]
        for _task in exam.tasks:
            sitting = sittings[next(at)]
            for role, user in people_of:
                yield {"sitting_id": sitting, "role": role, "user_id": user}


def _examiner(teams: dict[int, demo_users.Team], one: students.Placed, role: Role) -> demo_users.Person:
    members = teams[one.offer.id].members[role]
    return members[one.place // TO_ONE % len(members)]
