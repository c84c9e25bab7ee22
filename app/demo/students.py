"""Students with their users, enrolments, groups and supervisors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.demo import bulk, people
from app.demo import users as demo_users
from app.demo.offers import Offer
from app.entities.base import db
from app.entities.students import group_member, group_rule
from app.permissions import Role
from app.rules import people as rules

LOCATIONS = ("Hoofdgebouw", "Dependance Noord", "Dependance Haven")  # as the demo school names them


@dataclass(frozen=True, slots=True)
class Placed:
    """A student as written: `place` is the number among the students of the programme, from 0."""

    id: int
    user_id: int | None
    person: people.DemoStudent
    offer: Offer
    place: int
    elective: int | None  # the elective's id

    @property
    def name(self) -> str:
        return " ".join(
            part for part in (self.person.first_name, self.person.infix, self.person.last_name) if part
        )


def fresh_people(count: int, *, today: date) -> Iterator[people.DemoStudent]:
    """People whose number and address nobody has yet."""
    taken = set(db.session.scalars(sa.select(models.Student.number))) | set(
        db.session.scalars(sa.select(models.User.username))
    )
    start = db.session.query(models.Student.id).count()
    room = len(taken) + count
    every = people.students(room, today=today, start=start)
    return islice((one for one in every if one.number not in taken), count)


def place(
    found: Sequence[people.DemoStudent], offers: Sequence[Offer], users: Sequence[int | None]
) -> list[Placed]:
    """Divide the students over the programmes, and over the electives of each."""
    placed = []
    for number, (student_id, person) in enumerate(
        zip(bulk.new_ids(models.Student, len(found)), found, strict=True)
    ):
        at, offer = number // len(offers), offers[number % len(offers)]
        elective = offer.electives[at % len(offer.electives)][0] if offer.electives else None
        placed.append(Placed(student_id, users[number], person, offer, at, elective))
    return placed


def write_student_users(
    found: Sequence[people.DemoStudent], wanted: Callable[[int], bool]
) -> list[int | None]:
    """A user (without a password) for the students that want one; the user id per student."""
    numbers = [number for number in range(len(found)) if wanted(number)]
    ids: list[int | None] = [None] * len(found)
    for user_id, number in zip(bulk.new_ids(models.User, len(numbers)), numbers, strict=True):
        ids[number] = user_id
    role = demo_users.role_ids()[Role.STUDENT.value]
    pairs = [(user_id, found[number]) for number, user_id in enumerate(ids) if user_id is not None]
    demo_users.write_users(
        (demo_users.user_row(i, one.number, one) for i, one in pairs),
        ((i, role) for i, _one in pairs),
    )
    return ids


def write_students(placed: Sequence[Placed]) -> None:
    """The students and their enrolments: the programme, and the elective when there is one."""
    now = utc_now()
    bulk.write(models.Student, (_student_row(one, now) for one in placed))
    bulk.write(models.Enrolment, (_enrolment(one.id, one.offer.id, None, now) for one in placed))
    bulk.write(
        models.Enrolment,
        (_enrolment(one.id, None, one.elective, now) for one in placed if one.elective is not None),
    )


def _student_row(one: Placed, now: Any) -> dict[str, Any]:
    who = one.person
    name = (who.first_name, who.infix, who.last_name)
    return {
        "id": one.id,
        "number": who.number,
        "first_name": who.first_name,
        "infix": who.infix,
        "last_name": who.last_name,
        "gender": who.gender,
        "birth_date": who.birth_date,
        "email": who.email,
        "search": rules.student_search(*name, who.number, who.email),
        "name_key": rules.name_key(*name),
        "progress_available": one.place % 2 == 0,
        "active": True,
        "user_id": one.user_id,
        "version": 1,
        "created_at": now,
        "extra": _extra(one),
    }


def _extra(one: Placed) -> dict[str, Any]:
    """The fields that the demo school adds itself (schools/demo/school.toml); of one in ten nothing yet."""
    if one.place % 10 == 9:
        return {}
    return {"locatie": LOCATIONS[one.id % len(LOCATIONS)], "pok_getekend": one.place % 4 != 0}


def _enrolment(student: int, programme: int | None, elective: int | None, now: Any) -> dict[str, Any]:
    return {"student_id": student, "programme_id": programme, "elective_id": elective, "created_at": now}


def write_groups(
    placed: Sequence[Placed], teams: dict[int, demo_users.Team], *, today: date, size: int
) -> int:
    """Groups of `size` students of one programme, with names that are free; the number of groups."""
    taken = set(db.session.scalars(sa.select(models.StudentGroup.name)))
    year = today.year if today.month >= 8 else today.year - 1
    made = 0
    for offer in {one.offer.id: one.offer for one in placed}.values():
        own = [one for one in placed if one.offer.id == offer.id]
        wanted = -(-len(own) // size)
        # So many names that enough are free, even if every taken one is among them.
        every = people.groups(offer.crebo, wanted + len(taken), cohort=offer.cohort, year=year)
        free = [group for group in every if group.name not in taken][:wanted]
        ids, mentors = (
            bulk.new_ids(models.StudentGroup, wanted),
            teams[offer.id].members[Role.SCHOOL_SUPERVISOR],
        )
        bulk.write(
            models.StudentGroup,
            [
                {
                    "id": group_id,
                    "name": group.name,
                    "cohort": group.cohort,
                    "location": group.location,
                    "school_year": group.school_year,
                    "colour": group.colour,
                    "version": 1,
                    "mentor_id": mentors[number % len(mentors)].id if mentors else None,
                }
                for number, (group_id, group) in enumerate(zip(ids, free, strict=True))
            ],
        )
        bulk.write(
            group_member, ({"group_id": ids[n // size], "student_id": one.id} for n, one in enumerate(own))
        )
        made += wanted
    return made


def write_year_group(offer: Offer) -> None:
    """A group that fills itself: everybody of this programme, which is one cohort."""
    (group_id,) = bulk.new_ids(models.StudentGroup, 1)
    name = f"{people.group_code(offer.crebo)} cohort {offer.cohort}"
    bulk.write(models.StudentGroup, [{"id": group_id, "name": name, "cohort": offer.cohort, "version": 1}])
    bulk.write(group_rule, [{"group_id": group_id, "programme_id": offer.id}])


def write_supervisions(placed: Sequence[Placed], teams: dict[int, demo_users.Team], *, size: int) -> int:
    """Each student gets somebody in each of the four roles; `size` students to a person, then the next."""
    return bulk.write(
        models.Supervision,
        (
            {
                "student_id": one.id,
                "user_id": members[(one.place // size) % len(members)].id,
                "role": role.value,
            }
            for one in placed
            for role in demo_users.PER_PROGRAMME
            if (members := teams[one.offer.id].members[role])
        ),
    )
