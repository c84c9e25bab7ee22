"""Attempts come one after the other, and whoever has the next one hears of what happens to the first."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.actions.assessment.assessment import make_definitive, reopen_assessment
from app.actions.base.runner import preview, run
from app.actions.planning.planning import plan_exam
from app.actions.planning.removal import remove_planning
from app.actions.planning.stopping import resume_exams, stop_exams
from app.entities.assessment import Assessment, Result, Score, ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import Exam
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Programme
from app.entities.users import User
from app.errors import RuleBroken
from app.permissions import Actor, actor_of
from app.queries.planning.attempts import other_results, waiting_for
from app.queries.planning.plan import Slot, Wish
from app.school import current_school
from tests.factories import make_exam, make_student, make_user, refresh
from tests.support.resit import MONDAY, WHY, Resit, make_resit


@pytest.fixture
def resit(app: Flask) -> Resit:
    return make_resit()


def mails() -> list[tuple[str, str]]:
    """(reader, body) of the mails about an earlier attempt."""
    refresh()
    rows = db.session.scalars(
        select(OutboxMail).where(OutboxMail.purpose == "earlier_attempt").order_by(OutboxMail.id)
    )
    return [(one.to_address, one.body) for one in rows]


def address(actor: Actor) -> str:
    return db.session.get_one(User, actor.id).email


def forget_mails() -> None:
    with transaction():
        for one in db.session.scalars(select(OutboxMail)):
            db.session.delete(one)


class TestNeverBefore:
    def test_a_resit_on_an_hour_before_the_attempt_that_it_repeats_is_refused(self, resit: Resit) -> None:
        with transaction():
            sitting = db.session.get_one(Sitting, resit.sitting(1))
            sitting.starts_at = current_school().moment(MONDAY, time(13, 0))
            sitting.ends_at = sitting.starts_at + timedelta(hours=1)
        for hour in (9, 13):
            with pytest.raises(RuleBroken, match="kans 2 kan pas beginnen") as refused:
                resit.plan(hour=hour)
            assert refused.value.field == "all_day"
            assert f"{MONDAY:%d-%m-%Y} 14:00" in str(refused.value)
        assert resit.plan(hour=14).done == 1

    def test_nor_can_it_be_moved_before_it(self, resit: Resit) -> None:
        resit.plan()
        with transaction():
            sitting = db.session.get_one(Sitting, resit.sitting(1))
            sitting.starts_at = current_school().moment(MONDAY, time(7, 0))
            sitting.ends_at = sitting.starts_at + timedelta(hours=1)
        with pytest.raises(RuleBroken, match="kans 2 kan pas"):
            resit.plan(day=-3)
        assert resit.plan(hour=8).done == 1

    def test_nor_the_first_one_past_the_next(self, resit: Resit) -> None:
        resit.plan()
        with transaction():
            for model in (Score, ScoreSheet, Assessment, Result):  # as if nobody had scored it
                db.session.execute(delete(model))
        first = resit.attempt(1).id
        with pytest.raises(RuleBroken, match="kans 1 moet voorbij zijn") as refused:
            resit.plan(day=1, registration_id=first)
        assert refused.value.field == "all_day"
        with pytest.raises(RuleBroken, match="kans 1 moet voorbij"):
            resit.plan(hour=9, registration_id=first)
        assert resit.plan(hour=8, registration_id=first).done == 1

    def test_apart_it_is_told_at_the_task(self, resit: Resit) -> None:
        with transaction():
            sitting = db.session.get_one(Sitting, resit.sitting(1))
            sitting.starts_at = current_school().moment(MONDAY, time(13, 0))
            sitting.ends_at = sitting.starts_at + timedelta(hours=1)
        task = db.session.get_one(Exam, resit.exam).tasks[0].id
        slot = Slot(resit.second.id or 0, None, MONDAY, time(9, 0), 60)
        with pytest.raises(RuleBroken) as refused:
            run(plan_exam, resit.office, [resit.student], exam_id=resit.exam, wish=Wish(apart={task: slot}))
        assert refused.value.field == f"task{task}_day"

    def test_it_counts_over_versions_of_the_exam(self, resit: Resit) -> None:
        with transaction():
            sitting = db.session.get_one(Sitting, resit.sitting(1))
            sitting.starts_at = current_school().moment(MONDAY, time(13, 0))
            sitting.ends_at = sitting.starts_at + timedelta(hours=1)
            old = db.session.get_one(Exam, resit.exam)
            old.current = False
            key, programme = old.key, db.session.get_one(Programme, old.programme_id)
        newer = make_exam(programme, tasks=1, key=key, version="2.0")
        resit.exam = newer.id
        refresh()
        with pytest.raises(RuleBroken, match="kans 2 kan pas"):
            resit.plan(hour=9)
        assert resit.plan(hour=14).done == 1


class TestReopening:
    def test_it_tells_the_examiner_of_the_next_attempt_and_who_planned_it(self, resit: Resit) -> None:
        resit.plan()
        outcome = resit.reopen()
        told = mails()
        assert {reader for reader, _body in told} == {address(resit.second), address(resit.planner)}
        student = db.session.get_one(Registration, resit.attempt(2).id).student
        for _reader, body in told:
            assert "weer open" in body
            assert "na overleg" in body
            assert f"{MONDAY:%d-%m-%Y} 09:00–10:00" in body
            assert student.last_name not in body
        assert any(resit.second.name in line and "kans 2" in line for line in outcome.names)

    def test_it_tells_them_too_when_the_next_attempt_has_its_result_meanwhile(self, resit: Resit) -> None:
        resit.plan()
        resit.take_second()
        resit.close(2, "V", resit.second)
        outcome = resit.reopen()
        told = mails()
        assert {reader for reader, _body in told} == {address(resit.second), address(resit.planner)}
        assert all(
            "Kans 2 heeft al een uitslag" in body and "Beoordeel kans 2" not in body for _r, body in told
        )
        line = next(one for one in outcome.names if resit.second.name in one)
        assert line.startswith("Let op: kans 2 heeft al een uitslag.")
        forget_mails()
        resit.close(1, "O", resit.first)
        assert all("Kans 2 gaat door" not in body for _reader, body in mails())
        assert len(mails()) == 2

    def test_the_page_says_who_hears_it_before_it_is_done(self, resit: Resit) -> None:
        resit.plan()
        told = preview(reopen_assessment, resit.office, [resit.sitting(1)], reason=WHY).names
        assert any(resit.second.name in line and resit.planner.name in line for line in told)
        assert mails() == []

    def test_without_a_next_attempt_nobody_is_told(self, resit: Resit) -> None:
        _sitting, result = resit.reopen().names
        assert mails() == []
        assert result.startswith("De uitslag vervalt: ")

    def test_a_planner_who_has_left_is_followed_by_the_supervisor_and_then_the_office(
        self, resit: Resit
    ) -> None:
        resit.plan(by=resit.office)
        with transaction():
            db.session.get_one(User, resit.office.id).active = False
        resit.reopen()
        assert {one for one, _body in mails()} == {address(resit.second), address(resit.planner)}
        forget_mails()
        other = actor_of(make_user("administrator"))
        with transaction():
            db.session.get_one(User, resit.planner.id).active = False
        resit.close(1, "O", resit.first)
        assert {one for one, _body in mails()} == {address(resit.second), address(other)}

    def test_taking_the_first_attempt_up_again_tells_it_too(self, resit: Resit) -> None:
        resit.plan()
        resit.reopen()
        run(stop_exams, resit.office, [resit.attempt(1).id], reason=WHY)
        assert waiting_for([resit.attempt(2).id]) == {}
        forget_mails()
        run(resume_exams, resit.office, [resit.attempt(1).id])
        assert len(mails()) == 2
        assert resit.attempt(2).id in waiting_for([resit.attempt(2).id])


class TestAssessingTheNextOne:
    def test_it_waits_while_the_first_is_open(self, resit: Resit) -> None:
        resit.plan()
        resit.take_second()
        resit.reopen()
        assert resit.score(2, "V", resit.second).done == 1  # nothing that was seen is lost
        with pytest.raises(RuleBroken, match="Kans 1 is heropend"):
            run(make_definitive, resit.second, [resit.sitting(2)])
        resit.close(1, "O", resit.first)
        assert run(make_definitive, resit.second, [resit.sitting(2)]).done == 1

    def test_it_is_not_assessed_without_a_word_when_the_first_is_passed_after_all(self, resit: Resit) -> None:
        resit.plan()
        resit.take_second()
        resit.reopen()
        forget_mails()
        resit.close(1, "V", resit.first)
        assert {one for one, _body in mails()} == {address(resit.second), address(resit.planner)}
        assert all("nu gehaald" in body for _one, body in mails())
        resit.score(2, "V", resit.second)
        with pytest.raises(RuleBroken, match="intussen gehaald"):
            run(make_definitive, resit.second, [resit.sitting(2)])
        assert db.session.scalars(select(Result)).one().passed

    def test_then_it_can_be_stopped_or_removed(self, resit: Resit) -> None:
        resit.plan()
        resit.reopen()
        resit.close(1, "V", resit.first)
        run(stop_exams, resit.planner, [resit.attempt(2).id], reason=WHY)
        run(resume_exams, resit.planner, [resit.attempt(2).id])
        assert run(remove_planning, resit.planner, [resit.attempt(2).id]).done == 1

    def test_who_failed_again_hears_that_the_next_goes_on(self, resit: Resit) -> None:
        resit.plan()
        resit.reopen()
        forget_mails()
        resit.close(1, "O", resit.first)
        assert all("Kans 2 gaat door" in body for _one, body in mails())
        assert len(mails()) == 2

    def test_with_two_results_each_knows_of_the_other(self, resit: Resit) -> None:
        resit.plan()
        resit.take_second()
        resit.close(2, "V", resit.second)
        resit.reopen()
        resit.close(1, "V", resit.first)
        found = [other_results(resit.attempt(number).id) for number in (1, 2)]
        assert [[one.attempt for one in others] for others in found] == [[2], [1]]


class TestWhichAttempt:
    def test_the_planning_of_the_asked_attempt_changes_and_no_other(self, resit: Resit) -> None:
        resit.plan()
        resit.reopen()
        second = resit.attempt(2).id
        assert resit.plan(hour=11, registration_id=second).done == 1
        assert resit.attempt(2).sittings[0].starts_at == current_school().moment(MONDAY, time(11, 0))

    def test_one_that_cannot_be_changed_says_so_and_the_other_stays(self, resit: Resit) -> None:
        resit.plan()
        before = resit.attempt(2).sittings[0].starts_at
        outcome = resit.plan(hour=11, registration_id=resit.attempt(1).id)
        assert outcome.done == 0
        assert "ligt vast" in outcome.refused[0].reason
        assert resit.attempt(2).sittings[0].starts_at == before

    def test_without_asking_it_is_the_last_open_one(self, resit: Resit) -> None:
        resit.plan()
        resit.reopen()
        resit.plan(hour=11)
        assert resit.attempt(2).sittings[0].starts_at == current_school().moment(MONDAY, time(11, 0))

    def test_the_registration_of_another_student_changes_nothing(self, resit: Resit) -> None:
        resit.plan()
        other = make_student(db.session.get_one(Programme, db.session.get_one(Exam, resit.exam).programme_id))
        slot = Slot(resit.first.id or 0, None, MONDAY, time(15, 0), 60)
        outcome = run(
            plan_exam,
            resit.office,
            [other.id],
            exam_id=resit.exam,
            wish=Wish(together=slot),
            registration_id=resit.attempt(2).id,
        )
        assert outcome.done == 0
        assert resit.attempt(2).sittings[0].starts_at == current_school().moment(MONDAY, time(9, 0))
