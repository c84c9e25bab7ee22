"""Editing the planning of several students: what was not touched stays, and the trail says what changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.outcome import Outcome
from app.actions.base.runner import preview, run
from app.actions.planning.planning import PlanOutcome, plan_exam
from app.entities.assessment import Assessment, ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import Exam
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Programme
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import RuleBroken
from app.permissions import Actor, actor_of
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
)
from tests.support import clock
from tests.support.at_once import at_once

MONDAY = clock.monday()
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
EVERYTHING = frozenset(
    {"school_examiner_id", "company_examiner_id", "day", "start", "minutes", "location", "note"}
)


@dataclass
class Office:
    """A programme with an exam of two tasks (60 minutes each), students and examiners; ids only."""

    actor: Actor
    programme: int
    exam: int
    tasks: list[int]
    students: list[int]
    school: list[int]
    company: list[int]

    def slot(self, index: int = 0, **given: Any) -> Slot:
        values: dict[str, Any] = {
            "school_examiner_id": self.school[index],
            "company_examiner_id": self.company[index],
            "day": MONDAY,
            "start": time(9, 0),
            "minutes": 120,
            "location": f"Zaal {index}",
            "note": f"Notitie {index}",
        }
        return Slot(**{**values, **given})

    def plan(self, students: Iterable[int], slot: Slot | None = None, **given: Any) -> Outcome:
        wish = Wish(together=slot, **given) if slot is not None else Wish(**given)
        return run(plan_exam, self.actor, list(students), exam_id=self.exam, wish=wish)


@pytest.fixture
def office(app: Flask) -> Office:
    programme = make_programme()
    exam = make_exam(programme, tasks=2)
    students = [make_student(programme).id for _ in range(10)]
    school, company = (
        [make_user(role, programmes=[programme]).id for _ in range(3)]
        for role in ("school_examiner", "company_examiner")
    )
    made = Office(
        actor_of(make_user("administrator")),
        programme.id,
        exam.id,
        [task.id for task in exam.tasks],
        students,
        school,
        company,
    )
    refresh()
    return made


def state(student: int) -> list[tuple[Any, ...]]:
    """Every moment of a student: when on the school's clock, who, where and the note."""
    refresh()
    rows = db.session.scalars(
        select(Sitting).join(Registration).where(Registration.student_id == student).order_by(Sitting.id)
    )
    return [
        (
            f"{current_school().local(s.starts_at):%d-%m %H:%M}",
            int((s.ends_at - s.starts_at).total_seconds() // 60),
            {one.role: one.user_id for one in s.examiners},
            s.location,
            s.note,
        )
        for s in rows
    ]


def starts(students: Sequence[int]) -> list[str]:
    return [state(one)[0][0] for one in students]


def details() -> dict[str, Any]:
    """What the newest entry of the trail tells of a planning."""
    refresh()
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert entry.action == "plan_exam"
    return dict(entry.details)


def different(office: Office) -> list[int]:
    """Two students with different people, place, note and duration (450 and 540 minutes)."""
    one, two = office.students[:2]
    office.plan([one], office.slot(0, minutes=450))
    office.plan([two], office.slot(1, minutes=540, day=TUESDAY))
    return [one, two]


class TestTouched:
    def test_another_school_examiner_changes_nothing_else(self, office: Office) -> None:
        students = different(office)
        before = [state(one) for one in students]
        outcome = office.plan(students, Slot(school_examiner_id=office.school[2]))
        assert outcome.done == 2
        for one, was in zip(students, before, strict=True):
            wanted = [(*m[:2], {**m[2], "school_examiner": office.school[2]}, *m[3:]) for m in was]
            assert state(one) == wanted

    def test_the_place_of_ten_changes_and_their_dates_stay(self, office: Office) -> None:
        office.plan(office.students, office.slot(), last_end=time(17, 0))
        office.plan(office.students[4:5], Slot(day=MONDAY + timedelta(weeks=3)))
        before = [state(one) for one in office.students]
        office.plan(office.students, Slot(location="Aula"), last_end=time(17, 0))
        after = [state(one) for one in office.students]
        assert [[m[:3] for m in one] for one in after] == [[m[:3] for m in one] for one in before]
        assert {m[3] for one in after for m in one} == {"Aula"}
        assert {m[4] for one in after for m in one} == {"Notitie 0"}

    def test_two_at_nine_on_days_of_their_own_follow_each_other_on_one_day(self, office: Office) -> None:
        one, two = office.students[:2]
        office.plan([one], office.slot())
        office.plan([two], office.slot(day=TUESDAY))
        shown = office.slot(day=WEDNESDAY, untouched=EVERYTHING - {"day"})
        office.plan([one, two], shown, pause=15)
        assert starts([one, two]) == [f"{WEDNESDAY:%d-%m} 09:00", f"{WEDNESDAY:%d-%m} 11:15"]

    def test_hours_that_differ_and_fit_stay_on_another_day(self, office: Office) -> None:
        one, two, three = office.students[:3]
        for number, student in enumerate((one, two, three)):
            office.plan([student], office.slot(start=time(9 + 2 * number, 0)))
        office.plan([three, two, one], Slot(day=TUESDAY), pause=15)
        assert starts([one, two, three]) == [f"{TUESDAY:%d-%m} {hour}:00" for hour in ("09", "11", "13")]

    def test_nothing_touched_changes_nothing_and_says_so(self, office: Office) -> None:
        students = different(office)
        before = [state(one) for one in students]
        outcome = office.plan(students, office.slot(untouched=EVERYTHING))
        assert (outcome.done, outcome.unchanged) == (0, 2)
        assert [state(one) for one in students] == before

    def test_untouched_parts_of_one_block_keep_their_own_durations(self, office: Office) -> None:
        first, second = office.tasks
        student = office.students[0]
        apart = {
            first: office.slot(minutes=90),
            second: office.slot(start=time(10, 30), minutes=30),
        }
        office.plan([student], apart=apart)
        office.plan([student], Slot(location="Aula"))
        assert [m[:2] for m in state(student)] == [
            (f"{MONDAY:%d-%m} 09:00", 90),
            (f"{MONDAY:%d-%m} 10:30", 30),
        ]
        office.plan([student], Slot(start=time(13, 0)))
        assert [m[:2] for m in state(student)] == [
            (f"{MONDAY:%d-%m} 13:00", 90),
            (f"{MONDAY:%d-%m} 14:30", 30),
        ]

    def test_only_the_duration_changes_and_each_keeps_the_beginning(self, office: Office) -> None:
        students = different(office)
        office.plan(students, Slot(minutes=60))
        assert [m[:2] for one in students for m in state(one)] == [
            (f"{MONDAY:%d-%m} 09:00", 30),
            (f"{MONDAY:%d-%m} 09:30", 30),
            (f"{TUESDAY:%d-%m} 09:00", 30),
            (f"{TUESDAY:%d-%m} 09:30", 30),
        ]

    def test_a_place_can_be_made_empty_and_nobody_is_a_choice(self, office: Office) -> None:
        students = different(office)
        office.plan(students, Slot(location="", company_examiner_id=NOBODY))
        after = [m for one in students for m in state(one)]
        assert {m[3] for m in after} == {""}
        assert {m[4] for m in after} == {"Notitie 0", "Notitie 1"}
        assert all(set(m[2]) == {"school_examiner"} for m in after)

    def test_one_hour_for_all_counts_on_each_ones_own_day(self, office: Office) -> None:
        students = different(office)
        office.plan(students, Slot(start=time(10, 0)))
        assert starts(students) == [f"{MONDAY:%d-%m} 10:00", f"{TUESDAY:%d-%m} 10:00"]

    def test_an_own_start_moves_that_student_only(self, office: Office) -> None:
        students = different(office)
        before = state(students[0])
        office.plan(students, Slot(), own_starts={students[1]: time(8, 0)})
        assert state(students[0]) == before
        assert starts(students)[1] == f"{TUESDAY:%d-%m} 08:00"

    def test_apart_only_the_touched_task_changes(self, office: Office) -> None:
        students = different(office)
        before = [state(one) for one in students]
        first, second = office.tasks
        untouched = office.slot(untouched=EVERYTHING)
        office.plan(students, apart={first: untouched, second: Slot(note="Neem een schort mee")})
        for one, was in zip(students, before, strict=True):
            assert state(one) == [was[0], (*was[1][:4], "Neem een schort mee")]

    def test_a_task_that_one_of_them_lacks_is_not_made_by_another_place(self, office: Office) -> None:
        one, two = office.students[:2]
        office.plan([one], office.slot(0))
        office.plan([two], apart={office.tasks[0]: office.slot(1, day=TUESDAY, minutes=60)})
        for wish in (
            Wish(together=Slot(location="Aula")),
            Wish(apart={task: Slot(location="Zaal 9") for task in office.tasks}),
        ):
            run(plan_exam, office.actor, [one, two], exam_id=office.exam, wish=wish)
            assert (len(state(one)), len(state(two))) == (2, 1)
        run(plan_exam, office.actor, [two], exam_id=office.exam, wish=Wish(together=Slot(start=time(8, 0))))
        assert [(m[0], m[2]["school_examiner"], m[3]) for m in state(two)] == [
            (f"{TUESDAY:%d-%m} 08:00", office.school[1], "Zaal 9"),
            (f"{TUESDAY:%d-%m} 09:00", office.school[1], "Zaal 9"),
        ]

    def test_what_was_scored_stays_as_it_is(self, office: Office) -> None:
        students = different(office)
        first = db.session.scalars(select(Sitting).order_by(Sitting.id)).first()
        assert first is not None
        sheet = ScoreSheet(examiner_id=office.school[0], role="school_examiner")
        save(Assessment(sitting_id=first.id, sheets=[sheet]))
        before = state(students[0])
        office.plan(students, Slot(location="Aula", school_examiner_id=office.school[2]))
        assert state(students[0])[0] == before[0]
        assert state(students[0])[1][3] == "Aula"


class TestNewOnes:
    def test_who_has_no_planning_gets_what_the_form_showed(self, office: Office) -> None:
        one, two, new = office.students[:3]
        office.plan([one, two], office.slot(), pause=15)
        before = [state(one), state(two)]
        shown = office.slot(untouched=EVERYTHING)
        outcome = office.plan([one, two, new], shown, pause=15)
        assert (outcome.done, outcome.unchanged) == (1, 2)
        assert [state(one), state(two)] == before
        assert starts([one, two, new]) == [f"{MONDAY:%d-%m} {at}" for at in ("09:00", "11:15", "13:30")]
        assert state(new)[0][2:] == state(one)[0][2:]

    @pytest.mark.parametrize(
        ("name", "word"),
        [
            ("school_examiner_id", "examinator van school"),
            ("day", "datum"),
            ("start", "begintijd"),
            ("minutes", "duur"),
        ],
    )
    def test_what_a_new_one_lacks_is_named_with_the_student(
        self, office: Office, name: str, word: str
    ) -> None:
        students = different(office)
        new = office.students[2]
        label = db.session.get_one(Student, new).list_name
        with pytest.raises(RuleBroken) as error:
            office.plan([*students, new], office.slot(**{name: None}, untouched=EVERYTHING))
        assert word in str(error.value)
        assert label in str(error.value)
        assert error.value.field == f"all_{name.removesuffix('_id')}"
        assert state(new) == []

    def test_what_is_not_needed_may_lack(self, office: Office) -> None:
        students = different(office)
        new = office.students[2]
        slot = office.slot(location=None, note=None, company_examiner_id=None, day=WEDNESDAY)
        office.plan([*students, new], slot, pause=0, last_end=time(23, 0))
        assert state(new)[0][2:] == ({"school_examiner": office.school[0]}, "", "")

    def test_a_task_of_which_only_a_part_is_shown_is_left_for_a_new_one(self, office: Office) -> None:
        one, two = different(office)
        new = office.students[2]
        first, second = office.tasks
        wish = Wish(
            apart={
                first: office.slot(2, day=WEDNESDAY, start=time(8, 0), minutes=60),
                second: office.slot(day=None, untouched=EVERYTHING),
            }
        )
        run(plan_exam, office.actor, [one, new], exam_id=office.exam, wish=wish)
        assert [m[0] for m in state(new)] == [f"{WEDNESDAY:%d-%m} 09:00"]
        assert starts([one, two]) == [f"{WEDNESDAY:%d-%m} 08:00", f"{TUESDAY:%d-%m} 09:00"]


class TestExaminers:
    def test_whoever_left_the_school_stays_at_a_moment_that_only_gets_another_place(
        self, office: Office
    ) -> None:
        students = different(office)
        with transaction():
            db.session.get_one(User, office.school[0]).active = False
        assert office.plan(students, Slot(location="Aula")).done == 2
        assert state(students[0])[0][2]["school_examiner"] == office.school[0]
        assert office.plan(students, Slot(company_examiner_id=office.company[2])).done == 2
        assert state(students[0])[0][2]["school_examiner"] == office.school[0]
        with pytest.raises(RuleBroken, match="actieve examinator van school"):
            office.plan(students, Slot(school_examiner_id=office.school[0]))

    def test_nobody_is_both_examiners_of_one_of_them(self, office: Office) -> None:
        both = make_user(
            "school_examiner",
            "company_examiner",
            programmes=[db.session.get_one(Programme, office.programme)],
        ).id
        one, two = office.students[:2]
        office.plan([one], office.slot(0))
        office.plan([two], office.slot(1, company_examiner_id=both))
        label = db.session.get_one(Student, two).list_name
        with pytest.raises(RuleBroken, match="twee keer") as error:
            office.plan([one, two], Slot(school_examiner_id=both))
        assert label in str(error.value)
        assert error.value.field == "all_school_examiner"

    def test_of_an_elective_only_a_chosen_examiner_must_fit_the_student(self, office: Office) -> None:
        elective = make_elective()
        exam = make_exam(elective, tasks=1).id
        here, there = db.session.get_one(Programme, office.programme), make_programme()
        far = make_user("school_examiner", programmes=[there]).id
        one, two = make_student(here, elective).id, make_student(there, elective).id
        refresh()
        for student, school in ((one, office.school[0]), (two, far)):
            slot = office.slot(school_examiner_id=school, company_examiner_id=NOBODY, minutes=60)
            run(plan_exam, office.actor, [student], exam_id=exam, wish=Wish(together=slot))
        outcome = run(
            plan_exam, office.actor, [one, two], exam_id=exam, wish=Wish(together=Slot(location="Aula"))
        )
        assert (outcome.done, outcome.refused) == (2, [])
        outcome = run(
            plan_exam,
            office.actor,
            [one, two],
            exam_id=exam,
            wish=Wish(together=Slot(school_examiner_id=far)),
        )
        assert outcome.unchanged == 1
        assert "niet gekoppeld" in outcome.refused[0].reason

    def test_an_examiner_who_stays_is_not_moved_into_another_moment(self, office: Office) -> None:
        students = different(office)
        other = make_registration(
            db.session.get_one(Student, office.students[5]), db.session.get_one(Exam, office.exam)
        )
        make_sitting(
            other,
            starts_at=clock.at(WEDNESDAY, 9),
            school_examiner=db.session.get_one(User, office.school[1]),
        )
        name = db.session.get_one(User, office.school[1]).full_name
        with pytest.raises(RuleBroken) as error:
            office.plan(students[1:], Slot(day=WEDNESDAY))
        assert name in str(error.value)

    def test_an_overlap_that_was_there_does_not_hold_another_place(self, office: Office) -> None:
        one, two = office.students[:2]
        for student in (one, two):
            registration = make_registration(
                db.session.get_one(Student, student), db.session.get_one(Exam, office.exam)
            )
            make_sitting(
                registration,
                starts_at=clock.at(MONDAY, 9),
                school_examiner=db.session.get_one(User, office.school[0]),
            )
        assert office.plan([one, two], Slot(location="Aula")).done == 2
        with pytest.raises(RuleBroken, match="al iets anders"):
            office.plan([one, two], Slot(start=time(10, 0)), one_by_one=False)


class TestTrail:
    def test_it_tells_of_every_field_that_changed_and_of_no_other(self, office: Office) -> None:
        students = different(office)
        names = {key: db.session.get_one(User, key).full_name for key in (*office.school, *office.company)}
        office.plan(
            students, Slot(school_examiner_id=office.school[2], company_examiner_id=NOBODY, note="Kort")
        )
        told = details()["registrations"]
        assert [one["student"] for one in told] == [
            db.session.get_one(Student, key).list_name for key in students
        ]
        for number, one in enumerate(told):
            assert set(one) == {"id", "student", "moments"}
            assert [moment["task"] for moment in one["moments"]] == ["1. Opdracht 1", "2. Opdracht 2"]
            for moment in one["moments"]:
                assert {name: pair for name, pair in moment.items() if name != "task"} == {
                    "school_examiner": [names[office.school[number]], names[office.school[2]]],
                    "company_examiner": [names[office.company[number]], None],
                    "note": [f"Notitie {number}", "Kort"],
                }

    def test_a_new_planning_tells_everything(self, office: Office) -> None:
        student = office.students[0]
        office.plan([student], office.slot())
        (told,) = details()["registrations"]
        assert told["attempt"] == [None, 1]
        assert told["id"] == db.session.scalars(select(Registration.id)).one()
        assert told["moments"][0] == {
            "task": "1. Opdracht 1",
            "when": [None, f"{MONDAY:%d-%m-%Y} 09:00–10:00"],
            "minutes": [None, 60],
            "school_examiner": [None, db.session.get_one(User, office.school[0]).full_name],
            "company_examiner": [None, db.session.get_one(User, office.company[0]).full_name],
            "location": [None, "Zaal 0"],
            "note": [None, "Notitie 0"],
        }

    def test_time_and_duration_are_told(self, office: Office) -> None:
        student = office.students[0]
        office.plan([student], office.slot())
        office.plan([student], Slot(minutes=180))
        first, second = details()["registrations"][0]["moments"]
        assert first == {
            "task": "1. Opdracht 1",
            "when": [f"{MONDAY:%d-%m-%Y} 09:00–10:00", f"{MONDAY:%d-%m-%Y} 09:00–10:30"],
            "minutes": [60, 90],
        }
        assert second["when"] == [f"{MONDAY:%d-%m-%Y} 10:00–11:00", f"{MONDAY:%d-%m-%Y} 10:30–12:00"]

    def test_it_names_the_hundredth_student_too_and_stays_small(self, office: Office) -> None:
        programme = db.session.get_one(Programme, office.programme)
        many = [make_student(programme).id for _ in range(100)]
        office.plan(many, office.slot(), last_end=time(18, 0))
        office.plan(many, Slot(note="Neem uw legitimatie mee."))
        told = details()
        assert {one["student"] for one in told["registrations"]} == {
            db.session.get_one(Student, key).list_name for key in many
        }
        assert len(json.dumps(told)) < 100 * 2 * 250


def warned(office: Office, students: Sequence[int], slot: Slot) -> list[str]:
    outcome = preview(plan_exam, office.actor, list(students), exam_id=office.exam, wish=Wish(together=slot))
    assert isinstance(outcome, PlanOutcome)
    assert outcome.plan is not None
    return [str(one) for one in outcome.plan.warnings]


def test_only_what_changes_is_warned_for(office: Office) -> None:
    students = different(office)
    office.plan(students, Slot(company_examiner_id=NOBODY))
    assert warned(office, students, Slot(location="Aula")) == []
    assert len(warned(office, students, Slot(school_examiner_id=office.school[2]))) == 1


def test_planners_who_move_students_of_one_examiner_to_one_hour_take_turns(office: Office) -> None:
    students = office.students[:6]
    for number, student in enumerate(students):
        office.plan([student], office.slot(start=time(8 + 2 * number, 0)))
    answers = at_once(
        *[
            lambda one=one, minute=minute: office.plan([one], Slot(day=TUESDAY, start=time(9, minute)))
            for minute, one in enumerate(students)
        ]
    )
    won = [one for one in answers if isinstance(one, Outcome)]
    lost = [one for one in answers if isinstance(one, RuleBroken)]
    assert (len(won), len(lost)) == (1, 5), answers
    assert all("al iets anders" in str(one) for one in lost)
    assert sum(at.startswith(f"{TUESDAY:%d-%m}") for at in starts(students)) == 1


SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


@pytest.fixture
def night(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Both nights lie within the two years that may be planned, whenever the test runs."""
    monkeypatch.setattr("app.queries.planning.plan.YEARS", timedelta(days=36_500))
    return office


class TestNights:
    @pytest.mark.parametrize(("day", "word"), [(SPRING, "zomertijd"), (AUTUMN, "twee keer")])
    def test_an_hour_that_is_no_moment_is_said_at_its_field(
        self, night: Office, day: date, word: str
    ) -> None:
        half_past_two = time(2, 30)
        one, two = night.students[:2]
        with pytest.raises(RuleBroken, match=word) as error:
            night.plan([one], night.slot(day=day, start=half_past_two))
        assert error.value.field == "all_start"
        with pytest.raises(RuleBroken, match=word) as error:
            night.plan([one, two], night.slot(day=day), own_starts={two: half_past_two})
        assert error.value.field == f"start{two}"
        with pytest.raises(RuleBroken, match=word) as error:
            night.plan([one], apart={night.tasks[0]: night.slot(day=day, start=half_past_two, minutes=60)})
        assert error.value.field == f"task{night.tasks[0]}_start"
        night.plan([one], night.slot(start=half_past_two))
        with pytest.raises(RuleBroken, match=word) as error:
            night.plan([one], Slot(day=day))
        assert error.value.field == "all_day"
        assert starts([one]) == [f"{MONDAY:%d-%m} 02:30"]

    def test_a_duration_is_real_in_the_night_of_summer_time(self, night: Office) -> None:
        one, two = night.students[:2]
        night.plan([one, two], night.slot(day=SPRING, start=time(1, 30)), pause=0)
        entry = details()["registrations"]
        assert [m["when"][1] for one in entry for m in one["moments"]] == [
            "28-03-2027 01:30–03:30",
            "28-03-2027 03:30–04:30",
            "28-03-2027 04:30–05:30",
            "28-03-2027 05:30–06:30",
        ]

    def test_the_end_is_after_the_beginning_in_the_night_of_winter_time(self, night: Office) -> None:
        night.plan([night.students[0]], night.slot(day=AUTUMN, start=time(1, 30)))
        moments = details()["registrations"][0]["moments"]
        assert [m["when"][1] for m in moments] == [
            "31-10-2027 01:30–02:30 (zomertijd)",
            "31-10-2027 02:30 (zomertijd)–02:30 (wintertijd)",
        ]
        assert [m["minutes"][1] for m in moments] == [60, 60]
