"""The demo school, from nothing: staff, students, and exams in every state relative to today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.clock import utc_now
from app.demo import people
from app.demo.accounts import ACCOUNTS
from app.demo.diary import Clock
from app.demo.exams import ExamWriter
from app.demo.library import Keep, write_library
from app.demo.offers import Offer, load_offers
from app.demo.people import DemoStudent
from app.demo.progress import write_progress
from app.demo.scripts import ACCOUNT_PLACE
from app.demo.students import (
    Placed,
    place,
    write_groups,
    write_student_users,
    write_students,
    write_supervisions,
    write_year_group,
)
from app.demo.users import Staff, write_staff

STUDENTS = 60
ACCOUNT_CREBO = "25656"  # the demo account `student` follows this programme
WITHOUT_USER = 9  # the student with this place in each programme has no user yet
TO_ONE = 6  # students per supervisor


@dataclass(frozen=True)
class Loaded:
    staff: Staff
    placed: Sequence[Placed]


def write_school(*, today: date, clock: Clock, keep: Keep) -> Loaded:
    """Needs the catalogue. All in the transaction of the caller; `keep` puts the library's files on disk."""
    offers = load_offers()
    staff = write_staff(offers)
    found, account_at = _students(offers, today)
    users = write_student_users(
        found, lambda number: number != account_at and number // len(offers) != WITHOUT_USER
    )
    users[account_at] = staff.accounts["student"].id
    placed = place(found, offers, users)
    write_students(placed)
    write_groups(placed, staff.teams, today=today, size=10)
    write_year_group(next(offer for offer in offers if offer.crebo == ACCOUNT_CREBO))
    write_supervisions(placed, staff.teams, size=TO_ONE)
    exams = ExamWriter(staff, today, clock)
    exams.plan(placed)
    exams.write()
    write_progress(placed, staff, utc_now())
    write_library(staff.accounts["beheerder"].id, keep)
    return Loaded(staff, placed)


def _students(offers: Sequence[Offer], today: date) -> tuple[list[DemoStudent], int]:
    """The students, and the number of the one behind the account."""
    found = list(people.students(STUDENTS, today=today))
    programme = next(at for at, offer in enumerate(offers) if offer.crebo == ACCOUNT_CREBO)
    at = ACCOUNT_PLACE * len(offers) + programme
    account = next(one for one in ACCOUNTS if one.username == "student")
    found[at] = replace(
        found[at],
        first_name=account.first_name,
        infix=account.infix,
        last_name=account.last_name,
        gender="female",
        email=f"{account.username}@{people.DOMAIN}",
    )
    return found, at
