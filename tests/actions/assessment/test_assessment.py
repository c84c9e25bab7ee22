"""Assessing: whose sheet is whose, who closes, what freezes; on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actions.assessment.adoption import record_adoption
from app.actions.assessment.assessment import make_definitive, reopen_assessment, result_text, save_scores
from app.actions.base.outcome import Outcome
from app.actions.base.runner import preview, run
from app.entities.assessment import Adoption, Assessment, Result, Score, ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import CriterionLevel
from app.entities.planning import Sitting, SittingExaminer
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.assessment.assessment import assessment_of
from app.rules.pass_rules import preset
from app.school import current_school
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.factories.assessment import PlannedExam, version_of
from tests.factories.assessment import close_as_school as close
from tests.factories.assessment import plan_exam as planned
from tests.factories.assessment import save_as as save
from tests.support import clock
from tests.support.at_once import at_once
from tests.support.queries import counted


@pytest.fixture
def exam(app: Flask) -> PlannedExam:
    return planned()


def sheet(sitting: int, actor: Actor) -> dict[int, int | None]:
    refresh()
    rows = db.session.execute(
        select(Score.criterion_id, Score.level_id)
        .join(ScoreSheet, ScoreSheet.id == Score.sheet_id)
        .join(Assessment, Assessment.id == ScoreSheet.assessment_id)
        .where(Assessment.sitting_id == sitting, ScoreSheet.examiner_id == actor.id)
    )
    return {row.criterion_id: row.level_id for row in rows}


def result_of(registration: int) -> Result | None:
    refresh()
    return db.session.scalars(select(Result).where(Result.registration_id == registration)).one_or_none()


def administrator() -> Actor:
    return actor_of(make_user("administrator"))


class TestSaving:
    def test_a_part_can_be_saved_and_the_rest_later(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels("V", count=1))
        outcome = save(exam.school, exam.sittings[0], exam.levels("G"), version=1)
        assert sheet(exam.sittings[0], exam.school) == exam.levels("G")
        assert "3 van 3" in outcome.summary

    def test_a_remark_is_kept_before_a_level_is_chosen(self, exam: PlannedExam) -> None:
        criterion = exam.criteria[0][1]["id"]
        save(exam.company, exam.sittings[0], {}, remarks={criterion: "Werkt netjes"})
        assert sheet(exam.sittings[0], exam.company) == {criterion: None}

    def test_each_examiner_has_a_sheet_of_his_own(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels("V"))
        save(exam.company, exam.sittings[0], exam.levels("G"))  # opened before the school saved
        assert sheet(exam.sittings[0], exam.school) == exam.levels("V")
        assert sheet(exam.sittings[0], exam.company) == exam.levels("G")

    def test_nothing_can_be_filled_in_before_the_day(self, app: Flask) -> None:
        exam = planned(days=2)
        with pytest.raises(RuleBroken, match="vanaf de dag"):
            save(exam.school, exam.sittings[0], exam.levels())
        assert sheet(exam.sittings[0], exam.school) == {}

    def test_on_the_day_itself_it_can_before_the_hour(self, app: Flask) -> None:
        school = current_school()
        midnight = school.moment(clock.today() + timedelta(days=1), school.local(clock.now()).time().min)
        exam = planned()
        with transaction():
            sitting = db.session.get_one(Sitting, exam.sittings[0])
            sitting.starts_at, sitting.ends_at = midnight - timedelta(minutes=2), midnight
        assert save(exam.school, exam.sittings[0], exam.levels()).done == 1

    @pytest.mark.parametrize(
        "roles", [("school_examiner",), ("company_examiner",), ("school_examiner", "company_examiner")]
    )
    def test_an_examiner_of_another_sitting_finds_nothing(
        self, exam: PlannedExam, roles: tuple[str, ...]
    ) -> None:
        with pytest.raises(NotFound):
            save(actor_of(make_user(*roles)), exam.sittings[0], exam.levels())

    @pytest.mark.parametrize(
        "role",
        ["supplier", "administrator", "school_supervisor", "company_supervisor", "exam_committee", "student"],
    )
    def test_nobody_but_an_examiner_saves(self, exam: PlannedExam, role: str) -> None:
        with pytest.raises(NotAllowed):
            save(actor_of(make_user(role)), exam.sittings[0], exam.levels())

    def test_a_level_of_another_criterion_is_refused(self, exam: PlannedExam) -> None:
        first, second = exam.criteria[0][:2]
        with pytest.raises(RuleBroken):
            save(exam.school, exam.sittings[0], {first["id"]: second["V"]})
        assert sheet(exam.sittings[0], exam.school) == {}

    def test_a_criterion_of_another_exam_is_refused(self, exam: PlannedExam) -> None:
        other = planned()
        with pytest.raises(RuleBroken):
            save(exam.school, exam.sittings[0], other.levels())

    def test_a_remark_that_is_too_long_says_so_at_its_field(self, exam: PlannedExam) -> None:
        criterion = exam.criteria[0][0]["id"]
        with pytest.raises(RuleBroken) as refused:
            save(exam.school, exam.sittings[0], {}, remarks={criterion: "x" * 2001})
        assert refused.value.field == f"remark-{criterion}"

    def test_the_same_form_twice_saves_once(self, exam: PlannedExam) -> None:
        data = {"version": 0, "levels": exam.levels(), "remarks": {}, "remark": ""}
        first = run(save_scores, exam.school, [exam.sittings[0]], token="once", **data)
        again = run(save_scores, exam.school, [exam.sittings[0]], token="once", **data)
        assert again.summary == first.summary
        assert version_of(exam.sittings[0]) == 1

    def test_the_trail_says_what_was_and_what_became(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels("O", count=1))
        save(exam.school, exam.sittings[0], exam.levels("V", count=1), version=1, remark="Geheim")
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert entry.details["1.1"] == ["O", "V"]
        assert entry.details["remark"] == [False, True]
        assert "Geheim" not in str(entry.details)


class TestTwoVersions:
    def test_a_form_opened_before_ones_own_later_save_is_a_clash(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels("V"))
        with pytest.raises(Conflict):
            save(exam.school, exam.sittings[0], exam.levels("G"), version=0)
        assert sheet(exam.sittings[0], exam.school) == exam.levels("V")

    def test_a_stale_form_that_says_the_same_is_no_clash(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels("V"))
        assert save(exam.school, exam.sittings[0], exam.levels("V"), version=0).unchanged == 1

    def test_the_other_examiners_save_is_no_clash(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels("V", count=1))
        save(exam.company, exam.sittings[0], exam.levels("G"), version=1)
        assert save(exam.school, exam.sittings[0], exam.levels("V"), version=1).done == 1

    def test_two_who_save_at_once_lose_nothing(self, exam: PlannedExam) -> None:
        """Both examiners, many times over, together: every save is there or was refused openly."""
        outcomes = at_once(
            lambda: repeated(exam.school, exam, "V"), lambda: repeated(exam.company, exam, "G")
        )
        assert outcomes == [3, 3]
        assert sheet(exam.sittings[0], exam.school) == exam.levels("V")
        assert sheet(exam.sittings[0], exam.company) == exam.levels("G")
        assert version_of(exam.sittings[0]) == 6

    def test_one_sheet_saved_twice_at_once_is_saved_once_and_refused_once(self, exam: PlannedExam) -> None:
        def attempt(label: str) -> str:
            try:
                save(exam.school, exam.sittings[0], exam.levels(label), version=0)
            except Conflict:
                return "clash"
            return label

        answers = at_once(lambda: attempt("V"), lambda: attempt("G"))
        assert "clash" in answers
        (kept,) = set(answers) - {"clash"}
        assert sheet(exam.sittings[0], exam.school) == exam.levels(kept)


def repeated(actor: Actor, exam: PlannedExam, label: str) -> int:
    """Save one more criterion each time; how often that worked."""
    done = 0
    for count in (1, 2, 3):
        version = version_of(exam.sittings[0])
        done += save(actor, exam.sittings[0], exam.levels(label, count=count), version).done
    return done


class TestDefinitive:
    def test_the_school_examiner_closes_and_the_result_is_there(self, exam: PlannedExam) -> None:
        outcome = close(exam)
        result = result_of(exam.registration)
        assert "geslaagd" in outcome.summary
        assert result is not None
        assert (result.passed, result.grade, result.points, result.max_points) == (True, "V", 3, 6)

    def test_a_company_examiner_never_closes(self, exam: PlannedExam) -> None:
        save(exam.company, exam.sittings[0], exam.levels())
        with pytest.raises(NotAllowed):
            run(make_definitive, exam.company, [exam.sittings[0]])

    def test_nor_when_he_is_school_examiner_elsewhere(self, exam: PlannedExam) -> None:
        both = make_user("company_examiner", "school_examiner")
        assign(exam.sittings[0], both, "company_examiner")
        other = planned()
        assign(other.sittings[0], both, "school_examiner")
        actor = actor_of(both)
        save(actor, exam.sittings[0], exam.levels())
        with pytest.raises(NotFound):
            run(make_definitive, actor, [exam.sittings[0]])
        with pytest.raises(NotFound):  # nor in one batch with a sitting of his own
            run(make_definitive, actor, [exam.sittings[0], other.sittings[0]])

    def test_nor_with_the_role_but_as_company_examiner_here(self, exam: PlannedExam) -> None:
        both = make_user("company_examiner", "school_examiner")
        assign(exam.sittings[0], both, "company_examiner")
        save(actor_of(both), exam.sittings[0], exam.levels())
        with pytest.raises(NotFound):
            run(make_definitive, actor_of(both), [exam.sittings[0]])

    def test_nor_when_assigned_as_school_examiner_without_the_role(self, exam: PlannedExam) -> None:
        user = make_user("company_examiner")
        assign(exam.sittings[0], user, "school_examiner")
        with pytest.raises(NotAllowed):
            run(make_definitive, actor_of(user), [exam.sittings[0]])

    def test_nor_with_the_sheet_he_filled_in_before_he_changed_sides(self, exam: PlannedExam) -> None:
        """What was saved as company examiner does not count as the school's."""
        both = make_user("company_examiner", "school_examiner")
        assign(exam.sittings[0], both, "company_examiner")
        save(actor_of(both), exam.sittings[0], exam.levels())
        assign(exam.sittings[0], both, "school_examiner")
        with pytest.raises(RuleBroken, match="Vul eerst"):
            run(make_definitive, actor_of(both), [exam.sittings[0]])

    def test_nor_does_the_system(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels())
        with pytest.raises(RuleBroken):
            run(make_definitive, SYSTEM, [exam.sittings[0]])

    @pytest.mark.parametrize("role", ["supplier", "administrator", "exam_committee", "student"])
    def test_nor_does_any_other_role(self, exam: PlannedExam, role: str) -> None:
        with pytest.raises(NotAllowed):
            run(make_definitive, actor_of(make_user(role)), [exam.sittings[0]])

    def test_missing_criteria_are_named(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels(count=2))
        save(exam.company, exam.sittings[0], exam.levels(), version=1)
        with pytest.raises(RuleBroken, match=r"1\.3 Opdracht 1, criterium 3"):
            run(make_definitive, exam.school, [exam.sittings[0]])

    @pytest.mark.parametrize(
        ("scored", "told"), [(0, "nog 3 criteria"), (1, "nog 2 criteria"), (2, "nog 1 criterium")]
    )
    def test_the_refusal_counts_what_the_school_has_not_scored(
        self, exam: PlannedExam, scored: int, told: str
    ) -> None:
        if scored:
            save(exam.school, exam.sittings[0], exam.levels(count=scored))
        with pytest.raises(RuleBroken, match=told):
            run(make_definitive, exam.school, [exam.sittings[0]])

    def test_a_remark_alone_is_no_score(self, exam: PlannedExam) -> None:
        criterion = exam.criteria[0][2]["id"]
        save(exam.school, exam.sittings[0], exam.levels(count=2), remarks={criterion: "Niet gezien"})
        with pytest.raises(RuleBroken, match=r"1\.3"):
            run(make_definitive, exam.school, [exam.sittings[0]])

    def test_the_confirmation_warns_when_the_company_has_not_saved(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels())
        lines = preview(make_definitive, exam.school, [exam.sittings[0]]).names
        assert any("nog niets opgeslagen" in line for line in lines)

    def test_the_confirmation_names_the_differences(self, exam: PlannedExam) -> None:
        save(exam.school, exam.sittings[0], exam.levels("V"))
        save(exam.company, exam.sittings[0], {**exam.levels("V"), **exam.levels("O", count=1)}, version=1)
        lines = preview(make_definitive, exam.school, [exam.sittings[0]]).names
        assert [line for line in lines if "Verschil" in line] == ["Verschil bij 1.1: school V, bedrijf O."]
        assert result_of(exam.registration) is None  # looking changes nothing

    def test_definitive_is_definitive(self, exam: PlannedExam) -> None:
        close(exam)
        for actor in (exam.school, exam.company):
            with pytest.raises(RuleBroken, match="definitief"):
                save(actor, exam.sittings[0], exam.levels("G"), version_of(exam.sittings[0]))
        with pytest.raises(RuleBroken, match="al definitief"):
            run(make_definitive, exam.school, [exam.sittings[0]])
        assert sheet(exam.sittings[0], exam.school) == exam.levels("V")

    def test_the_result_waits_for_the_last_task(self, app: Flask) -> None:
        exam = planned(tasks=2)
        close(exam, 0, "G")
        assert result_of(exam.registration) is None
        close(exam, 1, "O")
        result = result_of(exam.registration)
        assert result is not None
        assert (result.passed, result.grade) == (False, "O")

    def test_a_task_that_is_not_planned_keeps_the_result_waiting(self, app: Flask) -> None:
        programme = make_programme()
        made = make_exam(programme, tasks=2, criteria=1)
        registration = make_registration(make_student(programme), made)
        school = make_user("school_examiner")
        sitting = make_sitting(registration, made.tasks[0], starts_at=clock.now(), school_examiner=school)
        criterion = made.tasks[0].criteria[0]
        level, ids = criterion.levels[1].id, (registration.id, sitting.id, criterion.id)
        save(actor_of(school), ids[1], {ids[2]: level})
        run(make_definitive, actor_of(school), [ids[1]])
        assert result_of(ids[0]) is None

    def test_the_last_two_tasks_at_one_moment_give_one_result(self, app: Flask) -> None:
        exam = planned(tasks=2)
        for number in (0, 1):
            save(exam.school, exam.sittings[number], exam.levels("V", number))
        answers = at_once(
            *(lambda n=n: run(make_definitive, exam.school, [exam.sittings[n]]).done for n in (0, 1))
        )
        assert answers == [1, 1]
        assert result_of(exam.registration) is not None

    def test_the_companys_scores_do_not_count(self, exam: PlannedExam) -> None:
        save(exam.company, exam.sittings[0], exam.levels("O"))
        close(exam, label="G")
        result = result_of(exam.registration)
        assert result is not None
        assert result.grade == "G"

    def test_a_mark_comes_from_points(self, app: Flask) -> None:
        exam = planned(criteria=4, pass_rule=preset("points_to_mark", {}))
        close(exam, label="V")
        result = result_of(exam.registration)
        assert result is not None
        assert result.mark == Decimal("5.5")

    def test_a_later_change_of_the_catalogue_leaves_the_result_as_it_was(self, exam: PlannedExam) -> None:
        close(exam, label="G")
        before = result_of(exam.registration)
        assert before is not None
        frozen = (before.grade, before.points, str(before.detail))
        with transaction():
            for level in db.session.scalars(select(CriterionLevel)):
                level.points, level.label, level.description = level.points + 10, "X", "Anders"
        after = result_of(exam.registration)
        assert after is not None
        assert (after.grade, after.points, str(after.detail)) == frozen
        criterion = after.detail["tasks"][0]["criteria"][0]
        assert (criterion["level"]["label"], criterion["number"]) == ("G", "1.1")


def assign(sitting: int, user: User, role: str) -> None:
    """Put a user in a sitting in this role, in the place of who was there and of his own other role."""
    user_id = user.id
    with transaction():
        for one in db.session.scalars(select(SittingExaminer).where(SittingExaminer.sitting_id == sitting)):
            if one.role == role or one.user_id == user_id:
                db.session.delete(one)
        db.session.flush()
        db.session.add(SittingExaminer(sitting_id=sitting, role=role, user_id=user_id))
    refresh()


class TestReopening:
    def test_reopening_says_beforehand_which_result_goes(self, exam: PlannedExam) -> None:
        close(exam)
        reason = "Verkeerde student beoordeeld"
        shown = preview(reopen_assessment, administrator(), [exam.sittings[0]], reason=reason)
        result = db.session.scalars(select(Result)).one()
        assert f"De uitslag vervalt: geslaagd ({result_text(result)})." in shown.names

    def test_reopening_withdraws_the_result_and_keeps_the_scores(self, exam: PlannedExam) -> None:
        close(exam)
        run(reopen_assessment, administrator(), [exam.sittings[0]], reason="Verkeerde student beoordeeld")
        assert result_of(exam.registration) is None
        assert sheet(exam.sittings[0], exam.school) == exam.levels("V")
        assert save(exam.school, exam.sittings[0], exam.levels("G"), version_of(exam.sittings[0])).done == 1

    def test_the_reason_is_in_the_trail(self, exam: PlannedExam) -> None:
        close(exam)
        run(reopen_assessment, administrator(), [exam.sittings[0]], reason="Verkeerde student beoordeeld")
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.details["reason"]) == (
            "reopen_assessment",
            [None, "Verkeerde student beoordeeld"],
        )
        assert entry.details["result"] == ["V", None]

    @pytest.mark.parametrize("reason", ["", "fout", "          ", "x        y"])
    def test_a_reason_of_ten_characters_is_needed(self, exam: PlannedExam, reason: str) -> None:
        close(exam)
        with pytest.raises(RuleBroken, match="reden"):
            run(reopen_assessment, administrator(), [exam.sittings[0]], reason=reason)

    def test_what_is_not_definitive_cannot_be_reopened(self, exam: PlannedExam) -> None:
        with pytest.raises(RuleBroken, match="nog niet definitief"):
            run(reopen_assessment, administrator(), [exam.sittings[0]], reason="Een goede reden")

    def test_an_adopted_result_stays(self, exam: PlannedExam) -> None:
        close(exam)
        adopt(exam, clock.today())
        with pytest.raises(RuleBroken, match="vastgesteld"):
            run(reopen_assessment, administrator(), [exam.sittings[0]], reason="Een goede reden")
        assert result_of(exam.registration) is not None

    def test_only_an_administrator_reopens(self, exam: PlannedExam) -> None:
        close(exam)
        for actor in (exam.school, exam.company, actor_of(make_user("exam_committee"))):
            with pytest.raises(NotAllowed):
                run(reopen_assessment, actor, [exam.sittings[0]], reason="Een goede reden")

    def test_closing_again_gives_a_new_result(self, exam: PlannedExam) -> None:
        close(exam, label="O")
        run(reopen_assessment, administrator(), [exam.sittings[0]], reason="Een goede reden")
        close(exam, label="G")
        result = result_of(exam.registration)
        assert result is not None
        assert result.grade == "G"


def adopt(exam: PlannedExam, day: date) -> Outcome:
    result = result_of(exam.registration)
    assert result is not None
    return run(record_adoption, administrator(), [result.id], decided_on=day)


class TestAdoption:
    def test_a_decision_is_recorded_once(self, exam: PlannedExam) -> None:
        close(exam)
        today = clock.today()
        assert adopt(exam, today).done == 1
        again = adopt(exam, today)
        assert (again.done, again.unchanged) == (0, 1)

    def test_not_in_the_future(self, exam: PlannedExam) -> None:
        close(exam)
        with pytest.raises(RuleBroken) as refused:
            adopt(exam, clock.today() + timedelta(days=1))
        assert refused.value.field == "decided_on"

    def test_not_before_the_result(self, exam: PlannedExam) -> None:
        close(exam)
        outcome = adopt(exam, clock.today() - timedelta(days=1))
        assert (outcome.done, len(outcome.refused)) == (0, 1)
        assert "Fleur van der Berg" in outcome.refused[0].label

    @pytest.mark.parametrize("role", ["exam_committee", "school_examiner", "company_examiner", "student"])
    def test_only_the_administrator_records(self, exam: PlannedExam, role: str) -> None:
        close(exam)
        result = result_of(exam.registration)
        assert result is not None
        with pytest.raises(NotAllowed):
            run(record_adoption, actor_of(make_user(role)), [result.id], decided_on=date(2026, 1, 1))

    def test_many_at_once_take_as_many_statements_as_few(self, app: Flask) -> None:
        def statements(results: int) -> int:
            exams = [planned(criteria=1) for _ in range(results)]
            for one in exams:
                close(one)
            ids = [found.id for one in exams if (found := result_of(one.registration)) is not None]
            actor = administrator()
            with counted() as made:
                outcome = run(record_adoption, actor, ids, decided_on=clock.today())
            assert outcome.done == results
            return len(made)

        assert statements(2) == statements(6)
        assert db.session.scalar(select(func.count()).select_from(Adoption)) == 8


def test_a_sitting_reads_its_sheets_as_they_are_now(exam: PlannedExam) -> None:
    save(exam.school, exam.sittings[0], exam.levels("V"))
    found = assessment_of(exam.sittings[0], fresh=True)
    assert found is not None
    assert [one.role for one in found.sheets] == ["school_examiner"]
