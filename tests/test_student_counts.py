"""What is still to be done for a student is counted by the database itself, whoever writes and however."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import Value
from typing import Any

from flask import Flask
from sqlalchemy import delete, insert, select, update

from app.actions.access.login_codes import send_student_codes
from app.actions.base.runner import run
from app.actions.mail.delivery import claim_mails, note_failed
from app.actions.planning.removal import remove_planning
from app.actions.students.activation import deactivate_students
from app.actions.students.couplings import undo_coupling
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.actions.students.supervision import couple_users, uncouple_users
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, Sitting
from app.entities.students import STILL_TO_DO, Enrolment, Student, StudentToDo, Supervision
from app.entities.users import LoginCode
from app.permissions import SYSTEM, Actor, Role
from app.queries.students.choices import overall
from app.queries.students.filters import by_state
from tests.factories import (
    make_elective,
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
    save,
)
from tests.support import clock
from tests.support.importing import Wizard, lines
from tests.support.racer import race

Counts = tuple[int, int, int, int]
LIVE = ("waiting", "sending", "sent")


def rows(*columns: Any) -> list[Any]:
    return list(db.session.execute(select(*columns)))


def counted() -> dict[int, Counts]:
    """As the database counts."""
    kept = StudentToDo
    columns = (kept.programme_count, kept.supervisor_count, kept.sitting_count, kept.code_count)
    return {row[0]: tuple(row[1:]) for row in rows(kept.student_id, *columns)}


def looked_up() -> dict[int, Counts]:
    """As one counts by hand, from the rows themselves."""
    programmes = Counter(s for s, p in rows(Enrolment.student_id, Enrolment.programme_id) if p)
    guides = Counter(s for s, r in rows(Supervision.student_id, Supervision.role) if r == "school_supervisor")
    whose = dict(rows(Registration.id, Registration.student_id))
    planned = Counter(whose[one] for (one,) in rows(Sitting.registration_id))
    sent = Counter(
        code for code, state in rows(OutboxMail.login_code_id, OutboxMail.state) if code and state in LIVE
    )
    codes: Counter[int] = Counter()
    for code, user, purpose, used in rows(
        LoginCode.id, LoginCode.user_id, LoginCode.purpose, LoginCode.used_at
    ):
        codes[user] += (sent[code] + (used is not None)) if purpose == "invitation" else 0
    return {
        student: (programmes[student], guides[student], planned[student], codes[user] if user else 0)
        for student, user in rows(Student.id, Student.user_id)
    }


def agree() -> dict[int, Counts]:
    """What is counted is what is there, and every state finds and numbers exactly those students."""
    refresh()
    there = looked_up()
    assert counted() == there
    numbers = overall(SYSTEM).states
    left = {
        "no-programme": {student for student, counts in there.items() if not counts[0]},
        "no-supervisor": {student for student, counts in there.items() if not counts[1]},
        "nothing-planned": {student for student, counts in there.items() if not counts[2]},
        "no-code": {student for student, counts in there.items() if not counts[3]},
        "no-progress": {s for s, available in rows(Student.id, Student.progress_available) if not available},
        "inactive": {student for student, active in rows(Student.id, Student.active) if not active},
    }
    assert left.keys() == STILL_TO_DO.keys()
    for state, students in left.items():
        for many in (False, True):
            found = db.session.scalars(by_state(select(Student.id), state, many=many))
            assert set(found) == students, (state, many)
        assert numbers[state] == len(students), state
    return there


def last_coupling() -> int:
    return db.session.scalars(select(CouplingRun.id).order_by(CouplingRun.id.desc()).limit(1)).one()


def test_every_action_that_changes_what_is_to_be_done_is_counted(actor: Callable[..., Actor]) -> None:
    office, programme, elective = actor("administrator"), make_programme(), make_elective()
    guide, exam = make_user("school_supervisor", programmes=[programme]), make_exam(programme)
    one, two = make_student(email="een@example.nl"), make_student(email="twee@example.nl")
    both, target, users = [one.id, two.id], f"p{programme.id}", [f"school_supervisor:{guide.id}"]
    assert agree() == dict.fromkeys(both, (0, 0, 0, 0))
    for act, more in (
        (couple_programme, {"target": f"e{elective.id}"}),
        (couple_programme, {"target": target}),
        (couple_users, {"users": users}),
        (send_student_codes, {}),
    ):
        run(act, office, both, **more)
        agree()
    assert agree() == dict.fromkeys(both, (1, 1, 0, 1))
    run(uncouple_users, office, both, users=users)
    run(uncouple_programme, office, [one.id], target=target)
    assert agree()[one.id] == (0, 0, 0, 1)
    run(couple_programme, office, both, target=target)
    run(undo_coupling, office, run_id=last_coupling())
    planned = make_registration(two, exam)
    make_sitting(planned)
    assert agree()[two.id] == (1, 0, 1, 1)
    run(remove_planning, office, [planned.id])
    assert agree()[two.id][2] == 0
    run(claim_mails, SYSTEM, sender="a")
    mail = db.session.scalars(select(OutboxMail.id).order_by(OutboxMail.id)).first()
    run(note_failed, SYSTEM, mail_id=mail, sender="a", failure="address", detail="", lasting=True)
    assert agree()[one.id][3] == 0
    run(deactivate_students, office, both)
    agree()
    content = lines(
        ("70001", "Nieuw", "", "Binnen", f"{programme.name} ({programme.crebo}, {programme.cohort})"),
        header=("Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam", "Opleiding"),
    )
    assert Wizard(office).bring_in(content).done == 1
    assert sorted(agree().values())[-1][0] == 1


class Hammer:
    """Any change of any row that is counted, past the application: nothing but the database itself."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.targets = [make_programme().id, make_programme().id]
        self.elective = make_elective().id
        self.users = [make_user().id for _n in range(3)]
        self.accounts = [make_user("student").id for _n in range(4)]
        self.students = [make_student().id for _n in range(4)]
        exam = make_exam()
        self.task = exam.tasks[0].id
        for student in self.students[:3]:
            for attempt in (1, 2):
                save(Registration(student_id=student, exam_id=exam.id, attempt=attempt))

    def swing(self) -> None:
        with transaction():
            for _n in range(3):
                self.dice.choice(
                    (self.enrol, self.guide, self.plan, self.move, self.give, self.mail, self.go)
                )()

    def pick(self, model: Any, *columns: Any) -> Any:
        found = db.session.execute(select(*columns).select_from(model)).all()
        return self.dice.choice(found) if found else (0,) * len(columns)

    def enrol(self) -> None:
        student, programme = self.dice.choice(self.students), self.dice.choice(self.targets)
        own = (Enrolment.student_id == student) & (Enrolment.programme_id == programme)
        (there,) = self.pick(Enrolment, Enrolment.id)
        if self.dice.random() < 0.3:
            db.session.execute(delete(Enrolment).where(Enrolment.id == there))
        elif db.session.scalar(select(Enrolment.id).where(own)) is None:
            db.session.execute(insert(Enrolment).values(student_id=student, programme_id=programme))
        else:
            theirs = {"programme_id": None, "elective_id": self.elective}
            taken = select(Enrolment.id).where(
                Enrolment.student_id == student, Enrolment.elective_id == self.elective
            )
            if db.session.scalar(taken) is None:
                db.session.execute(update(Enrolment).where(own).values(**theirs))

    def guide(self) -> None:
        student, user, role = self.pick(
            Supervision, Supervision.student_id, Supervision.user_id, Supervision.role
        )
        row = (Supervision.student_id == student) & (Supervision.user_id == user) & (Supervision.role == role)
        fresh = {
            "student_id": self.dice.choice(self.students),
            "user_id": self.dice.choice(self.users),
            "role": self.dice.choice([Role.SCHOOL_SUPERVISOR.value, Role.COMPANY_SUPERVISOR.value]),
        }
        if db.session.scalar(select(Supervision.role).filter_by(**fresh)) is not None:
            db.session.execute(delete(Supervision).where(row))
        elif student and self.dice.random() < 0.5:
            db.session.execute(update(Supervision).where(row).values(**fresh))
        else:
            db.session.execute(insert(Supervision).values(**fresh))

    def plan(self) -> None:
        (registration,) = self.pick(Registration, Registration.id)
        (other,) = self.pick(Registration, Registration.id)
        here = Sitting.registration_id == registration
        if db.session.scalar(select(Sitting.id).where(here)) is None:
            start = clock.now()
            db.session.execute(
                insert(Sitting).values(
                    registration_id=registration,
                    exam_task_id=self.task,
                    starts_at=start,
                    ends_at=start + timedelta(hours=1),
                    location="",
                    note="",
                )
            )
        elif db.session.scalar(select(Sitting.id).where(Sitting.registration_id == other)) is None:
            db.session.execute(update(Sitting).where(here).values(registration_id=other))
        else:
            db.session.execute(delete(Sitting).where(here))

    def move(self) -> None:
        """A registration that turns out to be another student's."""
        (registration,) = self.pick(Registration, Registration.id)
        row, spare = Registration.id == registration, self.students[3]
        taken = select(Registration.id).where(Registration.student_id == spare)
        if db.session.scalar(taken) is None:
            db.session.execute(update(Registration).where(row).values(student_id=spare))

    def give(self) -> None:
        (code,) = self.pick(LoginCode, LoginCode.id)
        row = LoginCode.id == code
        kind, user = self.dice.choice(["invitation", "sign-in"]), self.dice.choice(self.accounts)
        what = self.dice.choice(("new", "used", "unused", "another", "gone"))
        if what == "new":
            db.session.execute(
                insert(LoginCode).values(
                    user_id=user, nonce="", code_hash="", purpose=kind, expires_at=clock.now()
                )
            )
        elif what == "gone":
            mails = select(OutboxMail.id).where(OutboxMail.login_code_id == code)
            if not db.session.scalars(mails).all():
                db.session.execute(delete(LoginCode).where(row))
        else:
            new = {
                "used": {"used_at": clock.now()},
                "unused": {"used_at": None},
                "another": {"user_id": user, "purpose": kind, "used_at": clock.now()},
            }[what]
            db.session.execute(update(LoginCode).where(row).values(**new))

    def mail(self) -> None:
        (mail,) = self.pick(OutboxMail, OutboxMail.id)
        (code,) = self.pick(LoginCode, LoginCode.id)
        state = self.dice.choice(["waiting", "sending", "sent", "failed", "cancelled"])
        row, new = OutboxMail.id == mail, {"state": state, "login_code_id": code or None}
        what = self.dice.random()
        if what < 0.5:
            db.session.execute(
                insert(OutboxMail).values(
                    dedupe_key=str(self.dice.random()), purpose="", to_address="", subject="", body="", **new
                )
            )
        elif what < 0.8:
            db.session.execute(update(OutboxMail).where(row).values(**new))
        else:
            db.session.execute(delete(OutboxMail).where(row))

    def go(self) -> None:
        """An account that becomes a student's, or is one's no longer."""
        account = self.dice.choice(self.accounts)
        taken = db.session.scalar(select(Student.id).where(Student.user_id == account))
        if taken is None:
            student = self.dice.choice(self.students)
            db.session.execute(update(Student).where(Student.id == student).values(user_id=account))
        else:
            db.session.execute(update(Student).where(Student.id == taken).values(user_id=None))


def test_no_change_of_any_row_escapes_the_counts(app: Flask) -> None:
    hammer, seen = Hammer(7), set()
    for _round in range(150):
        hammer.swing()
        seen |= set(agree().values())
    assert len(seen) > 40  # it did not always stay the same
    code = db.session.scalars(select(LoginCode.user_id).where(LoginCode.purpose == "invitation")).first()
    with transaction():
        db.session.execute(update(Student).values(user_id=None))
    make_student(user_id=code)  # entered with an account that has codes already
    agree()


def test_four_at_once_at_one_student_lose_no_count(app: Flask) -> None:
    student, users, turn = make_student().id, [make_user().id for _n in range(4)], Value("i", 0)

    def work() -> None:
        with turn.get_lock():
            user, turn.value = users[turn.value], turn.value + 1
        mine = {"student_id": student, "user_id": user, "role": Role.SCHOOL_SUPERVISOR.value}
        for _n in range(20):
            with transaction():
                db.session.execute(insert(Supervision).values(**mine))
            with transaction():
                db.session.execute(delete(Supervision).where(Supervision.user_id == user))
        with transaction():
            db.session.execute(insert(Supervision).values(**mine))

    assert race(work) == [""] * 4
    assert agree()[student] == (0, 4, 0, 0)
