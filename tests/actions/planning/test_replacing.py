"""Another examiner takes over: the first sheet stays by name, and the new one can make it definitive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.assessment.assessment import make_definitive, save_scores
from app.actions.base.runner import preview, run
from app.actions.planning.invitations import withdraw_invitation
from app.actions.planning.planning import plan_exam
from app.actions.planning.replacing import replace_company_examiner, replace_school_examiner
from app.actions.planning.stopping import stop_exams
from app.entities.assessment import Result, ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import Exam
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.programmes import Programme
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.access import own_data
from app.queries.assessment.assessment import todo
from app.queries.planning.facts import fingerprint, load_candidates
from app.queries.planning.plan import Slot, Wish
from app.school import current_school
from tests.factories import make_registration, make_sitting, make_student, make_user, refresh, supervise
from tests.factories.assessment import PlannedExam, close_as_school, save_as, version_of
from tests.factories.assessment import plan_exam as planned
from tests.support import clock
from tests.support.guests import guest_of, invite, make_invited
from tests.support.queries import counted

WHY = "De examinator is ziek geworden."


@dataclass
class Ill:
    """An exam of which the school examiner falls ill, and who can take over."""

    exam: PlannedExam
    office: Actor
    new: Actor
    programme: int

    @property
    def sitting(self) -> int:
        return self.exam.sittings[0]

    def replace(self, by: Actor | None = None, act: Any = replace_school_examiner, **more: Any) -> Any:
        chosen = str((by or self.new).id)
        data = {"examiner": chosen, "reason": WHY, **more}
        return run(act, self.office, self.exam.sittings, **data)


def examiner(programme: int, *roles: str) -> Actor:
    row = db.session.get_one(Programme, programme)
    return actor_of(make_user(*roles, programmes=[row]))


@pytest.fixture
def ill(app: Flask) -> Ill:
    exam = planned()
    row = db.session.get_one(Registration, exam.registration)
    programme = row.exam.programme_id or 0
    office, new = actor_of(make_user("administrator")), examiner(programme, "school_examiner")
    refresh()
    return Ill(exam, office, new, programme)


def people(sitting: int) -> dict[str, int]:
    refresh()
    rows = db.session.execute(
        select(SittingExaminer.role, SittingExaminer.user_id).where(SittingExaminer.sitting_id == sitting)
    )
    return {row.role: row.user_id for row in rows}


def sheets(sitting: int) -> dict[int, str]:
    refresh()
    return {row.examiner_id: row.role for row in db.session.scalars(select(ScoreSheet)).all()}


def frozen() -> Any:
    refresh()
    return db.session.scalars(select(Result)).one().detail["tasks"][0]


class TestTheSchoolExaminerFallsIll:
    def test_after_the_company_saved_one_criterion_another_takes_over_and_closes(self, ill: Ill) -> None:
        exam = ill.exam
        save_as(exam.company, ill.sitting, exam.levels("V", count=1))
        assert ill.replace().done == 1
        assert people(ill.sitting)["school_examiner"] == ill.new.id
        save_as(ill.new, ill.sitting, exam.levels("G"), version_of(ill.sitting))
        run(make_definitive, ill.new, [ill.sitting])
        task = frozen()
        assert task["definitive_by"] == ill.new.name
        assert [one["name"] for one in task["examiners"]] == [ill.new.name, exam.company.name]
        assert task["earlier_examiners"] == []
        assert [one["company_level"] for one in task["criteria"]] == ["V", None, None]

    def test_after_they_saved_themselves_their_sheet_stays_and_does_not_count(self, ill: Ill) -> None:
        exam = ill.exam
        save_as(exam.school, ill.sitting, exam.levels("O"), remark="Van de eerste")
        assert (
            "invulde, blijft staan"
            in preview(
                replace_school_examiner, ill.office, [ill.sitting], examiner=str(ill.new.id), reason=WHY
            ).names[0]
        )
        ill.replace()
        with pytest.raises(RuleBroken, match="nog 3 criteria"):
            run(make_definitive, ill.new, [ill.sitting])
        save_as(ill.new, ill.sitting, exam.levels("G"), version_of(ill.sitting))
        run(make_definitive, ill.new, [ill.sitting])
        assert sheets(ill.sitting) == {
            exam.school.id: "school_examiner",
            ill.new.id: "school_examiner",
        }
        task = frozen()
        assert {one["level"]["label"] for one in task["criteria"]} == {"G"}
        assert task["earlier_examiners"] == [{"role": "school_examiner", "name": exam.school.name}]

    def test_the_first_one_has_nothing_to_do_here_any_more(self, ill: Ill) -> None:
        save_as(ill.exam.school, ill.sitting, ill.exam.levels("O"))
        ill.replace()
        refresh()
        assert todo(ill.exam.school).waiting == []
        assert [line.sitting.id for line in todo(ill.new).waiting] == [ill.sitting]
        for act, more in ((save_scores, {"version": 1, "levels": {}, "remarks": {}}), (make_definitive, {})):
            with pytest.raises(NotFound):
                run(act, ill.exam.school, [ill.sitting], **more)

    def test_who_was_replaced_still_finds_it_in_their_own_data(self, ill: Ill) -> None:
        save_as(ill.exam.school, ill.sitting, ill.exam.levels("O"))
        ill.replace()
        refresh()
        rows = own_data._sittings(ill.exam.school, None)
        assert [row["role"] for row in rows] == ["school_examiner"]
        assert rows[0]["scores_saved_at"] is not None

    def test_who_comes_back_goes_on_with_their_own_sheet(self, ill: Ill) -> None:
        exam = ill.exam
        with transaction():
            row = db.session.get_one(Programme, ill.programme)
            db.session.get_one(User, exam.school.id).programmes = [row]
        save_as(exam.school, ill.sitting, exam.levels("V"))
        ill.replace()
        ill.replace(exam.school)
        run(make_definitive, exam.school, [ill.sitting])
        assert frozen()["earlier_examiners"] == []


class TestTheCompany:
    def test_who_saved_something_can_be_replaced_and_their_sheet_stays(self, ill: Ill) -> None:
        exam, other = ill.exam, examiner(ill.programme, "company_examiner")
        save_as(exam.company, ill.sitting, exam.levels("O"))
        ill.replace(other, replace_company_examiner)
        close_as_school(exam)
        task = frozen()
        assert [one["name"] for one in task["examiners"]] == [exam.school.name, other.name]
        assert task["earlier_examiners"] == [{"role": "company_examiner", "name": exam.company.name}]
        assert {one["company_level"] for one in task["criteria"]} == {None}

    def test_with_nobody_in_their_place_their_scores_stand_beside_the_result(self, ill: Ill) -> None:
        exam = ill.exam
        save_as(exam.company, ill.sitting, exam.levels("O"))
        ill.replace(act=replace_company_examiner, examiner="")
        close_as_school(exam)
        task = frozen()
        assert [one["name"] for one in task["examiners"]] == [exam.school.name]
        assert {one["company_level"] for one in task["criteria"]} == {"O"}

    def test_then_a_guest_can_be_invited(self, ill: Ill) -> None:
        save_as(ill.exam.company, ill.sitting, ill.exam.levels("O"))
        with pytest.raises(RuleBroken, match="Bedrijfsexaminator vervangen"):
            invite(ill.sitting)
        ill.replace(act=replace_company_examiner, examiner="")
        guest = invite(ill.sitting)
        assert people(ill.sitting)["company_examiner"] == guest

    def test_a_guest_who_saved_and_was_withdrawn_is_followed_by_another(self, app: Flask) -> None:
        invited = make_invited()
        sitting = db.session.get_one(Sitting, invited.sitting)
        levels = {c.id: c.levels[2].id for c in sitting.task.criteria}
        run(save_scores, actor_of(guest_of(invited)), [invited.sitting], version=0, levels=levels, remarks={})
        run(withdraw_invitation, SYSTEM, [invited.sitting])
        second = invite(invited.sitting, email="mo@bakkerij.example", last_name="Molenaar")
        assert people(invited.sitting)["company_examiner"] == second
        assert invited.guest in sheets(invited.sitting)

    def test_a_guest_makes_place_for_an_account(self, app: Flask) -> None:
        invited = make_invited()
        programme = db.session.get_one(Registration, invited.registration).exam.programme_id or 0
        new = examiner(programme, "company_examiner")
        data = {"examiner": str(new.id), "reason": WHY}
        run(replace_company_examiner, SYSTEM, [invited.sitting], **data)
        assert people(invited.sitting)["company_examiner"] == new.id
        assert invited.row.withdrawn_at is not None


class TestWhoMay:
    def test_a_supervisor_for_own_students_only(self, ill: Ill) -> None:
        supervisor = make_user("school_supervisor")
        data = {"examiner": str(ill.new.id), "reason": WHY}
        with pytest.raises(NotFound):
            run(replace_school_examiner, actor_of(supervisor), ill.exam.sittings, **data)
        supervise(
            db.session.get_one(Registration, ill.exam.registration).student, supervisor, "school_supervisor"
        )
        assert run(replace_school_examiner, actor_of(supervisor), ill.exam.sittings, **data).done == 1

    @pytest.mark.parametrize("role", ["school_examiner", "company_examiner", "exam_committee", "supplier"])
    def test_nobody_else(self, ill: Ill, role: str) -> None:
        for act in (replace_school_examiner, replace_company_examiner):
            with pytest.raises(NotAllowed):
                run(act, actor_of(make_user(role)), ill.exam.sittings, examiner=str(ill.new.id), reason=WHY)

    @pytest.mark.parametrize(
        "roles", [("company_examiner",), ("administrator",), ("school_supervisor",)], ids=str
    )
    def test_the_new_one_is_an_examiner_of_the_school(self, ill: Ill, roles: tuple[str, ...]) -> None:
        with pytest.raises(RuleBroken, match="examinator van school") as refused:
            ill.replace(examiner(ill.programme, *roles))
        assert refused.value.field == "examiner"

    def test_the_new_one_is_coupled_and_active(self, ill: Ill) -> None:
        with pytest.raises(RuleBroken, match="gekoppeld"):
            ill.replace(actor_of(make_user("school_examiner")))
        row = db.session.get_one(Programme, ill.programme)
        with pytest.raises(RuleBroken, match="actieve"):
            ill.replace(actor_of(make_user("school_examiner", programmes=[row], active=False)))

    def test_nobody_examines_for_both_sides(self, ill: Ill) -> None:
        both = examiner(ill.programme, "school_examiner", "company_examiner")
        ill.replace(both, replace_company_examiner)
        assert "andere kant" in ill.replace(both).refused[0].reason

    def test_nor_after_scoring_for_the_other_side(self, ill: Ill) -> None:
        both, other = (examiner(ill.programme, "school_examiner", "company_examiner") for _n in range(2))
        ill.replace(both, replace_company_examiner)
        save_as(both, ill.sitting, ill.exam.levels("O"))
        ill.replace(other, replace_company_examiner)
        assert "andere kant" in ill.replace(both).refused[0].reason
        assert sheets(ill.sitting) == {both.id: "company_examiner"}

    def test_a_definitive_or_stopped_one_stays(self, ill: Ill) -> None:
        other = planned()
        run(stop_exams, SYSTEM, [other.registration], reason=WHY)
        close_as_school(ill.exam)
        assert "definitief" in ill.replace().refused[0].reason
        programme = db.session.get_one(Registration, other.registration).exam.programme_id or 0
        new = examiner(programme, "school_examiner")
        data = {"examiner": str(new.id), "reason": WHY}
        assert "gestopt" in run(replace_school_examiner, SYSTEM, other.sittings, **data).refused[0].reason

    @pytest.mark.parametrize("why", ["", "ziek", "   ziek      "])
    def test_a_reason_is_needed(self, ill: Ill, why: str) -> None:
        with pytest.raises(RuleBroken, match="minstens 10") as refused:
            ill.replace(reason=why)
        assert refused.value.field == "reason"

    def test_the_same_one_changes_nothing(self, ill: Ill) -> None:
        ill.replace()
        outcome = ill.replace()
        assert (outcome.done, outcome.unchanged) == (0, 1)


class TestPlanning:
    def test_the_new_one_is_not_in_two_places(self, ill: Ill) -> None:
        exam = db.session.get_one(Registration, ill.exam.registration).exam
        start = db.session.get_one(Sitting, ill.sitting).starts_at
        elsewhere = make_sitting(
            make_registration(make_student(), exam),
            starts_at=start + timedelta(minutes=30),
            school_examiner=db.session.get_one(User, ill.new.id),
        )
        with pytest.raises(RuleBroken, match="al iets anders") as refused:
            ill.replace()
        assert refused.value.field == "examiner"
        run(stop_exams, SYSTEM, [elsewhere.registration_id], reason=WHY)
        assert ill.replace().done == 1

    def test_all_open_moments_at_once_and_what_is_definitive_stays(self, app: Flask) -> None:
        exam = planned(tasks=3)
        with transaction():
            for number, key in enumerate(exam.sittings):
                row = db.session.get_one(Sitting, key)
                row.starts_at = clock.now() - timedelta(hours=4 - number)
                row.ends_at = row.starts_at + timedelta(minutes=50)
        close_as_school(exam, 0)
        programme = db.session.get_one(Registration, exam.registration).exam.programme_id or 0
        new = examiner(programme, "school_examiner")
        data = {"examiner": str(new.id), "reason": WHY}
        outcome = run(replace_school_examiner, SYSTEM, exam.sittings, **data)
        assert (outcome.done, len(outcome.refused)) == (2, 1)
        found = [people(one)["school_examiner"] for one in exam.sittings]
        assert found == [exam.school.id, new.id, new.id]
        for number in (1, 2):
            save_as(new, exam.sittings[number], exam.levels("V", number))
            run(make_definitive, new, [exam.sittings[number]])
        refresh()
        tasks = db.session.scalars(select(Result)).one().detail["tasks"]
        assert [one["definitive_by"] for one in tasks] == [exam.school.name, new.name, new.name]

    def test_a_planning_form_that_was_open_notices(self, ill: Ill) -> None:
        registration = db.session.get_one(Registration, ill.exam.registration)
        student, exam_id = registration.student_id, registration.exam_id
        seen = fingerprint(load_candidates(db.session.get_one(Exam, exam_id), [student]))
        ill.replace()
        at = current_school().local(clock.now() + timedelta(days=3))
        slot = Slot(ill.new.id or 0, None, at.date(), at.time().replace(second=0, microsecond=0), 60)
        with pytest.raises(RuleBroken, match="Bekijk de planning"):
            run(plan_exam, SYSTEM, [student], exam_id=exam_id, wish=Wish(together=slot), seen=seen)

    def test_the_trail_says_who_was_and_who_is(self, ill: Ill) -> None:
        ill.replace()
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.object_type, entry.action) == ("Registration", "replace_school_examiner")
        assert entry.details["reason"] == [None, WHY]
        assert [ill.exam.school.name, ill.new.name] in entry.details.values()

    def test_many_moments_take_as_many_statements_as_a_few(self, app: Flask) -> None:
        def statements(tasks: int) -> int:
            exam = planned(tasks=tasks)
            with transaction():
                for number, key in enumerate(exam.sittings):
                    row = db.session.get_one(Sitting, key)
                    row.starts_at += timedelta(hours=number)
                    row.ends_at = row.starts_at + timedelta(minutes=50)
            programme = db.session.get_one(Registration, exam.registration).exam.programme_id or 0
            new = examiner(programme, "school_examiner")
            with counted() as found:
                run(replace_school_examiner, SYSTEM, exam.sittings, examiner=str(new.id), reason=WHY)
            return len(found)

        assert statements(2) == statements(8)
