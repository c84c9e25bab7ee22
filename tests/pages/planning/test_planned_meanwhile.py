"""Whoever changes a planning that a colleague changed first, reads who did what, and keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.actions.assessment.assessment import make_definitive, reopen_assessment
from app.actions.base.action import Action
from app.actions.base.runner import run
from app.actions.planning.invitations import withdraw_invitation
from app.actions.planning.removal import remove_moments, remove_planning
from app.actions.planning.replacing import replace_school_examiner
from app.actions.planning.stopping import resume_exams, stop_exams
from app.actions.students.activation import deactivate_students, reactivate_students
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Programme
from app.entities.students import Student
from app.entities.users import User
from app.permissions import SYSTEM, Actor, actor_of
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
)
from tests.factories.assessment import save_as
from tests.support import clock
from tests.support.forms import as_shown
from tests.support.guests import invite
from tests.support.visitor import Visitor

WHY = "De student is verhuisd."
Visit = Callable[..., Visitor]


@dataclass
class Desk:
    """One exam of one task, planned for a student, with somebody who has the planning form open."""

    late: Visitor
    colleague: Actor
    programme: int
    exam: int
    student: int
    registration: int
    sitting: int
    school: Actor

    @property
    def path(self) -> str:
        return f"/examens/do/plan_exam?kies={self.exam}&opleiding={self.programme}&id={self.student}"

    def does(self, act: Action, actor: Actor | None = None, **more: Any) -> None:
        """The colleague does this at the student, the registration or the moment."""
        chosen = {Student: self.student, Registration: self.registration, Sitting: self.sitting}
        assert act.on is not None
        assert run(act, actor or self.colleague, [chosen[act.on]], **more).done == 1

    def sends_after(self, *steps: Callable[[Desk], None], **typed: str) -> TestResponse:
        """What the form answers that was opened before these steps, and then sent."""
        opened = {**as_shown(self.late.get(self.path).text), **typed}
        for step in steps:
            step(self)
        return self.late.post(self.path, opened)


@pytest.fixture
def desk(app: Flask, visit: Visit) -> Desk:
    programme = make_programme()
    exam, student = make_exam(programme, tasks=1), make_student(programme)
    school = make_user("school_examiner", programmes=[programme])
    registration = make_registration(student, exam)
    start = clock.at(clock.today() + timedelta(days=3), 9)
    sitting = make_sitting(registration, starts_at=start, school_examiner=school)
    ids = programme.id, exam.id, student.id, registration.id, sitting.id
    colleague = actor_of(make_user("administrator", first_name="Carla", infix="", last_name="Eerder"))
    return Desk(visit("administrator"), colleague, *ids, actor_of(school))


def stops(desk: Desk) -> None:
    desk.does(stop_exams, reason=WHY)


def stops_and_resumes(desk: Desk) -> None:
    stops(desk)
    desk.does(resume_exams)


def deactivates(desk: Desk) -> None:
    desk.does(deactivate_students)


def deactivates_and_activates(desk: Desk) -> None:
    deactivates(desk)
    desk.does(reactivate_students)


def bins(desk: Desk) -> None:
    desk.does(remove_planning)


def bins_the_moment(desk: Desk) -> None:
    desk.does(remove_moments)


def replaces(desk: Desk) -> None:
    programme = db.session.get_one(Programme, desk.programme)
    new = make_user("school_examiner", programmes=[programme]).id
    desk.does(replace_school_examiner, examiner=str(new), reason=WHY)


def invites_and_withdraws(desk: Desk) -> None:
    invite(desk.sitting)
    desk.does(withdraw_invitation)


def bin_for_another(registration: int) -> None:
    run(remove_planning, SYSTEM, [registration])


@pytest.mark.parametrize(
    ("step", "act"),
    [
        (stops, stop_exams),
        (stops_and_resumes, resume_exams),
        (deactivates, deactivate_students),
        (deactivates_and_activates, reactivate_students),
        (bins, remove_planning),
        (bins_the_moment, remove_moments),
        (replaces, replace_school_examiner),
        (invites_and_withdraws, withdraw_invitation),
    ],
)
def test_it_says_who_did_what_and_asks_for_nothing_that_was_filled_in(
    desk: Desk, step: Callable[[Desk], None], act: Action
) -> None:
    answer = desk.sends_after(step)
    assert answer.status_code == 422
    assert "Carla Eerder heeft dit intussen gewijzigd (" in answer.text
    assert f"): {act.label}. Bekijk de planning" in answer.text
    assert "Intussen gewijzigd" in answer.text
    assert "niet goed ingevuld" not in answer.text
    assert "verplicht." not in answer.text


def test_a_result_that_went_as_the_assessment_was_reopened_is_told(desk: Desk) -> None:
    """A second attempt was being planned; the first one has no result any more."""
    sitting = db.session.get_one(Sitting, desk.sitting)
    criteria = {one.id: one.levels[0].id for one in sitting.task.criteria}
    with transaction():
        sitting.starts_at, sitting.ends_at = clock.now() - timedelta(hours=1), clock.now()
    save_as(desk.school, desk.sitting, criteria)
    desk.does(make_definitive, desk.school)
    typed = {
        "all_school_examiner": str(desk.school.id),
        "all_day": f"{clock.today() + timedelta(days=9):%Y-%m-%d}",
        "all_start": "09:00",
    }
    answer = desk.sends_after(lambda desk: desk.does(reopen_assessment, reason=WHY), **typed)
    assert "Carla Eerder heeft dit intussen gewijzigd (" in answer.text
    assert f"): {reopen_assessment.label}. Bekijk de planning" in answer.text


def test_what_was_binned_at_another_exam_of_the_student_is_not_told(desk: Desk) -> None:
    student = db.session.get_one(Student, desk.student)
    other = make_exam(db.session.get_one(Programme, desk.programme), tasks=1)
    elsewhere = make_registration(student, other).id
    answer = desk.sends_after(stops, lambda _desk: bin_for_another(elsewhere))
    assert f"): {stop_exams.label}. Bekijk de planning" in answer.text


def test_what_was_typed_stays_and_what_was_emptied_is_asked_for(desk: Desk) -> None:
    answer = desk.sends_after(replaces, all_start="", all_location="Zaal oost")
    assert "Zaal oost" in answer.text
    assert "verplicht." in answer.text


def test_who_stopped_it_is_told_in_their_own_other_tab(desk: Desk) -> None:
    own = actor_of(db.session.get_one(User, desk.late.user_id))
    answer = desk.sends_after(lambda desk: desk.does(stop_exams, own, reason=WHY))
    assert "U hebt dit zelf in een ander tabblad gewijzigd (" in answer.text
