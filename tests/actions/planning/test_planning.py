"""Planning an exam: who may, which attempt, nobody in two places, all or none, and the red bin."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.actions.base.action import Action
from app.actions.base.outcome import Outcome
from app.actions.base.runner import preview, run
from app.actions.base.trail import broken_at
from app.actions.base.wording import say
from app.actions.planning.planning import PlanOutcome, plan_exam
from app.actions.planning.removal import remove_moments, remove_planning
from app.actions.planning.stopping import resume_exams, stop_exams
from app.entities.assessment import Assessment, Result, ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import Exam
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.programmes import Programme
from app.entities.students import ExamExclusion
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import User
from app.errors import ChangedMeanwhile, NotAllowed, NotFound, RuleBroken
from app.permissions import Actor, actor_of
from app.queries.planning.facts import fingerprint, load_candidates
from app.queries.planning.plan import NOBODY, Slot, Wish
from app.school import current_school
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
    supervise,
)
from tests.support import clock
from tests.support.at_once import at_once
from tests.support.queries import counted

MONDAY = clock.monday()
FRIDAY, NEXT_MONDAY = MONDAY + timedelta(days=4), MONDAY + timedelta(days=7)


@dataclass
class Office:
    """A programme with an exam of two tasks (60 minutes each), three students, two examiners; ids only."""

    actor: Actor
    programme: int
    exam: int
    tasks: list[int]
    students: list[int]
    school: int
    company: int

    def slot(self, **given: Any) -> Slot:
        values: dict[str, Any] = {
            "school_examiner_id": self.school,
            "company_examiner_id": self.company,
            "day": MONDAY,
            "start": time(9, 0),
            "minutes": 120,
            "location": "Lokaal 2.04",
        }
        return Slot(**{**values, **given})

    def plan(self, students: Sequence[int] | None = None, wish: Wish | None = None, **given: Any) -> Outcome:
        data = {"exam_id": self.exam, "wish": wish or Wish(together=self.slot()), **given}
        return run(plan_exam, self.actor, students or self.students, **data)


@pytest.fixture
def office(app: Flask) -> Office:
    programme = make_programme()
    exam = make_exam(programme, tasks=2)
    students = [make_student(programme).id for _ in range(3)]
    school = make_user("school_examiner", programmes=[programme]).id
    company = make_user("company_examiner", programmes=[programme]).id
    planner = actor_of(make_user("administrator"))
    made = Office(planner, programme.id, exam.id, [task.id for task in exam.tasks], students, school, company)
    refresh()
    return made


def sittings(student: int | None = None) -> Sequence[Sitting]:
    refresh()
    statement = select(Sitting).join(Registration).order_by(Sitting.starts_at, Sitting.id)
    if student is not None:
        statement = statement.where(Registration.student_id == student)
    return db.session.scalars(statement).all()


def wall(moment: datetime) -> str:
    return f"{current_school().local(moment):%d-%m %H:%M}"


def times(student: int | None = None) -> list[str]:
    return [f"{wall(s.starts_at)}-{wall(s.ends_at)[-5:]}" for s in sittings(student)]


def row_name(user: int) -> str:
    return db.session.get_one(User, user).full_name


def score(sitting: Sitting, *, definitive: bool = False) -> None:
    """One score sheet, so that something was scored."""
    user = make_user("school_examiner")
    assessment = Assessment(sitting_id=sitting.id)
    if definitive:
        assessment.definitive_at, assessment.definitive_by_id = clock.now(), user.id
    assessment.sheets = [ScoreSheet(examiner_id=user.id, role="school_examiner")]
    save(assessment)


def finish(student: int, exam: int, *, passed: bool, attempt: int = 1) -> None:
    """An attempt with its result."""
    registration = Registration(student_id=student, exam_id=exam, attempt=attempt)
    save(registration)
    save(
        Result(
            registration_id=registration.id,
            passed=passed,
            grade="V" if passed else "O",
            points=1,
            max_points=2,
        )
    )


class TestAllAtOnce:
    def test_the_tasks_of_one_student_follow_each_other_in_one_block(self, office: Office) -> None:
        outcome = office.plan(office.students[:1])
        assert (outcome.done, outcome.refused) == (1, [])
        assert times() == [f"{MONDAY:%d-%m} 09:00-10:00", f"{MONDAY:%d-%m} 10:00-11:00"]

    def test_both_examiners_and_the_place_stand_with_every_task(self, office: Office) -> None:
        office.plan(office.students[:1])
        people = db.session.execute(select(SittingExaminer.role, SittingExaminer.user_id)).all()
        assert sorted(people) == sorted(
            [("school_examiner", office.school), ("company_examiner", office.company)] * 2
        )
        assert {s.location for s in sittings()} == {"Lokaal 2.04"}

    def test_another_total_duration_is_shared_over_the_tasks(self, office: Office) -> None:
        office.plan(office.students[:1], Wish(together=office.slot(minutes=60)))
        assert times() == [f"{MONDAY:%d-%m} 09:00-09:30", f"{MONDAY:%d-%m} 09:30-10:00"]

    def test_students_come_one_after_the_other(self, office: Office) -> None:
        office.plan(wish=Wish(together=office.slot(), pause=30))
        assert [times(one)[0][:11] for one in office.students] == [
            f"{MONDAY:%d-%m} 09:00",
            f"{MONDAY:%d-%m} 11:30",
            f"{MONDAY:%d-%m} 14:00",
        ]

    def test_who_does_not_fit_in_the_day_comes_the_next_working_day(self, office: Office) -> None:
        office.plan(wish=Wish(together=office.slot(day=FRIDAY), last_end=time(13, 0)))
        assert [times(one)[0][:11] for one in office.students] == [
            f"{FRIDAY:%d-%m} 09:00",
            f"{FRIDAY:%d-%m} 11:00",
            f"{NEXT_MONDAY:%d-%m} 09:00",
        ]

    def test_a_student_can_have_an_own_start(self, office: Office) -> None:
        own = {office.students[2]: time(15, 45)}
        office.plan(wish=Wish(together=office.slot(), own_starts=own))
        assert times(office.students[2])[0] == f"{MONDAY:%d-%m} 15:45-16:45"

    def test_nine_o_clock_is_nine_o_clock_on_both_sides_of_the_change_of_the_clock(
        self, office: Office
    ) -> None:
        for student, day in zip(office.students, clock.around_summer_time(), strict=False):
            office.plan([student], Wish(together=office.slot(day=day)))
        assert [one[6:11] for one in times()[::2]] == ["09:00", "09:00"]

    def test_one_examiner_cannot_take_everybody_at_the_same_moment(self, office: Office) -> None:
        with pytest.raises(RuleBroken, match="al iets anders"):
            office.plan(wish=Wish(together=office.slot(), one_by_one=False))
        assert sittings() == []


class TestApart:
    def test_each_task_gets_its_own_moment(self, office: Office) -> None:
        first, second = office.tasks
        wish = Wish(
            apart={
                first: office.slot(minutes=45),
                second: office.slot(day=MONDAY + timedelta(days=2), start=time(13, 0), minutes=30),
            }
        )
        office.plan(office.students[:1], wish)
        assert times() == [f"{MONDAY:%d-%m} 09:00-09:45", f"{MONDAY + timedelta(days=2):%d-%m} 13:00-13:30"]

    def test_a_task_left_out_is_not_planned_and_can_be_added_later(self, office: Office) -> None:
        first, second = office.tasks
        office.plan(office.students[:1], Wish(apart={first: office.slot(minutes=60)}))
        assert len(sittings()) == 1
        outcome = office.plan(
            office.students[:1], Wish(apart={second: office.slot(start=time(14, 0), minutes=60)})
        )
        assert outcome.done == 1
        assert times() == [f"{MONDAY:%d-%m} 09:00-10:00", f"{MONDAY:%d-%m} 14:00-15:00"]
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 1

    def test_nothing_filled_in_is_refused(self, office: Office) -> None:
        with pytest.raises(RuleBroken, match="minstens één") as error:
            office.plan(wish=Wish())
        assert error.value.field == "way"


class TestChanging:
    def test_the_same_again_changes_nothing_and_says_so(self, office: Office) -> None:
        office.plan()
        outcome = office.plan()
        assert (outcome.done, outcome.unchanged) == (0, 3)
        assert "niets veranderd" in outcome.summary

    def test_a_new_moment_replaces_the_old_one(self, office: Office) -> None:
        office.plan(office.students[:1])
        before = {s.id for s in sittings()}
        other = make_user("school_examiner", programmes=[db.session.get_one(Programme, office.programme)]).id
        office.plan(
            office.students[:1],
            Wish(
                together=office.slot(start=time(13, 0), school_examiner_id=other, company_examiner_id=NOBODY)
            ),
        )
        assert {s.id for s in sittings()} == before
        assert times() == [f"{MONDAY:%d-%m} 13:00-14:00", f"{MONDAY:%d-%m} 14:00-15:00"]
        assert set(db.session.execute(select(SittingExaminer.role, SittingExaminer.user_id))) == {
            ("school_examiner", other)
        }

    def test_moving_by_half_an_hour_does_not_clash_with_oneself(self, office: Office) -> None:
        office.plan(office.students[:1])
        office.plan(office.students[:1], Wish(together=office.slot(start=time(9, 30))))
        assert times() == [f"{MONDAY:%d-%m} 09:30-10:30", f"{MONDAY:%d-%m} 10:30-11:30"]

    def test_a_scored_task_stays_and_the_rest_moves(self, office: Office) -> None:
        office.plan(office.students[:1])
        score(sittings()[0])
        outcome = office.plan(office.students[:1], Wish(together=office.slot(day=NEXT_MONDAY)))
        assert outcome.done == 1
        assert times() == [f"{MONDAY:%d-%m} 09:00-10:00", f"{NEXT_MONDAY:%d-%m} 09:00-10:00"]

    def test_a_definitive_task_stays_too(self, office: Office) -> None:
        office.plan(office.students[:1])
        score(sittings()[1], definitive=True)
        office.plan(office.students[:1], Wish(together=office.slot(day=NEXT_MONDAY)))
        assert times() == [f"{MONDAY:%d-%m} 10:00-11:00", f"{NEXT_MONDAY:%d-%m} 09:00-10:00"]

    def test_with_every_task_scored_there_is_nothing_left_to_plan(self, office: Office) -> None:
        office.plan(office.students[:1])
        for sitting in sittings():
            score(sitting)
        outcome = office.plan(office.students[:1], Wish(together=office.slot(day=NEXT_MONDAY)))
        assert outcome.done == 0
        assert "al beoordeeld" in outcome.refused[0].reason

    def test_two_planners_of_one_student_the_second_sees_the_first(self, office: Office) -> None:
        exam = db.session.get_one(Exam, office.exam)
        seen = fingerprint(load_candidates(exam, office.students[:1]))
        office.plan(office.students[:1], seen=seen)
        with pytest.raises(RuleBroken, match="in een ander tabblad") as error:
            office.plan(office.students[:1], Wish(together=office.slot(start=time(13, 0))), seen=seen)
        assert error.value.field == "seen"
        assert times()[0] == f"{MONDAY:%d-%m} 09:00-10:00"


class TestAttempts:
    def test_a_resit_is_the_second_attempt(self, office: Office) -> None:
        finish(office.students[0], office.exam, passed=False)
        assert office.plan(office.students[:1]).done == 1
        attempts = db.session.scalars(select(Registration.attempt).order_by(Registration.attempt)).all()
        assert attempts == [1, 2]

    def test_who_passed_is_refused_by_name_and_the_others_go_on(self, office: Office) -> None:
        finish(office.students[1], office.exam, passed=True)
        outcome = office.plan()
        assert outcome.done == 2
        assert "al gehaald" in outcome.refused[0].reason
        assert times(office.students[1]) == []

    def test_after_the_last_attempt_there_is_no_other(self, office: Office) -> None:
        finish(office.students[0], office.exam, passed=False)
        finish(office.students[0], office.exam, passed=False, attempt=2)
        outcome = office.plan(office.students[:1])
        assert outcome.done == 0
        assert "maximum van 2 kansen" in outcome.refused[0].reason

    def test_attempts_count_over_versions_of_the_exam(self, office: Office) -> None:
        exam = db.session.get_one(Exam, office.exam)
        programme = db.session.get_one(Programme, office.programme)
        old = make_exam(programme, key=exam.key, version="0.9", current=False)
        finish(office.students[0], old.id, passed=True)
        outcome = office.plan(office.students[:1])
        assert "al gehaald" in outcome.refused[0].reason

    def test_an_older_version_is_not_planned_anew(self, office: Office) -> None:
        programme = db.session.get_one(Programme, office.programme)
        old = make_exam(programme, version="0.9", current=False)
        outcome = office.plan(office.students[:1], exam_id=old.id)
        assert "oudere versie" in outcome.refused[0].reason

    def test_not_enrolled_excluded_and_inactive_students_are_refused_with_the_reason(
        self, office: Office
    ) -> None:
        save(ExamExclusion(student_id=office.students[0], exam_id=office.exam))
        stranger = make_student(make_programme()).id
        gone = make_student(db.session.get_one(Programme, office.programme), active=False).id
        outcome = office.plan([office.students[0], stranger, gone])
        reasons = " | ".join(one.reason for one in outcome.refused)
        assert outcome.done == 0
        for word in ("niet-beschikbaar", "Niet gekoppeld aan", "niet meer actief"):
            assert word in reasons
        assert sittings() == []

    def test_an_elective_needs_the_elective(self, office: Office) -> None:
        programme, elective = db.session.get_one(Programme, office.programme), make_elective()
        exam = make_exam(elective, tasks=1)
        chosen = make_student(programme, elective).id
        outcome = office.plan([office.students[0], chosen], exam_id=exam.id)
        assert (outcome.done, len(outcome.refused)) == (1, 1)

    def test_whoever_follows_no_programme_has_no_examiners_and_it_says_what_to_do(
        self, office: Office
    ) -> None:
        exam, alone = make_exam(elective := make_elective(), tasks=1), make_student(elective)
        with pytest.raises(RuleBroken) as error:
            office.plan([alone.id], exam_id=exam.id)
        said = say(error.value)
        assert alone.number in said
        assert "Koppel de student eerst aan een opleiding" in said
        assert sittings() == []


class TestExaminers:
    def wrong(self, office: Office, **given: Any) -> RuleBroken:
        with pytest.raises(RuleBroken) as error:
            office.plan(office.students[:1], Wish(together=office.slot(**given)))
        assert sittings() == []
        return error.value

    def test_a_company_examiner_is_no_school_examiner(self, office: Office) -> None:
        error = self.wrong(office, school_examiner_id=office.company, company_examiner_id=None)
        assert error.field == "all_school_examiner"

    def test_nor_the_other_way_round(self, office: Office) -> None:
        assert self.wrong(office, company_examiner_id=office.school).field == "all_company_examiner"

    @pytest.mark.parametrize("values", [{"active": False}, {"programmes": ()}])
    def test_an_inactive_or_uncoupled_examiner_cannot_be_chosen(
        self, office: Office, values: dict[str, Any]
    ) -> None:
        programme = db.session.get_one(Programme, office.programme)
        user = make_user("school_examiner", **{"programmes": [programme], **values})
        assert self.wrong(office, school_examiner_id=user.id).field == "all_school_examiner"

    def test_one_person_cannot_be_both_examiners(self, office: Office) -> None:
        programme = db.session.get_one(Programme, office.programme)
        both = make_user("school_examiner", "company_examiner", programmes=[programme]).id
        error = self.wrong(office, school_examiner_id=both, company_examiner_id=both)
        assert "twee keer" in str(error)

    def test_without_a_company_examiner_it_is_planned_and_warned_for(self, office: Office) -> None:
        wish = Wish(together=office.slot(company_examiner_id=None))
        told = warnings(office, wish)
        assert any("twee examinatoren is gebruikelijk" in one for one in told)
        assert office.plan(office.students[:1], wish).done == 1

    def test_a_supervisor_as_examiner_is_warned_for_not_refused(self, office: Office) -> None:
        user = db.session.get_one(User, office.school)
        save(*_supervision(office.students[0], user))
        assert any("begeleidt" in one for one in warnings(office, Wish(together=office.slot())))
        assert office.plan(office.students[:1]).done == 1

    def test_the_past_is_warned_for_not_refused(self, office: Office) -> None:
        yesterday = clock.today() - timedelta(days=1)
        wish = Wish(together=office.slot(day=yesterday))
        assert any("verleden" in one for one in warnings(office, wish))
        assert office.plan(office.students[:1], wish).done == 1


def _supervision(student: int, user: User) -> list[Any]:
    from app.entities.students import Supervision

    return [Supervision(student_id=student, user_id=user.id, role="school_supervisor")]


def warnings(office: Office, wish: Wish) -> list[str]:
    outcome = preview(plan_exam, office.actor, office.students[:1], exam_id=office.exam, wish=wish)
    assert isinstance(outcome, PlanOutcome)
    assert outcome.plan is not None
    return [str(one) for one in outcome.plan.warnings]


class TestBadInput:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"minutes": 0}, "all_minutes"),
            ({"minutes": 1}, "all_minutes"),
            ({"minutes": 10**9}, "all_minutes"),
            ({"day": clock.today() + timedelta(days=4 * 365)}, "all_day"),
            ({"day": clock.today() - timedelta(days=6 * 365)}, "all_day"),
        ],
    )
    def test_a_wrong_value_is_named_by_its_field(
        self, office: Office, given: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(RuleBroken) as error:
            office.plan(office.students[:1], Wish(together=office.slot(**given)))
        assert error.value.field == field
        assert sittings() == []

    def test_an_unknown_exam_is_not_found(self, office: Office) -> None:
        with pytest.raises(NotFound):
            office.plan(exam_id=999_999)


class TestClashes:
    def test_a_student_is_not_planned_twice_at_one_time_and_the_other_moment_is_named(
        self, office: Office
    ) -> None:
        programme = db.session.get_one(Programme, office.programme)
        other = make_exam(programme, tasks=1)
        registration = make_registration(_student(office), other)
        nine = current_school().moment(MONDAY, time(9, 30))
        make_sitting(registration, starts_at=nine, minutes=30)
        code = other.code
        with pytest.raises(RuleBroken) as error:
            office.plan(office.students[:1])
        assert code in str(error.value)
        assert f"{MONDAY:%d-%m-%Y} 09:30–10:00" in str(error.value)

    def test_an_examiner_is_not_planned_twice_at_one_time(self, office: Office) -> None:
        office.plan(office.students[:1])
        name = db.session.get_one(User, office.school).full_name
        with pytest.raises(RuleBroken) as error:
            office.plan(office.students[1:2], Wish(together=office.slot(start=time(10, 30))))
        assert name in str(error.value)
        assert times(office.students[1]) == []

    def test_right_after_each_other_is_no_clash(self, office: Office) -> None:
        office.plan(office.students[:1])
        assert office.plan(office.students[1:2], Wish(together=office.slot(start=time(11, 0)))).done == 1

    def test_what_the_planner_may_not_see_is_not_named(self, office: Office) -> None:
        office.plan(office.students[:1])
        hidden = str(_student(office))
        programme = db.session.get_one(Programme, office.programme)
        supervisor = make_user("school_supervisor", programmes=[programme])
        mine = db.session.get_one(_model(), office.students[1])
        supervise(mine, supervisor, "school_supervisor")
        with pytest.raises(RuleBroken) as error:
            run(
                plan_exam,
                actor_of(supervisor),
                office.students[1:2],
                exam_id=office.exam,
                wish=Wish(together=office.slot(start=time(10, 0))),
            )
        assert "een ander examenmoment" in str(error.value)
        assert hidden not in str(error.value)

    def test_two_tasks_of_one_student_cannot_overlap(self, office: Office) -> None:
        first, second = office.tasks
        wish = Wish(
            apart={first: office.slot(minutes=60), second: office.slot(start=time(9, 30), minutes=60)}
        )
        with pytest.raises(RuleBroken, match="al iets anders"):
            office.plan(office.students[:1], wish)


def _model() -> type[Any]:
    from app.entities.students import Student

    return Student


def _student(office: Office) -> Any:
    return db.session.get_one(_model(), office.students[0])


class TestAllOrNone:
    def test_a_clash_of_one_leaves_all_unplanned(self, office: Office) -> None:
        other = make_registration(
            db.session.get_one(_model(), office.students[2]),
            make_exam(db.session.get_one(Programme, office.programme)),
        )
        make_sitting(other, starts_at=current_school().moment(MONDAY, time(13, 0)), minutes=240)
        with pytest.raises(RuleBroken):
            office.plan()
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 1

    def test_what_was_announced_is_done_or_nothing_is(self, office: Office) -> None:
        wish = Wish(together=office.slot())
        told = preview(plan_exam, office.actor, office.students, exam_id=office.exam, wish=wish)
        assert isinstance(told, PlanOutcome)
        assert told.plan is not None
        assert sittings() == []
        finish(office.students[1], office.exam, passed=True)
        with pytest.raises(ChangedMeanwhile):
            office.plan(wish=wish, shown=told.mark)
        assert sittings() == []

    def test_an_examiner_who_has_another_name_meanwhile_is_announced_anew(self, office: Office) -> None:
        wish = Wish(together=office.slot())
        told = preview(plan_exam, office.actor, office.students, exam_id=office.exam, wish=wish)
        with transaction():
            db.session.execute(update(User).values(last_name="Anders"))
        with pytest.raises(ChangedMeanwhile):
            office.plan(wish=wish, shown=told.mark)
        assert sittings() == []

    def test_an_examiner_who_goes_and_has_another_name_meanwhile_is_announced_anew(
        self, office: Office
    ) -> None:
        office.plan()
        other = make_user("school_examiner", programmes=[db.session.get_one(Programme, office.programme)]).id
        wish = Wish(together=office.slot(school_examiner_id=other))
        told = preview(plan_exam, office.actor, office.students, exam_id=office.exam, wish=wish)
        with transaction():
            db.session.execute(update(User).where(User.id == office.school).values(last_name="Anders"))
        with pytest.raises(ChangedMeanwhile):
            office.plan(wish=wish, shown=told.mark)

    def test_who_is_planned_and_whose_planning_changes_are_told_apart(self, office: Office) -> None:
        office.plan(office.students[:1])
        told = office.plan(wish=Wish(together=office.slot(start=time(10, 0)))).summary
        assert "is ingepland voor 2 studenten." in told
        assert "is gewijzigd voor 1 student." in told

    def test_the_same_form_sent_twice_plans_once(self, office: Office) -> None:
        form = {"exam_id": office.exam, "wish": Wish(together=office.slot())}
        told = preview(plan_exam, office.actor, office.students, **form)
        first, second = (office.plan(token="a" * 43, shown=told.mark) for _time in range(2))
        assert second.summary == first.summary
        assert len(sittings()) == 6

    def test_a_hundred_students_take_as_many_statements_as_ten(self, office: Office) -> None:
        programme = db.session.get_one(Programme, office.programme)
        few = [make_student(programme).id for _ in range(10)]
        many = [make_student(programme).id for _ in range(100)]
        spent = []
        for students, day in ((few, MONDAY), (many, MONDAY + timedelta(weeks=4))):
            with counted() as statements:
                outcome = office.plan(students, Wish(together=office.slot(day=day), last_end=time(18, 0)))
            assert outcome.done == len(students)
            spent.append(len(statements))
        assert spent[1] <= spent[0] + 2  # a very long insert is cut in two
        assert spent[0] <= 30

    def test_it_stands_in_the_trail_of_each_registration(self, office: Office) -> None:
        outcome = office.plan()
        refresh()
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "plan_exam")).one()
        about = db.session.scalars(
            select(AuditObject.object_id).where(AuditObject.entry_id == entry.id)
        ).all()
        assert sorted(about) == sorted(outcome.ids)
        assert entry.object_type == "Registration"
        assert any(f"{MONDAY:%d-%m-%Y} 09:00–10:00" in str(value) for value in entry.details.values())
        assert broken_at() is None


class TestRights:
    @pytest.mark.parametrize(
        "role",
        [
            "exam_committee",
            "school_examiner",
            "company_examiner",
            "company_supervisor",
            "student",
            "supplier",
        ],
    )
    def test_nobody_else_plans_or_removes(self, office: Office, role: str) -> None:
        office.plan(office.students[:1])
        actor = actor_of(make_user(role))
        with pytest.raises(NotAllowed):
            run(plan_exam, actor, office.students, exam_id=office.exam, wish=Wish(together=office.slot()))
        with pytest.raises(NotAllowed):
            run(remove_planning, actor, [sittings()[0].registration_id])
        assert len(sittings()) == 2

    def test_a_supervisor_plans_own_students_only(self, office: Office) -> None:
        supervisor = make_user("school_supervisor")
        supervise(_student(office), supervisor, "school_supervisor")
        actor = actor_of(supervisor)
        wish = Wish(together=office.slot())
        assert run(plan_exam, actor, office.students[:1], exam_id=office.exam, wish=wish).done == 1
        with pytest.raises(NotFound):
            run(plan_exam, actor, office.students[:2], exam_id=office.exam, wish=wish)


class TestRedBin:
    def test_it_takes_the_planning_away(self, office: Office) -> None:
        outcome = office.plan(office.students[:1])
        removed = run(remove_planning, office.actor, outcome.ids)
        assert removed.done == 1
        assert sittings() == []
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 0

    def test_an_opened_but_empty_assessment_does_not_hold_it(self, office: Office) -> None:
        outcome = office.plan(office.students[:1])
        save(Assessment(sitting_id=sittings()[0].id))
        assert run(remove_planning, office.actor, outcome.ids).done == 1

    @pytest.mark.parametrize("definitive", [False, True])
    def test_what_was_scored_stays_and_the_reason_is_given(self, office: Office, definitive: bool) -> None:
        outcome = office.plan(office.students[:2])
        for sitting in sittings(office.students[0]):
            score(sitting, definitive=definitive)
        removed = run(remove_planning, office.actor, outcome.ids)
        assert (removed.done, len(removed.refused)) == (1, 1)
        assert ("definitief" if definitive else "ingevuld") in removed.refused[0].reason
        assert len(sittings(office.students[0])) == 2
        assert sittings(office.students[1]) == []

    def test_what_was_not_scored_goes_and_the_page_says_which(self, office: Office) -> None:
        outcome = office.plan(office.students[:1])
        score(sittings()[0])
        told = preview(remove_planning, office.actor, outcome.ids).names
        assert [line.split(":")[0] for line in told[1:]] == ["Blijft, met de scores", "Vervalt"]
        assert run(remove_planning, office.actor, outcome.ids).done == 1
        assert [one.exam_task_id for one in sittings()] == office.tasks[:1]
        assert db.session.scalars(select(Registration.version)).one() == 2
        assert db.session.scalar(select(func.count()).select_from(ScoreSheet)) == 1

    def test_one_moment_can_go_alone_and_the_last_takes_the_registration_along(self, office: Office) -> None:
        office.plan(office.students[:1])
        first, second = (one.id for one in sittings())
        assert run(remove_moments, office.actor, [first]).done == 1
        assert [one.id for one in sittings()] == [second]
        run(remove_moments, office.actor, [second])
        assert sittings() == []
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 0

    def test_one_moment_with_scores_stays(self, office: Office) -> None:
        office.plan(office.students[:1])
        score(sittings()[0])
        removed = run(remove_moments, office.actor, [one.id for one in sittings()])
        assert (removed.done, [one.reason for one in removed.refused]) == (
            1,
            ["Er is al een beoordeling ingevuld; dit examenmoment blijft staan."],
        )
        assert len(sittings()) == 1

    @pytest.mark.parametrize("several", [False, True])
    @pytest.mark.parametrize("act", [remove_planning, remove_moments])
    def test_of_a_stopped_exam_it_tells_since_when_and_why(
        self, office: Office, act: Action, several: bool
    ) -> None:
        outcome = office.plan(office.students[: 1 + several])
        run(stop_exams, office.actor, outcome.ids, reason="De student is verhuisd")
        ids = outcome.ids if act is remove_planning else [one.id for one in sittings()]
        stop = rf"gestopt \({clock.today():%d-%m-%Y} \d\d:\d\d, De student is verhuisd\)"
        shown = preview(act, office.actor, ids)
        for told in (shown, run(act, office.actor, ids, shown=shown.mark)):
            assert len(re.findall(stop, "\n".join(told.names))) == 1 + several
            assert f"{1 + several} gestopt" in told.summary
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        gone = [old for old, new in entry.details.values() if new is None and re.fullmatch(stop, old)]
        assert len(gone) == 1 + several

    def test_a_stopped_exam_of_which_something_is_left_keeps_its_reason(self, office: Office) -> None:
        outcome = office.plan(office.students[:1])
        run(stop_exams, office.actor, outcome.ids, reason="De student is verhuisd")
        told = run(remove_moments, office.actor, [sittings()[0].id])
        assert "gestopt" not in " ".join([told.summary, *told.names])
        assert db.session.scalars(select(Registration.stop_reason)).one() == "De student is verhuisd"

    def test_what_was_stopped_since_the_page_is_said_before_it_goes(self, office: Office) -> None:
        outcome = office.plan(office.students[:1])
        for act, ids in ((remove_planning, outcome.ids), (remove_moments, [one.id for one in sittings()])):
            shown = preview(act, office.actor, ids).mark
            run(stop_exams, office.actor, outcome.ids, reason="De student is verhuisd")
            with pytest.raises(ChangedMeanwhile):
                run(act, office.actor, ids, shown=shown)
            run(resume_exams, office.actor, outcome.ids)

    def test_the_trail_keeps_all_that_was_planned(self, office: Office) -> None:
        office.plan(office.students[:1])
        run(remove_moments, office.actor, [sittings()[0].id])
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        ((old, new),) = entry.details.values()
        assert new is None
        for part in (f"{MONDAY:%d-%m-%Y} 09:00–10:00", "Lokaal 2.04", row_name(office.school)):
            assert part in old

    def test_a_registration_out_of_sight_is_not_found(self, office: Office) -> None:
        outcome = office.plan(office.students[:1])
        with pytest.raises(NotFound):
            run(remove_planning, actor_of(make_user("school_supervisor")), outcome.ids)

    def test_after_removing_the_first_attempt_is_the_first_again(self, office: Office) -> None:
        outcome = office.plan(office.students[:1])
        run(remove_planning, office.actor, outcome.ids)
        office.plan(office.students[:1])
        assert db.session.scalars(select(Registration.attempt)).all() == [1]


class TestTogether:
    def test_eight_planners_want_one_examiner_at_one_time_and_one_gets_him(self, office: Office) -> None:
        programme = db.session.get_one(Programme, office.programme)
        students = [make_student(programme).id for _ in range(8)]
        refresh()

        def job(student: int) -> Callable[[], Outcome]:
            slot = replace(office.slot(), start=time(9, student % 30))
            return lambda: office.plan([student], Wish(together=slot))

        answers = at_once(*(job(student) for student in students))
        won = [one for one in answers if isinstance(one, Outcome)]
        lost = [one for one in answers if isinstance(one, RuleBroken)]
        assert (len(won), len(lost)) == (1, 7), answers
        assert all("al iets anders" in str(one) for one in lost)
        assert len(sittings()) == 2

    def test_eight_planners_of_one_student_make_one_registration(self, office: Office) -> None:
        programme = db.session.get_one(Programme, office.programme)
        examiners = [make_user("school_examiner", programmes=[programme]).id for _ in range(8)]
        refresh()

        def job(number: int, examiner: int) -> Callable[[], Outcome]:
            slot = office.slot(
                school_examiner_id=examiner, company_examiner_id=None, start=time(9 + number, 0)
            )
            return lambda: office.plan(office.students[:1], Wish(together=slot))

        answers = at_once(*(job(*pair) for pair in enumerate(examiners)))
        assert all(isinstance(one, Outcome) for one in answers), answers
        assert len(sittings()) == 2
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 1
