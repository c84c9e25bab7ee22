"""Deactivating students: no way in any more, nothing lost, and nobody waits for an exam that won't come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.actions.base.runner import preview, run
from app.actions.students.activation import deactivate_students, reactivate_students
from app.actions.users.users import deactivate_users, reactivate_users
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.planning import Registration, Sitting
from app.entities.students import Student
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import User
from app.errors import ChangedMeanwhile
from app.permissions import Actor
from app.queries.trail.trail import entries_about_attempt
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.factories.assessment import plan_exam as planned
from tests.factories.assessment import save_as
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import Visitor


def stopped(registration: int) -> bool:
    refresh()
    return db.session.get_one(Registration, registration).stopped_at is not None


def make_attempt(tasks: int = 1) -> Registration:
    """An attempt of a student who has the exam."""
    programme = make_programme()
    return make_registration(make_student(programme), make_exam(programme, tasks=tasks))


def test_who_leaves_is_closed_with_the_account_and_can_come_back(
    actor: Callable[..., Actor], visitor_of: Callable[..., Visitor]
) -> None:
    office = actor("administrator")
    account, double = make_user("student"), make_user("student", "school_examiner")
    leaving = make_student(last_name="Weg", user_id=account.id)
    staff = make_student(last_name="Collega", user_id=double.id)
    page = visitor_of(account)
    assert page.get("/mijn-examens/").status_code == 200
    both = [leaving.id, staff.id]
    outcome = run(deactivate_students, office, both)
    assert (outcome.done, outcome.unchanged, outcome.refused) == (2, 0, [])
    assert run(deactivate_students, office, both).unchanged == 2
    refresh()
    assert not db.session.get_one(Student, leaving.id).active
    assert not db.session.get_one(User, account.id).active
    assert db.session.get_one(User, double.id).active  # an examiner stays one
    assert page.get("/mijn-examens/").status_code == 302
    back = run(reactivate_students, office, both)
    assert (back.done, back.unchanged) == (2, 0)
    refresh()
    assert db.session.get_one(User, account.id).active
    assert db.session.get_one(Student, leaving.id).active


def test_an_exam_that_must_still_come_stops_and_one_that_was_taken_is_still_assessed(
    actor: Callable[..., Actor],
) -> None:
    office, student, exam = actor("administrator"), make_student(last_name="Weg"), make_exam(tasks=2)
    half = make_registration(student, exam)
    make_sitting(half, starts_at=clock.now() - timedelta(days=1))
    taken = make_registration(student, make_exam(tasks=1))
    make_sitting(taken, starts_at=clock.now() - timedelta(days=1))
    coming = make_registration(student, make_exam(tasks=1))
    make_sitting(coming)
    ids = half.id, taken.id, coming.id
    told = preview(deactivate_students, office, [student.id])
    assert "2 examens stoppen daarmee" in told.summary
    assert any(exam.code in line for line in told.names)
    run(deactivate_students, office, [student.id])
    assert [stopped(one) for one in ids] == [True, False, True]
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert sum(change == ["loopt", "gestopt"] for change in entry.details.values()) == 2


def test_who_returns_goes_on_where_it_stopped(actor: Callable[..., Actor]) -> None:
    office, registration = actor("administrator"), make_attempt()
    student = registration.student
    sitting = make_sitting(registration).id
    run(deactivate_students, office, [student.id])
    assert stopped(registration.id)
    assert "1 examen gaat verder" in run(reactivate_students, office, [student.id]).summary
    assert not stopped(registration.id)
    assert db.session.get(Sitting, sitting) is not None


def test_a_moment_on_which_somebody_is_busy_by_now_is_told_as_one_that_goes(
    actor: Callable[..., Actor],
) -> None:
    office, examiner = actor("administrator"), make_user("school_examiner")
    half = make_attempt(tasks=2)
    first, second = half.exam.tasks
    make_sitting(half, first, starts_at=clock.now() + timedelta(days=1), school_examiner=examiner)
    make_sitting(half, second, starts_at=clock.now() + timedelta(days=2), school_examiner=examiner)
    run(deactivate_students, office, [half.student_id])
    make_sitting(make_attempt(), starts_at=clock.now() + timedelta(days=1), school_examiner=examiner)
    told = preview(reactivate_students, office, [half.student_id])
    assert "1 examen gaat verder." in told.summary
    (gone,) = [line for line in told.names if line.startswith("Vervalt")]
    assert first.title in gone
    assert not any(second.title in line for line in told.names)
    outcome = run(reactivate_students, office, [half.student_id], shown=told.mark)
    assert (outcome.summary, outcome.names) == (told.summary, told.names)
    left = select(Sitting.exam_task_id).where(Sitting.registration_id == half.id)
    assert db.session.scalars(left).all() == [second.id]


def test_a_moment_that_was_scored_after_the_page_was_shown_is_noticed(actor: Callable[..., Actor]) -> None:
    office, exam = actor("administrator"), planned(tasks=2)
    student = db.session.get_one(Registration, exam.registration).student_id
    with transaction():
        db.session.get_one(Sitting, exam.sittings[1]).starts_at += timedelta(minutes=30)
    shown = preview(deactivate_students, office, [student]).mark
    save_as(exam.school, exam.sittings[0], exam.levels())
    with pytest.raises(ChangedMeanwhile):
        run(deactivate_students, office, [student], shown=shown)
    assert not stopped(exam.registration)


def test_many_students_take_as_many_statements_as_a_few(actor: Callable[..., Actor]) -> None:
    office, programme = actor("administrator"), make_programme()
    exam = make_exam(programme, tasks=1)

    def statements(count: int) -> tuple[int, int]:
        students = [make_student(programme) for _n in range(count)]
        for hour, student in enumerate(students):
            make_sitting(
                make_registration(student, exam), starts_at=clock.now() + timedelta(days=1, hours=hour)
            )
        ids = [one.id for one in students]
        with counted() as leaving:
            run(deactivate_students, office, ids)
        with counted() as returning:
            run(reactivate_students, office, ids)
        return len(leaving), len(returning)

    assert statements(2) == statements(12)


def test_an_account_that_the_office_closed_stays_closed(actor: Callable[..., Actor]) -> None:
    """Who leaves and returns opens what leaving closed, and nothing else; both pages say what stays."""
    office = actor("administrator")
    shut, free = make_user("student"), make_user("student")
    double = make_user("student", "school_examiner")
    students = [
        make_student(last_name=name, user_id=user.id).id
        for name, user in (("Dicht", shut), ("Vrij", free), ("Dubbel", double))
    ]
    run(deactivate_users, office, [shut.id])
    leaving = preview(deactivate_students, office, students)
    assert "1 account blijft actief, want het heeft nog een andere rol." in leaving.summary
    assert any("Account blijft actief: Dubbel" in line for line in leaving.names)
    run(deactivate_students, office, students)
    assert told_users("deactivate_students") == {free.id}
    returning = preview(reactivate_students, office, students)
    assert "1 account blijft gedeactiveerd: bij Gebruikers is het" in returning.summary
    assert any("Account blijft gedeactiveerd: Dicht" in line for line in returning.names)
    run(reactivate_students, office, students)
    assert told_users("reactivate_students") == {free.id}
    refresh()
    active = {user: db.session.get_one(User, user).active for user in (shut.id, free.id, double.id)}
    assert active == {shut.id: False, free.id: True, double.id: True}


def test_an_account_that_the_office_opened_and_leaving_closed_again_opens(
    actor: Callable[..., Actor],
) -> None:
    office = actor("administrator")
    account = make_user("student")
    student = make_student(user_id=account.id)
    run(deactivate_users, office, [account.id])
    run(reactivate_users, office, [account.id])
    run(deactivate_students, office, [student.id])
    run(reactivate_students, office, [student.id])
    refresh()
    assert db.session.get_one(User, account.id).active


def test_the_history_of_an_exam_says_that_it_stopped_and_went_on_with_its_student(
    actor: Callable[..., Actor],
) -> None:
    office, attempt = actor("administrator"), make_attempt()
    make_sitting(attempt, starts_at=clock.now() + timedelta(days=3))
    run(deactivate_students, office, [attempt.student_id])
    run(reactivate_students, office, [attempt.student_id])
    told = [one.action for one in entries_about_attempt(office, attempt.id, [])]
    assert told[:2] == ["reactivate_students", "deactivate_students"]


def told_users(action: str) -> set[int]:
    """The users that the newest entry of this action is about."""
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()[-1]
    about = select(AuditObject.object_id).where(
        AuditObject.entry_id == entry.id, AuditObject.object_type == "User"
    )
    return set(db.session.scalars(about))
