"""The demo school, from nothing: staff, students, and exams in every state relative to today."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.clock import utc_now
from app.demo import library, people, students
from app.demo import offers as demo_offers
from app.demo import users as demo_users
from app.demo.accounts import ACCOUNTS
from app.demo.diary import Clock
from app.demo.exams import ExamWriter
from app.demo.progress import write_progress
from app.demo.scripts import ACCOUNT_PLACE

STUDENTS = 60
ACCOUNT_CREBO = "25656"  # the demo account `student` follows this programme
WITHOUT_USER = 9  # the student with this place in each programme has no user yet
TO_ONE = 6  # students per supervisor


@dataclass(frozen=True)
class Loaded:
    staff: demo_users.Staff
    placed: Sequence[students.Placed]


def write_school(*, today: date, clock: Clock, keep: library.Keep) -> Loaded:
    """Write the demo school, in the caller's transaction. Needs the catalogue. `keep` stores a file."""
    offers = demo_offers.load_offers()
    staff = demo_users.write_staff(offers)
    found, account_at = _students(offers, today)
    users = students.write_student_users(
        found, lambda number: number != account_at and number // len(offers) != WITHOUT_USER
    )
    users[account_at] = staff.accounts["student"].id
    placed = students.place(found, offers, users)
    students.write_students(placed)
    students.write_groups(placed, staff.teams, today=today, size=10)
    students.write_year_group(next(offer for offer in offers if offer.crebo == ACCOUNT_CREBO))
    students.write_supervisions(placed, staff.teams, size=TO_ONE)
    exams = ExamWriter(staff, today, clock)
    exams.plan(placed)
    exams.write()
    write_progress(placed, staff, utc_now())
    library.write_library(staff.accounts["beheerder"].id, keep)
    return Loaded(staff, placed)


def _students(offers: Sequence[demo_offers.Offer], today: date) -> tuple[list[people.DemoStudent], int]:
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
