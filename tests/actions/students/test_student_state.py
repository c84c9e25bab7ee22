"""Deactivating students: no way in any more, nothing lost, and nobody with an exam to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from app.actions.base.runner import run
from app.actions.students.activation import deactivate_students, reactivate_students
from app.entities.base import db
from app.entities.students import Student
from app.entities.users import User
from app.permissions import Actor
from tests.factories import make_exam, make_registration, make_sitting, make_student, make_user, refresh
from tests.support import clock
from tests.support.visitor import Visitor


def test_who_leaves_is_closed_with_the_account_and_can_come_back(
    actor: Callable[..., Actor], visitor_of: Callable[..., Visitor]
) -> None:
    office = actor("administrator")
    account, double = make_user("student"), make_user("student", "school_examiner")
    leaving = make_student(last_name="Weg", user_id=account.id)
    staff = make_student(last_name="Collega", user_id=double.id)
    planned, done = make_student(last_name="Ingepland"), make_student(last_name="Klaar")
    exam = make_exam()
    make_sitting(make_registration(planned, exam), starts_at=clock.now() + timedelta(days=1))
    make_sitting(make_registration(done, exam), starts_at=clock.now() - timedelta(days=1))
    page = visitor_of(account)
    assert page.get("/mijn-examens/").status_code == 200
    everybody = [leaving.id, staff.id, planned.id, done.id]
    outcome = run(deactivate_students, office, everybody)
    assert (outcome.done, outcome.unchanged) == (3, 0)
    assert [row.label.split(",")[0] for row in outcome.refused] == ["Ingepland"]
    assert run(deactivate_students, office, everybody).unchanged == 3
    refresh()
    assert not db.session.get_one(Student, leaving.id).active
    assert not db.session.get_one(User, account.id).active
    assert db.session.get_one(User, double.id).active  # an examiner stays one
    assert page.get("/mijn-examens/").status_code == 302
    back = run(reactivate_students, office, everybody)
    assert (back.done, back.unchanged) == (3, 1)
    refresh()
    assert db.session.get_one(User, account.id).active
    assert db.session.get_one(Student, leaving.id).active
