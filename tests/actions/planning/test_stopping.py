"""Stopping an exam: its moments count for nobody, its scores stay, and it can go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.actions.assessment.assessment import make_definitive
from app.actions.base.action import Action
from app.actions.base.runner import preview, run
from app.actions.planning import stopping
from app.actions.planning.invitations import invite_company_examiner
from app.actions.planning.planning import plan_exam
from app.actions.planning.removal import remove_planning
from app.actions.planning.stopping import resume_exams, stop_exams
from app.actions.students.activation import deactivate_students, reactivate_students
from app.actions.students.availability import exclude_exam
from app.actions.students.couplings import undo_coupling
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.entities.assessment import Score
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.students import Enrolment, Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import ChangedMeanwhile, NotAllowed, NotFound, RuleBroken
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.access.calendar import own_moments
from app.queries.assessment.assessment import todo
from app.queries.planning import present
from app.queries.planning.busy import busy_moments
from app.queries.planning.plan import Slot, Wish
from app.queries.school.start import to_assess
from app.queries.users.listing import bound_to
from app.school import current_school
from tests.factories import make_registration, make_sitting, make_student, make_user, refresh
from tests.factories.assessment import PlannedExam, close_as_school, save_as
from tests.factories.assessment import plan_exam as planned
from tests.support import clock
from tests.support.at_once import at_once, until_held_up
from tests.support.guests import make_invited
from tests.support.queries import counted

WHY = "De student is verhuisd."


def office() -> Actor:
    return actor_of(make_user("administrator"))


def move(sitting: int, start: datetime) -> None:
    with transaction():
        row = db.session.get_one(Sitting, sitting)
        row.starts_at, row.ends_at = start, start + timedelta(hours=1)


def put(sitting: int, examiner: Actor) -> None:
    """Let this one examine the sitting for the school."""
    with transaction():
        for one in db.session.get_one(Sitting, sitting).examiners:
            if one.role == "school_examiner":
                one.user_id = examiner.id or 0


def uncouple(exam: PlannedExam) -> str:
    """Uncouple the student from the programme of the exam. Returns why it cannot go on."""
    row = registration(exam)
    programme = row.exam.programme
    run(uncouple_programme, SYSTEM, [row.student_id], target=f"p{row.exam.programme_id}")
    return f"Niet gekoppeld aan {programme}."


def exclude(exam: PlannedExam) -> str:
    """Make the exam unavailable for the student. Returns why it cannot go on."""
    row = registration(exam)
    run(exclude_exam, SYSTEM, [row.student_id], exams=[row.exam_id])
    return "Dit examen is niet-beschikbaar gemaakt voor deze student."


def couple_anew(exam: PlannedExam) -> None:
    """Couple the student to the programme as if for the first time, so that it can be undone."""
    row = registration(exam)
    target = f"p{row.exam.programme_id}"
    with transaction():
        db.session.execute(delete(Enrolment).where(Enrolment.student_id == row.student_id))
    run(couple_programme, office(), [registration(exam).student_id], target=target)


def undo(_exam: PlannedExam) -> None:
    """Undo that coupling, as who made it."""
    made = db.session.scalars(select(CouplingRun)).one()
    run(undo_coupling, actor_of(db.session.get_one(User, made.actor_id)), run_id=made.id)


@pytest.fixture
def exam(app: Flask) -> PlannedExam:
    """Four tasks: the first of today and scored, the others of the coming days."""
    made = planned(tasks=4)
    for number, sitting in enumerate(made.sittings):
        move(sitting, clock.now() + timedelta(days=number, minutes=-30))
    save_as(made.school, made.sittings[0], made.levels())
    return made


def registration(exam: PlannedExam) -> Registration:
    refresh()
    return db.session.get_one(Registration, exam.registration)


def left(exam: PlannedExam) -> list[int]:
    refresh()
    own = select(Sitting.id).where(Sitting.registration_id == exam.registration).order_by(Sitting.id)
    return list(db.session.scalars(own))


def waiting_for(actor: Actor) -> list[int]:
    refresh()
    return [line.sitting.id for line in todo(actor).waiting]


def in_calendar(actor: Actor) -> list[int]:
    refresh()
    names = [one.uid for one in own_moments(db.session.get_one(User, actor.id))]
    return list(db.session.scalars(select(Sitting.id).where(Sitting.uid.in_(names)).order_by(Sitting.id)))


def busy(actor: Actor) -> list[int]:
    refresh()
    week = timedelta(days=7)
    found = busy_moments(
        SYSTEM,
        users={actor.id or 0},
        students=(),
        start=clock.now() - week,
        end=clock.now() + week,
        leaving_out=(),
    )
    return sorted(one.sitting_id for one in found)


class TestTheStudentStops:
    """Task 1 scored, tasks 2 to 4 in the future, and the student leaves the school."""

    def test_the_bin_takes_what_was_not_scored_and_then_the_student_goes(self, exam: PlannedExam) -> None:
        run(remove_planning, office(), [exam.registration])
        assert left(exam) == exam.sittings[:1]
        student = registration(exam).student_id
        assert run(deactivate_students, office(), [student]).done == 1
        assert waiting_for(exam.school) == in_calendar(exam.school) == busy(exam.school) == []

    def test_it_needs_no_bin_first(self, exam: PlannedExam) -> None:
        student = registration(exam).student_id
        outcome = run(deactivate_students, office(), [student])
        assert (outcome.done, outcome.refused) == (1, [])
        assert not db.session.get_one(Student, student, populate_existing=True).active
        assert registration(exam).stopped_at is not None
        assert waiting_for(exam.school) == in_calendar(exam.school) == busy(exam.school) == []
        assert bound_to(office(), [exam.school.id or 0]) == {}

    def test_the_examiners_are_free_for_somebody_else(self, exam: PlannedExam) -> None:
        sitting = db.session.get_one(Sitting, exam.sittings[2])
        start = current_school().local(sitting.starts_at)
        exam_row = registration(exam).exam
        programme = exam_row.programme
        assert programme is not None
        with transaction():
            db.session.get_one(User, exam.school.id).programmes = [programme]
        other = make_student(programme).id
        slot = Slot(
            exam.school.id or 0, None, start.date(), start.time().replace(second=0, microsecond=0), 120
        )
        ask: dict[str, Any] = {"exam_id": exam_row.id, "wish": Wish(together=slot)}
        refresh()
        with pytest.raises(RuleBroken, match="al iets anders"):
            run(plan_exam, SYSTEM, [other], **ask)
        run(stop_exams, SYSTEM, [exam.registration], reason=WHY)
        assert run(plan_exam, SYSTEM, [other], **ask).done == 1


class TestStopping:
    def test_it_leaves_every_list_and_keeps_moments_and_scores(self, exam: PlannedExam) -> None:
        assert waiting_for(exam.school) == in_calendar(exam.school) == busy(exam.school) == exam.sittings
        run(stop_exams, office(), [exam.registration], reason=WHY)
        assert waiting_for(exam.school) == in_calendar(exam.school) == busy(exam.school) == []
        week = clock.now() - timedelta(days=7), clock.now() + timedelta(days=7)
        assert to_assess(exam.school, *week).count == 0
        assert left(exam) == exam.sittings
        assert len(db.session.scalars(select(Score)).all()) == 3

    def test_nobody_scores_or_closes_it_then(self, exam: PlannedExam) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        for act in (
            lambda: save_as(exam.school, exam.sittings[0], exam.levels("G"), version=1),
            lambda: run(make_definitive, exam.school, [exam.sittings[0]]),
        ):
            with pytest.raises(RuleBroken, match="gestopt"):
                act()

    def test_nobody_plans_or_invites_for_it_then(self, exam: PlannedExam) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        row = registration(exam)
        slot = Slot(exam.school.id or 0, None, clock.monday(), datetime.min.time().replace(hour=9), 240)
        with transaction():
            programme = row.exam.programme
            assert programme is not None
            db.session.get_one(User, exam.school.id).programmes = [programme]
        outcome = run(plan_exam, SYSTEM, [row.student_id], exam_id=row.exam_id, wish=Wish(together=slot))
        assert "Weer oppakken" in outcome.refused[0].reason
        guest = {"first_name": "Bas", "last_name": "Bakker", "email": "bas@bakkerij.example"}
        with pytest.raises(RuleBroken, match="gestopt"):
            run(invite_company_examiner, SYSTEM, [exam.sittings[1]], **guest)

    def test_the_page_says_what_goes_and_what_stays_before_it_is_done(self, exam: PlannedExam) -> None:
        told = preview(stop_exams, office(), [exam.registration], reason=WHY)
        heads = [line.split(":")[0] for line in told.names[1:]]
        assert heads == ["Blijft, met de scores", "Vervalt", "Vervalt", "Vervalt"]
        assert registration(exam).stopped_at is None

    def test_a_moment_that_was_scored_after_the_page_was_shown_is_noticed_among_several_exams(
        self, exam: PlannedExam
    ) -> None:
        actor, both = office(), [exam.registration, planned().registration]
        move(exam.sittings[1], clock.now() - timedelta(minutes=5))
        shown = preview(stop_exams, actor, both, reason=WHY).mark
        save_as(exam.school, exam.sittings[1], exam.levels("G", 1))
        with pytest.raises(ChangedMeanwhile):
            run(stop_exams, actor, both, reason=WHY, shown=shown)
        assert registration(exam).stopped_at is None

    def test_the_reason_stands_with_it_and_in_the_trail(self, exam: PlannedExam) -> None:
        version = registration(exam).version
        run(stop_exams, office(), [exam.registration], reason=WHY)
        row = registration(exam)
        assert (row.stop_reason, row.version) == (WHY, version + 1)
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert entry.details["reason"] == [None, WHY]
        assert ["loopt", "gestopt"] in entry.details.values()
        assert sum("Opdracht" in name for name in entry.details) == 3

    def test_a_reason_of_a_few_letters_is_no_reason(self, exam: PlannedExam) -> None:
        with pytest.raises(RuleBroken, match="minstens 10") as refused:
            run(stop_exams, office(), [exam.registration], reason="    weg    ")
        assert refused.value.field == "reason"

    def test_twice_is_once_and_a_result_stays(self, exam: PlannedExam) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        done = planned()
        close_as_school(done)
        outcome = run(stop_exams, office(), [exam.registration, done.registration], reason=WHY)
        assert outcome.done == 0
        reasons = [one.reason for one in outcome.refused]
        assert reasons == [
            "Dit examen is al gestopt.",
            "Dit examen heeft al een uitslag; die blijft staan.",
        ]

    def test_a_guest_is_told_and_makes_place(self, app: Flask) -> None:
        invited = make_invited(starts_at=clock.now() + timedelta(days=2))
        with transaction():
            db.session.scalars(select(OutboxMail)).one().state = "sent"
        run(stop_exams, SYSTEM, [invited.registration], reason=WHY)
        refresh()
        assert invited.row.withdrawn_at is not None
        assert [mail.purpose for mail in db.session.scalars(select(OutboxMail).order_by(OutboxMail.id))] == [
            "invitation",
            "invitation_ended",
        ]
        users = db.session.scalars(select(SittingExaminer.user_id)).all()
        assert invited.guest not in users

    @pytest.mark.parametrize("role", ["school_examiner", "company_supervisor", "exam_committee", "student"])
    def test_only_who_plans_may(self, exam: PlannedExam, role: str) -> None:
        for act, more in ((stop_exams, {"reason": WHY}), (resume_exams, {})):
            with pytest.raises(NotAllowed):
                run(act, actor_of(make_user(role)), [exam.registration], **more)
            with pytest.raises(NotFound):
                run(act, actor_of(make_user("school_supervisor")), [exam.registration], **more)

    def test_many_take_as_many_statements_as_a_few(self, app: Flask) -> None:
        def statements(count: int) -> tuple[int, int]:
            ids = []
            for number in range(count):
                made = planned(tasks=2)
                for task, sitting in enumerate(made.sittings):
                    move(sitting, clock.now() + timedelta(days=1 + number, hours=task))
                ids.append(made.registration)
            actor = office()
            with counted() as stopping:
                run(stop_exams, actor, ids, reason=WHY)
            with counted() as going_on:
                run(resume_exams, actor, ids)
            return len(stopping), len(going_on)

        assert statements(2) == statements(10)


class TestGoingOn:
    def test_it_goes_on_where_it_was(self, exam: PlannedExam) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        assert run(resume_exams, office(), [exam.registration]).done == 1
        row = registration(exam)
        assert (row.stopped_at, row.stop_reason) == (None, "")
        assert waiting_for(exam.school) == in_calendar(exam.school) == busy(exam.school) == exam.sittings
        assert save_as(exam.school, exam.sittings[0], exam.levels("G"), version=1).done == 1

    def test_a_moment_that_passed_meanwhile_goes_and_one_that_was_taken_stays(
        self, exam: PlannedExam
    ) -> None:
        move(exam.sittings[1], clock.now() - timedelta(hours=5))  # taken before it was stopped
        run(stop_exams, office(), [exam.registration], reason=WHY)
        with transaction():
            registration(exam).stopped_at = clock.now() - timedelta(hours=4)
        move(exam.sittings[2], clock.now() - timedelta(hours=3))
        told = preview(resume_exams, office(), [exam.registration]).names
        assert len([line for line in told if line.startswith("Vervalt")]) == 1
        run(resume_exams, office(), [exam.registration])
        assert left(exam) == [exam.sittings[0], exam.sittings[1], exam.sittings[3]]

    def test_a_moment_on_which_somebody_is_busy_by_now_goes(self, exam: PlannedExam) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        start = db.session.get_one(Sitting, exam.sittings[3]).starts_at
        other = planned()
        move(other.sittings[0], start)
        with transaction():
            for one in db.session.get_one(Sitting, other.sittings[0]).examiners:
                if one.role == "company_examiner":
                    one.user_id = exam.company.id or 0
        run(resume_exams, office(), [exam.registration])
        assert left(exam) == exam.sittings[:3]
        assert len(busy(exam.company)) == 4

    def test_who_is_invited_as_a_guest_meanwhile_is_busy_with_their_account_too(
        self, exam: PlannedExam
    ) -> None:
        """The account got the address of the guest later: one address is one person."""
        run(stop_exams, office(), [exam.registration], reason=WHY)
        address = "bas@molen.example"
        make_invited(starts_at=db.session.get_one(Sitting, exam.sittings[3]).starts_at, email=address)
        with transaction():
            db.session.get_one(User, exam.company.id).email = address
        run(resume_exams, office(), [exam.registration])
        assert left(exam) == exam.sittings[:3]

    def test_the_students_own_other_exam_is_in_the_way_too(self, exam: PlannedExam) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        row, start = registration(exam), db.session.get_one(Sitting, exam.sittings[3]).starts_at
        other = planned()
        make_sitting(
            make_registration(row.student, db.session.get_one(Registration, other.registration).exam),
            starts_at=start,
        )
        run(resume_exams, office(), [exam.registration])
        assert left(exam) == exam.sittings[:3]

    def test_a_student_who_left_comes_back_first(self, exam: PlannedExam) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        run(deactivate_students, office(), [registration(exam).student_id])
        outcome = run(resume_exams, office(), [exam.registration])
        assert "Activeer de student eerst" in outcome.refused[0].reason

    @pytest.mark.parametrize("lose", [uncouple, exclude])
    def test_an_exam_that_the_student_no_longer_has_stays_stopped(
        self, exam: PlannedExam, lose: Callable[[PlannedExam], str]
    ) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        why = lose(exam)
        outcome = run(resume_exams, office(), [exam.registration])
        assert (outcome.done, [one.reason for one in outcome.refused]) == (0, [why])
        assert registration(exam).stopped_at is not None

    @pytest.mark.parametrize("lose", [uncouple, exclude])
    def test_that_it_was_lost_after_the_page_was_shown_is_noticed(
        self, exam: PlannedExam, lose: Callable[[PlannedExam], str]
    ) -> None:
        actor = office()
        run(stop_exams, actor, [exam.registration], reason=WHY)
        shown = preview(resume_exams, actor, [exam.registration]).mark
        lose(exam)
        with pytest.raises(ChangedMeanwhile):
            run(resume_exams, actor, [exam.registration], shown=shown)
        assert registration(exam).stopped_at is not None

    @pytest.mark.parametrize("lose", [uncouple, exclude])
    def test_who_returns_without_an_exam_is_told_that_it_stays_stopped(
        self, exam: PlannedExam, lose: Callable[[PlannedExam], str]
    ) -> None:
        actor, student = office(), registration(exam).student_id
        run(deactivate_students, actor, [student])
        shown = preview(reactivate_students, actor, [student])
        why = lose(exam)
        with pytest.raises(ChangedMeanwhile) as refused:
            run(reactivate_students, actor, [student], shown=shown.mark)
        assert "gaat verder" in shown.summary
        assert "1 examen blijft gestopt" in refused.value.now.summary
        assert "gaat verder" not in refused.value.now.summary
        (line,) = [one for one in refused.value.now.names if one.startswith("Blijft gestopt")]
        assert why in line
        run(reactivate_students, actor, [student])
        assert registration(exam).stopped_at is not None
        assert left(exam) == exam.sittings

    def test_of_three_that_overlap_only_the_middle_one_goes(self, exam: PlannedExam) -> None:
        """The third clashes with the second alone, and who was to examine that is free."""
        three = [exam, planned(), planned()]
        run(stop_exams, office(), [one.registration for one in three], reason=WHY)
        start = clock.now() + timedelta(days=9)
        moments = [three[0].sittings[3], three[1].sittings[0], three[2].sittings[0]]
        for minutes, sitting in zip((0, 40, 80), moments, strict=True):
            move(sitting, start + timedelta(minutes=minutes))
            put(sitting, exam.school)
        run(resume_exams, office(), [one.registration for one in three])
        assert [len(left(one)) for one in three] == [4, 0, 1]

    def test_a_moment_that_goes_frees_its_people_for_another(self, exam: PlannedExam) -> None:
        """The first clashes with what is planned, and so is no hindrance to the second."""
        two, other = [exam, planned()], planned()
        run(stop_exams, office(), [one.registration for one in two], reason=WHY)
        start = clock.now() + timedelta(days=9)
        for minutes, sitting in (
            (-40, other.sittings[0]),
            (0, exam.sittings[3]),
            (40, two[1].sittings[0]),
        ):
            move(sitting, start + timedelta(minutes=minutes))
            put(sitting, exam.school)
        outcome = run(resume_exams, office(), [one.registration for one in two])
        (gone,) = [line for line in outcome.names if line.startswith("Vervalt")]
        assert "Opdracht 4" in gone
        assert [len(left(one)) for one in two] == [3, 1]

    def test_what_was_stopped_with_a_reason_does_not_go_on_by_itself(self, exam: PlannedExam) -> None:
        run(stop_exams, office(), [exam.registration], reason=WHY)
        student = registration(exam).student_id
        run(deactivate_students, office(), [student])
        run(reactivate_students, office(), [student])
        assert registration(exam).stopped_at is not None

    def test_what_is_not_stopped_cannot_go_on(self, exam: PlannedExam) -> None:
        assert "niet gestopt" in run(resume_exams, office(), [exam.registration]).refused[0].reason


class TestTogether:
    @pytest.mark.schema
    @pytest.mark.parametrize("lose", [uncouple, exclude, undo], ids=["uncoupled", "excluded", "undone"])
    @pytest.mark.parametrize("back", [resume_exams, reactivate_students], ids=["exam", "student"])
    def test_what_goes_on_is_not_taken_from_the_student_in_the_same_instant(
        self,
        exam: PlannedExam,
        monkeypatch: pytest.MonkeyPatch,
        lose: Callable[[PlannedExam], object],
        back: Action,
    ) -> None:
        """Somebody who uncouples comes when it was seen that the student has the exam: they wait."""
        couple_anew(exam)
        actor, student = office(), registration(exam).student_id
        ids = [exam.registration] if back is resume_exams else [student]
        if back is resume_exams:
            run(stop_exams, actor, ids, reason=WHY)
        else:
            run(deactivate_students, actor, ids)
        seen, over = threading.Event(), threading.Event()
        look = stopping.queries.not_theirs

        def looked(registrations: list[int]) -> Any:
            found = look(registrations)
            seen.set()
            until_held_up(over)
            return found

        def loses() -> object:
            seen.wait(20)
            monkeypatch.setattr(stopping.queries, "not_theirs", look)
            try:
                return lose(exam)
            finally:
                over.set()

        monkeypatch.setattr(stopping.queries, "not_theirs", looked)
        answers = at_once(partial(run, back, actor, ids), loses)
        assert seen.is_set()
        assert answers[0].done == 1, answers
        assert registration(exam).stopped_at is None
        assert present.not_theirs([exam.registration]) == {}

    def test_saving_while_it_is_binned_keeps_the_scores_or_is_refused(self, app: Flask) -> None:
        for _n in range(4):
            made, planner = planned(tasks=1), office()
            answers = at_once(
                lambda made=made: save_as(made.school, made.sittings[0], made.levels()),
                lambda made=made, planner=planner: run(remove_planning, planner, [made.registration]),
            )
            saved = not isinstance(answers[0], Exception)
            assert left(made) == (made.sittings if saved else [])

    def test_saving_while_it_is_stopped_keeps_the_scores_or_is_refused(self, app: Flask) -> None:
        for _n in range(4):
            made, planner = planned(tasks=1), office()
            answers = at_once(
                lambda made=made: save_as(made.school, made.sittings[0], made.levels()),
                lambda made=made, planner=planner: run(stop_exams, planner, [made.registration], reason=WHY),
            )
            assert not isinstance(answers[1], Exception), answers
            assert isinstance(answers[0], RuleBroken) or answers[0].done == 1
            assert registration(made).stopped_at is not None

    def test_the_last_task_is_made_definitive_while_it_is_stopped(self, app: Flask) -> None:
        for _n in range(4):
            made, planner = planned(tasks=1), office()
            save_as(made.school, made.sittings[0], made.levels())
            answers = at_once(
                lambda made=made: run(make_definitive, made.school, [made.sittings[0]]),
                lambda made=made, planner=planner: run(stop_exams, planner, [made.registration], reason=WHY),
            )
            closed = not isinstance(answers[0], Exception)
            assert (registration(made).stopped_at is None) == closed
